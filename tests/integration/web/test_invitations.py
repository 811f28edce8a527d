"""Battles that a resource declares, as people see them: invitations by name, and who changes such a battle."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from arena.embedded.testing import TestPlatform
from tests.integration.web.conftest import Browser

PLATFORM = {"authorization": "Bearer internal-token-of-a-test-installation"}
Declare = Callable[..., Any]


def declaration(**changes: Any) -> dict[str, Any]:
    start = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(hours=1)
    window = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat(), "time_zone": "UTC"}
    resource = {"kind": "Battle", "namespace": "games", "name": "november"}
    return {"resource": resource, "generation": 1, "fence": 1, "name": "November", "kind": "free_for_all", "window": window, **changes}


@pytest.fixture
def declare(platform: TestPlatform) -> Declare:
    """Declares as the operator does; answers what it is told."""

    async def put(**changes: Any) -> dict[str, Any]:
        answer = await platform.http.put("/api/battles/declarations/uid-1", json=declaration(**changes), headers=PLATFORM)
        document: dict[str, Any] = answer.raise_for_status().json()
        return document

    return put


async def test_who_is_named_finds_the_invitation_among_the_battles_and_joins(ann: Browser, declare: Declare) -> None:
    held = await declare(players=["Ann@Example.org"])
    await ann.make_habit("Run")
    assert "You are invited" in await ann.open("/battles")
    assert "November" in ann.text
    join = f"/battles/{held['battle_id']}/join"
    assert f'href="{join}"' in ann.text
    await ann.open(join)
    assert "Free for all, declared as Battle games/november." in ann.text
    habit = ann.text.split('type="checkbox" name="habits" value="')[1].split('"')[0]
    await ann.send("Join", habits=habit)
    assert ann.path == f"/battles/{held['battle_id']}"
    assert "You are in with 1 habit." in ann.text
    assert "Declared as Battle games/november" in ann.text
    assert "You are invited" not in await ann.open("/battles")


async def test_who_declines_is_rid_of_it(ann: Browser, declare: Declare) -> None:
    held = await declare(players=["ann@example.org"])
    await ann.open(f"/battles/{held['battle_id']}")
    assert "You are invited." in ann.text
    await ann.open("/battles")
    await ann.send("Decline")
    assert ann.path == "/battles"
    assert "You are invited" not in ann.text
    assert (await ann.http.get(f"/battles/{held['battle_id']}")).status_code == 404


async def test_who_declines_on_the_battle_s_page_is_led_to_the_others(ann: Browser, declare: Declare) -> None:
    held = await declare(players=["ann@example.org"])
    await ann.open(f"/battles/{held['battle_id']}")
    await ann.send("Decline")
    assert ann.path == "/battles"
    assert "November" not in ann.text


async def test_a_battle_that_is_open_to_all_and_declared_stands_under_the_invitations_only(ann: Browser, declare: Declare) -> None:
    await declare(players=["ann@example.org"], invite_only=False)
    page = await ann.open("/battles")
    assert page.count("November</strong>") == 1
    assert "November</span>" not in page
    assert "Open to all" not in page


async def test_the_owner_of_a_declared_battle_is_shown_where_it_is_changed(ann: Browser, declare: Declare) -> None:
    start = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(hours=1)
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat(), "time_zone": "UTC"}
    await ann.open("/battles/new")
    await ann.send("Make and open it", name="Sprint", do="open", **times)
    battle = ann.path
    await declare(adopt=battle.removeprefix("/battles/"), name="Sprint")
    await ann.open(battle)
    assert "Declared as Battle games/november" in ann.text
    assert "Call it off" not in ann.text
    assert "Link for who is to join" in ann.text
    answer = await ann.http.post(f"{battle}/cancel", data={"csrf": ann.http.cookies["arena_csrf"]})
    assert answer.status_code == 409
    assert "This battle is declared as Battle games/november: change or delete that resource instead." in answer.text
