"""What an owner does with a battle: drafts, changes, opens, calls off, renews its links."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest


def ago(**by: int) -> str:
    return (datetime.now(UTC) - timedelta(**by)).replace(tzinfo=None).isoformat()


async def test_a_draft_is_answered_as_it_was_asked_for_and_with_what_it_means_in_utc(stage: Any) -> None:
    ada = stage.person()
    window = {"start": "2030-01-31T18:00", "end": "2030-02-01T06:30:15", "time_zone": "Europe/Berlin"}
    battle = await stage.draft(ada, window=window, kind="head_to_head")
    assert await stage.events(battle) == []
    assert battle.pop("id")
    assert battle.pop("created_at").endswith("Z")
    assert len({battle.pop("invite"), battle.pop("spectator")}) == 2
    assert battle.pop("window").pop("tzdata")
    scoring = {"rule": "points@1", "per": None, "points": 10, "streak_bonus": 0, "streak_bonus_cap": 0}
    assert battle == {
        "name": "November",
        "kind": "head_to_head",
        "phase": "draft",
        "owner_id": str(ada.id),
        "scoring": {**scoring, "tie_breaks": ["met_days", "streak", "earliest"]},
        "participants": 0,
        "max_participants": None,
        "invite_only": True,
        "me": None,
        "invited": False,
        "declared_by": None,
        "cancelled_for": None,
        "result_hash": None,
    }


async def test_the_window_is_resolved_to_utc(stage: Any) -> None:
    window = {"start": "2030-01-31T18:00", "end": "2030-02-01T06:30:15", "time_zone": "Europe/Berlin", "audit_minutes": 30}
    shown = (await stage.draft(stage.person(), window=window))["window"]
    shown.pop("tzdata")
    assert shown == {
        "start": "2030-01-31T18:00:00",
        "end": "2030-02-01T06:30:15",
        "time_zone": "Europe/Berlin",
        "days": "instant",
        "grace_minutes": 10,
        "audit_minutes": 30,
        "disambiguation": "compatible",
        "starts_at": "2030-01-31T17:00:00Z",
        "ends_at": "2030-02-01T05:30:15Z",
        "grace_ends_at": "2030-02-01T05:40:15Z",
        "audit_ends_at": "2030-02-01T06:10:15Z",
    }


@pytest.mark.parametrize(
    ("changes", "slug", "field"),
    [
        ({"window": {"start": "2030-01-31T18:00+01:00"}}, "validation-failed", "window.start"),
        ({"window": {"start": "2030-01-31T18:00Z"}}, "validation-failed", "window.start"),
        ({"window": {"start": 1900000000}}, "validation-failed", "window.start"),
        ({"window": {"start": "1900000000"}}, "validation-failed", "window.start"),
        ({"window": {"time_zone": "Mars/Olympus"}}, "window-invalid", "window.time_zone"),
        ({"window": {"time_zone": "../etc/passwd"}}, "window-invalid", "window.time_zone"),
        ({"window": {"start": "2020-01-01T00:00", "end": "2020-01-02T00:00"}}, "window-in-past", "window.start"),
        ({"window": {"start": "2030-01-02T00:00", "end": "2030-01-01T00:00"}}, "window-invalid", "window.end"),
        ({"window": {"start": "2030-01-01T00:00:00", "end": "2030-01-01T00:00:59"}}, "window-invalid", "window.end"),
        ({"window": {"days": "own"}}, "window-invalid", "window.start"),
        ({"window": {"grace_minutes": -1}}, "window-invalid", "window.grace_minutes"),
        ({"window": {"grace_minutes": 1.5}}, "validation-failed", "window.grace_minutes"),
        ({"window": {"grace_minutes": True}}, "validation-failed", "window.grace_minutes"),
        ({"window": {"grace_minutes": 10**30}}, "window-invalid", "window.grace_minutes"),
        ({"window": {"hours": 3}}, "validation-failed", "window.hours"),
        ({"scoring": {"rule": "luck@1"}}, "scoring-invalid", "scoring.rule"),
        ({"scoring": {"points": 0}}, "scoring-invalid", "scoring.points"),
        ({"scoring": {"tie_breaks": ["streak", "streak"]}}, "scoring-invalid", "scoring.tie_breaks"),
        ({"max_participants": 1}, "battle-invalid", "max_participants"),
        ({"max_participants": 3, "kind": "head_to_head"}, "battle-invalid", "max_participants"),
        ({"kind": "duel"}, "validation-failed", "kind"),
        ({"name": " "}, "validation-failed", "name"),
        ({"name": "a\u0007b"}, "validation-failed", "name"),
        ({"name": "x" * 201}, "validation-failed", "name"),
        ({"phase": "open"}, "validation-failed", "phase"),
    ],
)
async def test_a_wrong_definition_is_refused_by_field_and_nothing_is_stored(
    stage: Any, problem: Any, ask: Any, changes: dict[str, Any], slug: str, field: str
) -> None:
    answer = await stage.call(stage.person(), "POST", "", ask(**changes))
    assert problem(answer) == (422, slug)
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await stage.sql("select * from battle") == []


async def test_the_shortest_battle_lasts_a_minute(stage: Any) -> None:
    battle = await stage.draft(stage.person(), window={"start": "2030-01-01T00:00", "end": "2030-01-01T00:01", "grace_minutes": 0})
    assert battle["window"]["grace_ends_at"] == battle["window"]["ends_at"] == "2030-01-01T00:01:00Z"


async def test_whole_days_can_be_given_as_days(stage: Any) -> None:
    window = {"start": "2030-01-01", "end": "2030-01-08", "days": "own"}
    assert (await stage.draft(stage.person(), window=window))["window"]["start"] == "2030-01-01T00:00:00"


async def test_opening_twice_is_opening_once(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    again = await stage.call(ada, "POST", f"/{battle['id']}/open")
    assert (again.status_code, again.json()) == (200, battle)
    assert await stage.told(battle) == ["BattleOpened"]


async def test_a_draft_whose_start_has_passed_cannot_be_opened(stage: Any, problem: Any) -> None:
    ada = stage.person()
    battle = await stage.draft(ada)
    await stage.sql("update battle set spec = jsonb_set(spec, '{window,start}', to_jsonb(cast(:start as text)))", start=ago(minutes=1))
    assert problem(await stage.call(ada, "POST", f"/{battle['id']}/open")) == (422, "window-in-past")


async def test_cancelling_twice_is_cancelling_once(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    for _ in range(2):
        answer = await stage.call(ada, "POST", f"/{battle['id']}/cancel")
        assert (answer.status_code, answer.json()["phase"]) == (200, "cancelled")
    assert await stage.told(battle) == ["BattleOpened", "cancelled"]
    assert await stage.sql("select * from due") == []


async def test_of_a_draft_nothing_is_told_not_even_that_it_was_called_off(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.draft(ada)
    assert (await stage.call(ada, "POST", f"/{battle['id']}/cancel")).json()["phase"] == "cancelled"
    assert await stage.events(battle) == []


async def test_what_runs_can_be_neither_called_off_nor_changed_nor_opened(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    for method, path in (("POST", "/cancel"), ("POST", "/open"), ("PATCH", "")):
        answer = await stage.call(ada, method, f"/{battle['id']}{path}", {"name": "x"} if method == "PATCH" else None)
        assert problem(answer) == (409, "already-running")


async def test_what_is_called_off_can_be_neither_opened_nor_changed(stage: Any, problem: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    await stage.call(ada, "POST", f"/{battle['id']}/cancel")
    assert problem(await stage.call(ada, "POST", f"/{battle['id']}/open")) == (409, "battle-closed")
    assert problem(await stage.call(ada, "PATCH", f"/{battle['id']}", {"name": "x"})) == (409, "battle-closed")


async def test_a_battle_whose_start_is_due_but_not_taken_yet_can_no_longer_be_called_off(stage: Any, problem: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    await stage.pass_time(battle, timedelta(hours=1, seconds=1))
    assert problem(await stage.call(ada, "POST", f"/{battle['id']}/cancel")) == (409, "already-running")


async def test_a_patch_changes_what_it_names_and_keeps_the_rest(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.draft(ada, scoring={"points": 7}, max_participants=5)
    patch = {"window": {"end": "2031-01-01T00:00", "start": "2030-12-31T00:00"}, "scoring": {"streak_bonus": 1, "streak_bonus_cap": 3}}
    changed = (await stage.call(ada, "PATCH", f"/{battle['id']}", patch)).json()
    assert changed["window"]["ends_at"] == "2031-01-01T00:00:00Z"
    assert changed["window"]["time_zone"] == "UTC"
    assert (changed["scoring"]["points"], changed["scoring"]["streak_bonus"]) == (7, 1)
    assert (changed["name"], changed["max_participants"]) == ("November", 5)
    assert await stage.events(battle) == []


async def test_null_takes_the_limit_away_and_is_refused_elsewhere(stage: Any, problem: Any) -> None:
    ada = stage.person()
    battle = await stage.draft(ada, max_participants=5)
    assert (await stage.call(ada, "PATCH", f"/{battle['id']}", {"max_participants": None})).json()["max_participants"] is None
    for patch in ({"name": None}, {"window": None}, {"window": {"end": None}}, {"scoring": {"points": None}}, {"kind": None}):
        assert problem(await stage.call(ada, "PATCH", f"/{battle['id']}", patch)) == (422, "validation-failed")


async def test_a_patch_of_an_open_battle_is_told_and_moves_its_due_time(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    await stage.call(ada, "PATCH", f"/{battle['id']}", {"window": {"start": "2030-01-01T00:00", "end": "2030-01-02T00:00"}})
    assert await stage.told(battle) == ["BattleOpened", "BattleChanged"]
    (due,) = await stage.sql("select at from due")
    assert due.at.isoformat() == "2030-01-01T00:00:00+00:00"


async def test_another_name_is_nobody_s_event(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    assert (await stage.call(ada, "PATCH", f"/{battle['id']}", {"name": " December "})).json()["name"] == "December"
    assert (await stage.call(ada, "PATCH", f"/{battle['id']}", {})).json()["name"] == "December"
    assert await stage.told(battle) == ["BattleOpened"]


async def test_an_open_battle_changes_also_when_others_have_joined_but_not_below_their_number(stage: Any, problem: Any) -> None:
    people = [stage.person() for _ in range(3)]
    battle = await stage.opened(people[0])
    for who in people:
        await stage.joined(who, battle)
    path = f"/{battle['id']}"
    assert (await stage.call(people[0], "PATCH", path, {"scoring": {"points": 5}})).status_code == 200
    answer = await stage.call(people[0], "PATCH", path, {"max_participants": 2})
    assert problem(answer) == (422, "battle-invalid")
    assert answer.json()["errors"][0]["field"] == "max_participants"
    assert problem(await stage.call(people[0], "PATCH", path, {"kind": "head_to_head"})) == (422, "battle-invalid")


async def test_only_the_owner_hosts_and_for_strangers_there_is_nothing(stage: Any, problem: Any) -> None:
    ada, ben, eve = stage.person(), stage.person(), stage.person()
    battle = await stage.opened(ada)
    await stage.joined(ben, battle)
    for method, path in (("POST", "/cancel"), ("POST", "/open"), ("POST", "/invite"), ("POST", "/spectator"), ("PATCH", "")):
        body = {"name": "Mine"} if method == "PATCH" else None
        assert problem(await stage.call(ben, method, f"/{battle['id']}{path}", body)) == (403, "not-owner")
        assert problem(await stage.call(eve, method, f"/{battle['id']}{path}", body)) == (404, "battle-not-found")
        assert problem(await stage.call(None, method, f"/{battle['id']}{path}", body)) == (401, "not-authenticated")
    assert await stage.seen(ada, battle) == battle | {"participants": 1}


async def test_what_is_not_there_cannot_be_opened(stage: Any, problem: Any) -> None:
    assert problem(await stage.call(stage.person(), "POST", f"/{uuid4()}/open")) == (404, "battle-not-found")


async def test_a_renewed_invite_replaces_the_old_one_and_keeps_who_has_joined(stage: Any, problem: Any) -> None:
    ada, ben, cem = stage.person(), stage.person(), stage.person()
    battle = await stage.opened(ada)
    await stage.joined(ben, battle)
    renewed = (await stage.call(ada, "POST", f"/{battle['id']}/invite")).json()
    assert renewed["invite"] != battle["invite"]
    assert renewed["spectator"] == battle["spectator"]
    assert problem(await stage.call(None, "GET", f"/invites/{battle['invite']}")) == (404, "battle-not-found")
    assert problem(await stage.joined(cem, battle)) == (403, "invite-needed")
    assert (await stage.joined(cem, renewed)).status_code == 201
    assert renewed["participants"] == 1


async def test_a_renewed_spectator_link_replaces_the_old_one(stage: Any, problem: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    renewed = (await stage.call(ada, "POST", f"/{battle['id']}/spectator")).json()
    assert renewed["invite"] == battle["invite"]
    assert problem(await stage.call(None, "GET", f"/spectate/{battle['spectator']}")) == (404, "battle-not-found")
    assert (await stage.call(None, "GET", f"/spectate/{renewed['spectator']}")).json()["id"] == battle["id"]


async def test_a_request_sent_twice_with_one_key_makes_one_battle(stage: Any, ask: Any) -> None:
    ada, body = stage.person(), ask()
    answers = [await stage.call(ada, "POST", "", body, headers={"idempotency-key": "k"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(await stage.sql("select * from battle")) == 1


async def test_two_changes_at_once_are_both_kept(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    patches: list[dict[str, Any]] = [{"name": "December"}, {"scoring": {"points": 3}}, {"max_participants": 9}]
    await asyncio.gather(*(stage.call(ada, "PATCH", f"/{battle['id']}", patch) for patch in patches))
    seen = await stage.seen(ada, battle)
    assert (seen["name"], seen["scoring"]["points"], seen["max_participants"]) == ("December", 3, 9)
