"""A battle between two, page by page; who is not in it, and who only watches."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.web.conftest import Browser

TIMES = {"time_zone": "UTC", "grace_minutes": "0"}


def window(starts_in: float = 3600, lasts: float = 3600) -> dict[str, str]:
    start = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(seconds=starts_in)
    return {"start": start.isoformat(), "end": (start + timedelta(seconds=lasts)).isoformat(), **TIMES}


async def make(browser: Browser, name: str = "Sprint", **fields: str) -> str:
    """Its address."""
    await browser.open("/battles/new")
    await browser.send("Make and open it", name=name, do="open", **{**window(), **fields})
    assert browser.path.startswith("/battles/0")
    return browser.path


def link(page: str, name: str) -> str:
    return page.partition(f'id="{name}" readonly value="http://arena.test')[2].partition('"')[0]


async def test_two_people_meet_by_a_link(ann: Browser, browsers: Callable[[], Browser]) -> None:
    battle = await make(ann)
    invite, spectator = link(ann.text, "invite"), link(ann.text, "spectator")
    await ann.open(f"{battle}/join")
    assert "You need a habit first" in ann.text
    habit = await ann.make_habit("Run")
    await ann.open(f"{battle}/join")
    await ann.send("Join", habits=habit)
    assert ann.path == battle
    assert "You are in with 1 habit." in ann.text

    ben = browsers()
    assert "Sign in to join" in await ben.open(invite)
    await ben.sign_up("Ben")
    gym = await ben.make_habit("Gym")
    await ben.open(invite)
    assert "by Ann" in ben.text
    await ben.send("Join", habits=gym)
    assert ben.path == battle
    assert "Ann" in ben.text
    assert "Run" not in ben.text, "opponents see name and score only"

    carl = browsers()
    await carl.sign_up("Carl")
    assert (await carl.http.get(battle)).status_code == 404
    assert "Sprint" in await browsers().open(spectator)
    await ben.send("Leave")
    assert ben.path == "/battles"
    assert "No battle is on" in ben.text or "Challenge somebody" in ben.text


async def test_joining_with_nothing_chosen_is_told(ann: Browser) -> None:
    battle = await make(ann)
    await ann.make_habit("Run")
    await ann.open(f"{battle}/join")
    await ann.send("Join")
    assert ann.page.status_code == 422
    assert 'class="error"' in ann.text


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"name": ""}, "name"),
    ({"end": "2020-01-01T00:00"}, "end"),
    ({"start": "2020-01-01T00:00", "end": "2020-01-02T00:00"}, "start"),
    ({"start": "soon"}, "start"),
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"points": "0"}, "points"),
    ({"points": "many"}, "points"),
    ({"streak_bonus": "5"}, "streak_bonus_cap"),
    ({"kind": "free_for_all", "max_participants": "1"}, "max_participants"),
    ({"days": "own"}, "start"),
    ({"grace_minutes": "-1"}, "grace_minutes"),
]
"""What is typed, and beside which field it is refused."""


async def test_a_battle_that_cannot_be_is_told_beside_its_field_and_keeps_what_was_typed(ann: Browser) -> None:
    for fields, field in REFUSED:
        await ann.open("/battles/new")
        await ann.send("Make and open it", **{"name": "Typed and kept", **window(), "do": "open", **fields})
        assert (ann.page.status_code, fields) == (422, fields)
        errors = re.findall(r'<small class="error" id="(\w+)-error">', ann.text)
        assert (errors, fields) == ([field], fields)
        assert "Typed and kept" in ann.text or "name" in fields


async def test_a_draft_is_opened_a_new_link_is_made_and_it_is_called_off(ann: Browser) -> None:
    await ann.open("/battles/new")
    await ann.send("Make and open it", name="Sprint", do="draft", **window())
    battle = ann.path
    assert "Nobody can join until you open it" in ann.text
    await ann.send("Open it")
    assert "Open to join" in ann.text
    before = link(ann.text, "invite")
    await ann.send("Make it; the old one ends", action="/invite")
    assert link(ann.text, "invite") != before
    assert (await ann.http.get(before)).status_code == 404
    await ann.send("Call it off")
    assert "Its owner called it off" in ann.text
    assert ann.path == battle


def value_of(page: str, name: str) -> str:
    return page.partition(f'id="{name}" name="{name}"')[2].partition('value="')[2].partition('"')[0]


async def test_its_owner_changes_a_battle_before_it_begins(ann: Browser, browsers: Callable[[], Browser]) -> None:
    battle = await make(ann, kind="free_for_all", max_participants="5")
    invite = link(ann.text, "invite")
    assert f'href="{battle}/edit"' in ann.text
    await ann.open(f"{battle}/edit")
    assert (value_of(ann.text, "name"), value_of(ann.text, "max_participants")) == ("Sprint", "5")
    assert 'name="invite_only" value="yes" checked' in ann.text
    later = {**window(starts_in=7200, lasts=7200), "time_zone": "America/New_York"}
    await ann.send("Save", **{"name": "Marathon", "max_participants": "", "invite_only": "", **later})
    assert ann.path == battle
    assert "<h1>Marathon</h1>" in ann.text
    await ann.open(f"{battle}/edit")
    told = {name: value_of(ann.text, name) for name in ("name", "start", "end", "time_zone", "max_participants", "grace_minutes")}
    assert told == {"name": "Marathon", "max_participants": "", **later}
    assert 'name="invite_only" value="yes" checked' not in ann.text

    ben = browsers()
    await ben.sign_up("Ben")
    await ben.open(invite)
    assert f"{battle}/edit" not in await ben.open(battle)
    await ben.open(f"{battle}/edit")
    assert ben.path == battle, "only its owner is shown the form"
    sent = {"csrf": ben.http.cookies["arena_csrf"], "name": "Mine now", "days": "instant", "audit_minutes": "0", **window()}
    assert (await ben.http.post(f"{battle}/edit", data=sent)).status_code == 403
    assert "<h1>Marathon</h1>" in await ann.open(battle)


@pytest.mark.parametrize(
    ("fields", "wrong"), [({"name": ""}, "name"), ({"end": ""}, "end"), ({"max_participants": "1"}, "max_participants")]
)
async def test_a_change_that_cannot_be_is_told_beside_its_field(ann: Browser, fields: dict[str, str], wrong: str) -> None:
    battle = await make(ann, kind="free_for_all")
    await ann.open(f"{battle}/edit")
    await ann.send("Save", **{"time_zone": "Europe/Rome", **fields})
    assert ann.page.status_code == 422
    assert re.findall(r'<small class="error" id="(\w+)-error">', ann.text) == [wrong]
    assert "Europe/Rome" in value_of(ann.text, "time_zone")


async def test_a_battle_that_is_over_is_changed_no_more(ann: Browser) -> None:
    battle = await make(ann)
    await ann.open(f"{battle}/edit")
    form = ann.page
    await ann.open(battle)
    await ann.send("Call it off")
    assert "/edit" not in ann.text
    ann.page = form
    await ann.send("Save", name="Too late")
    assert ann.page.status_code == 409
    assert "The battle is over." in ann.text
    await ann.open(f"{battle}/edit")
    assert ann.path == battle


async def test_what_cannot_be_done_any_more_is_told_on_the_page(ann: Browser) -> None:
    battle = await make(ann)
    await ann.send("Call it off")
    answer = await ann.http.post(f"{battle}/open", data={"csrf": ann.http.cookies["arena_csrf"]})
    assert answer.status_code == 409
    assert "The battle is over." in answer.text


async def test_standings_points_and_result_as_the_battle_goes(ann: Browser, browsers: Callable[[], Browser]) -> None:
    ben = browsers()
    await ben.sign_up("Ben")
    gym = await ben.make_habit("Gym")
    run = await ann.make_habit("Run")
    battle = await make(ann, **window(starts_in=4, lasts=60))
    invite = link(ann.text, "invite")
    for person, habit, address in ((ann, run, f"{battle}/join"), (ben, gym, invite)):
        await person.open(address)
        await person.send("Join", habits=habit)
    await _until(ann, battle, 'data-phase="running"')
    await ben.open("/today")
    await ben.send("Log")
    await _until(ann, battle, "10 behind Ben")
    assert '<rect width="100%"' in ann.text
    assert "<svg" in (await ann.http.get(f"{battle}/chart")).text
    spectator = link(ann.text, "spectator")
    carl = browsers()
    assert "Score over time. Ben 10, Ann 0." in await carl.open(spectator)
    assert f'data-chart="{carl.path}/chart"' in carl.text
    assert (await carl.open(f"{carl.path}/chart")).startswith('<svg class="chart"')
    assert "1st</b> of 2" in await ben.open("/today")


async def _until(browser: Browser, path: str, words: str) -> None:
    async with asyncio.timeout(30):
        while words not in await browser.open(path):  # noqa: ASYNC110 - without scripts there is nothing to wait on but to load again
            await asyncio.sleep(0.2)


async def test_a_result_that_is_not_there_yet_is_told(ann: Browser) -> None:
    battle = await make(ann)
    answer = await ann.http.get(f"{battle}/result.json")
    assert answer.status_code == 404
    assert "There is no result yet" in answer.text
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_a_link_to_nothing_is_a_page_that_says_so(ann: Browser) -> None:
    for path in (
        "/battles/join/none",
        "/watch/none",
        "/battles/01a1fc7f-bf16-743c-9cd2-8f92caae5ceb",
        "/battles/none",
        "/watch/a%3Fb",
        "/battles/join/%2e%2e",
    ):
        await ann.open(path)
        assert (ann.page.status_code, path) == (404, path)
        assert "There is nothing here" in ann.text
