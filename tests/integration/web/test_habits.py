"""Today, a habit, a day: log, take back, correct, explain; without scripts, and the pieces that scripts ask for."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from arena.chassis.testing.databases import dsn
from tests.integration.web.conftest import Browser

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
MEASURED = {"kind": "measured", "amount": "5", "unit": "km"}


async def test_one_press_logs_and_undo_takes_it_back(ann: Browser) -> None:
    habit = await ann.make_habit("Read")
    await ann.open("/today")
    await ann.send("Log")
    assert ann.path == "/today"
    assert re.search(rf'class="habit done"\s+id="habit-{habit}"', ann.text)
    await ann.send("Undo")
    assert re.search(rf'class="habit due"\s+id="habit-{habit}"', ann.text)


async def test_the_same_form_sent_twice_logs_once(ann: Browser) -> None:
    habit = await ann.make_habit("Read")
    page = await ann.open("/today")
    form = {"csrf": ann.http.cookies["arena_csrf"], "client_id": page.split('name="client_id" value="')[1].split('"')[0]}
    for _ in range(2):
        await ann.http.post(f"/habits/{habit}/logs", data=form)
    assert (await ann.open(f"/habits/{habit}/days/{_day(0)}")).count("<article") == 1


async def test_an_amount_may_be_written_with_a_comma_and_a_wrong_one_is_told(ann: Browser) -> None:
    await ann.make_habit("Run", **MEASURED)
    await ann.open("/today")
    await ann.send("Log", value="5,5")
    assert "5.5 km" in ann.text
    await ann.send("Add", value="far")
    assert ann.page.status_code == 422
    assert "Write a number, such as 5.5." in ann.text
    assert 'value="far"' in ann.text


async def test_a_script_gets_the_row_back(ann: Browser) -> None:
    habit = await ann.make_habit("Run", **MEASURED)
    form = {"csrf": ann.http.cookies["arena_csrf"], "value": "6", "client_id": "tap-1"}
    answer = await ann.http.post(f"/habits/{habit}/logs", data=form, headers={"x-fragment": "row"})
    assert answer.text.strip().startswith("<li")
    assert "Undo" in answer.text
    wrong = await ann.http.post(f"/habits/{habit}/logs", data=form | {"value": "x", "client_id": "tap-2"}, headers={"x-fragment": "row"})
    assert wrong.status_code == 422
    assert wrong.text.strip().startswith("<li")
    assert "Write a number" in wrong.text


async def test_what_is_not_counted_yet_is_shown_as_kept_and_can_be_taken_back(ann: Browser, database: Any) -> None:
    habit = await ann.make_habit("Read")
    notice = "some of it is not counted yet"
    assert notice not in await ann.open("/today")
    form = {"csrf": ann.http.cookies["arena_csrf"], "client_id": "tap-1"}
    with psycopg.connect(dsn(database.admin)) as admin:
        admin.execute("select from scoring.applied for update")
        row = (await ann.http.post(f"/habits/{habit}/logs", data=form, headers={"x-fragment": "row"})).text
        assert "kept, not counted yet" in row
        assert "Undo" in row
        for page in ("/today", "/habits", f"/habits/{habit}", f"/habits/{habit}/days/{_day(0)}"):
            assert notice in await ann.open(page)
    assert notice not in await ann.open("/today")
    row = (await ann.http.post(f"/habits/{habit}/logs", data=form, headers={"x-fragment": "row"})).text
    assert "not counted" not in row
    assert "Undo" in row


async def test_a_tap_kept_offline_counts_for_its_own_instant(ann: Browser) -> None:
    habit = await ann.make_habit("Read")
    form = {"csrf": ann.http.cookies["arena_csrf"], "client_id": "kept", "at": YESTERDAY.isoformat()}
    assert (await ann.http.post(f"/habits/{habit}/logs", data=form, headers={"x-fragment": "row"})).status_code == 200
    assert "Nothing is logged" in await ann.open(f"/habits/{habit}/days/{_day(0)}")


async def test_a_day_says_what_was_due_and_why_it_counts_so_and_can_be_corrected(ann: Browser) -> None:
    habit = await ann.make_habit("Run", **MEASURED)
    day = _day(3)
    await ann.open(f"/habits/{habit}/days/{day}")
    await ann.send("Log for " + _spoken(day), value="3")
    assert ann.path == f"/habits/{habit}/days/{day}"
    assert "It was due: 3 km so far, and the target is at least 5 km." in ann.text
    await ann.send("Save", value="7", note="longer than I thought")
    assert "It was due and is done: 7 km." in ann.text
    assert "longer than I thought" in ann.text
    assert "corrected" in ann.text
    await ann.send("Save", value="many")
    assert ann.page.status_code == 422
    assert 'value="many"' in ann.text
    await ann.open(f"/habits/{habit}/days/{day}")
    await ann.send("Take back")
    assert "Nothing is logged for this day." in ann.text


async def test_the_habit_s_page_tells_the_streak_its_reasons_and_draws_every_day(ann: Browser) -> None:
    habit = await ann.make_habit("Run", **MEASURED)
    for ago in (1, 2, 4):
        day = _day(ago)
        await ann.open(f"/habits/{habit}/days/{day}")
        await ann.send("Log for " + _spoken(day), value="6")
    page = await ann.open(f"/habits/{habit}")
    assert "2 days in a row" in page
    assert "The last break was on" in page
    assert "It would mend if you log 5 km" in page
    assert page.count('class="d done"') >= 3
    assert page.count('class="d missed"') >= 1
    assert f'href="/habits/{habit}/days/{_day(0)}"' in page


async def test_the_calendar_opens_at_any_time(ann: Browser) -> None:
    habit = await ann.make_habit("Read")
    for until in ("", "2026-01-01", "1900-01-01", "9999-12-31", "soon"):
        await ann.open(f"/habits/{habit}?until={until}")
        assert (ann.page.status_code, until) == (200, until)


async def test_a_day_that_is_none_is_not_there(ann: Browser) -> None:
    habit = await ann.make_habit("Read")
    for day in ("soon", "0001-01-01", "9999-12-31", "2026-02-30"):
        await ann.open(f"/habits/{habit}/days/{day}")
        assert (ann.page.status_code, day) == (404, day)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "Fill this in."),
    ({"name": "x", "kind": "measured", "amount": "lots"}, "Write a number, such as 5.5."),
    ({"name": "x", "schedule": "times_per_week", "times": "9"}, "less than or equal to 7"),
    ({"name": "x", "schedule": "weekdays"}, "Choose at least one."),
    ({"name": "x" * 201}, "200"),
]
"""What is typed, and what is said beside its field."""


async def test_a_habit_that_cannot_be_is_told_beside_its_field(ann: Browser) -> None:
    for fields, complaint in REFUSED:
        await ann.open("/habits/new")
        await ann.send("Make the habit", **fields)
        assert (ann.page.status_code, complaint) == (422, complaint)
        assert re.search(rf'<small class="error"[^>]*>[^<]*{re.escape(complaint)}', ann.text), complaint


async def test_a_habit_is_changed_put_away_fetched_back_and_deleted(ann: Browser) -> None:
    habit = await ann.make_habit("Run", **MEASURED)
    await ann.open(f"/habits/{habit}/edit")
    await ann.send("Save", name="Jog", amount="", schedule="times_per_week", times="3")
    assert ann.path == f"/habits/{habit}"
    assert "3 times a week" in ann.text
    await ann.open(f"/habits/{habit}/edit")
    await ann.send("Archive")
    assert "Jog" not in await ann.open("/today")
    await ann.open(f"/habits/{habit}/edit")
    await ann.send("Fetch it back")
    assert "Jog" in await ann.open("/today")
    await ann.open(f"/habits/{habit}/edit")
    await ann.send("Delete")
    assert ann.path == f"/habits/{habit}/edit", "without the tick nothing is deleted"
    await ann.send("Delete", sure="1")
    assert "No habit yet" in ann.text


async def test_names_are_shown_as_they_are_never_as_markup(ann: Browser) -> None:
    await ann.make_habit("Plain")
    await ann.open("/habits/new")
    await ann.send("Make the habit", name='<script>alert("x")</script>')
    assert "<script>alert" not in ann.text
    assert "&lt;script&gt;alert" in ann.text


def _day(ago: int) -> str:
    """So many days ago, in Berlin, where Ann lives."""
    return (datetime.now(ZoneInfo("Europe/Berlin")).date() - timedelta(days=ago)).isoformat()


def _spoken(day: str) -> str:
    when = datetime.fromisoformat(day).date()
    near = {0: "today", 1: "yesterday"}.get((datetime.fromisoformat(_day(0)).date() - when).days)
    return near or f"{when:%a} {when.day} {when:%b}"
