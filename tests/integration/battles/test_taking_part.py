"""Joining and leaving."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from arena.contracts.events.battles import BattleChanged, ParticipantJoined


async def test_somebody_joins_with_their_habits_and_the_days_of_their_ledger(stage: Any) -> None:
    ada, ben = stage.person(), stage.person(time_zone="Asia/Kolkata", day_start="03:30", week_start="sun")
    battle = await stage.opened(ada)
    answer = await stage.joined(ben, battle)
    assert answer.status_code == 201
    part = answer.json()
    assert part.pop("joined_at").endswith("Z")
    assert part == {
        "user_id": str(ben.id),
        "habits": [str(habit) for habit in ben.habits],
        "time_zone": "Asia/Kolkata",
        "day_start": "03:30",
        "week_start": "sun",
        "left_at": None,
    }
    joined = (await stage.events(battle))[-1]
    assert isinstance(joined, ParticipantJoined)
    assert (joined.user_id, list(joined.habits), joined.day_start) == (ben.id, ben.habits, 210)


async def test_another_zone_can_be_named_for_a_battle(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.opened(ada)
    assert (await stage.joined(ada, battle, time_zone="America/St_Johns")).json()["time_zone"] == "America/St_Johns"
    answer = await stage.joined(ben, battle, time_zone="Nowhere")
    assert problem(answer) == (422, "participant-invalid")
    assert answer.json()["errors"][0]["field"] == "time_zone"


async def test_joining_twice_is_joining_once(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.opened(ada)
    first = await stage.joined(ben, battle)
    again = await stage.joined(ben, battle, habits=[str(ben.habits[0])], invite=None)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert await stage.told(battle) == ["BattleOpened", "ParticipantJoined"]
    assert (await stage.seen(ada, battle))["participants"] == 1


async def test_two_requests_of_one_person_at_once_are_one_participant(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.opened(ada)
    answers = await asyncio.gather(*(stage.joined(ben, battle) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert (await stage.seen(ada, battle))["participants"] == 1


async def test_of_many_who_want_the_last_place_one_gets_it(stage: Any, problem: Any) -> None:
    ada, *others = [stage.person() for _ in range(6)]
    battle = await stage.opened(ada, kind="head_to_head")
    await stage.joined(ada, battle)
    answers = await asyncio.gather(*(stage.joined(who, battle) for who in others))
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(refused) == 4
    assert {problem(answer) for answer in refused} == {(409, "battle-full")}
    assert (await stage.seen(ada, battle))["participants"] == 2


async def test_the_owner_needs_no_invite_and_others_do(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.opened(ada)
    assert (await stage.joined(ada, battle, invite=None)).status_code == 201
    for invite in (None, "wrong", battle["spectator"]):
        assert problem(await stage.joined(ben, battle, invite=invite)) == (403, "invite-needed")


async def test_a_battle_without_invitations_admits_anybody(stage: Any) -> None:
    battle = await stage.opened(stage.person(), invite_only=False)
    assert (await stage.joined(stage.person(), battle, invite=None)).status_code == 201


async def test_a_draft_admits_nobody_and_is_not_there_for_strangers(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.draft(ada)
    assert problem(await stage.joined(ada, battle)) == (409, "battle-closed")
    assert problem(await stage.joined(ben, battle)) == (409, "battle-closed")
    assert problem(await stage.joined(ben, battle, invite=None)) == (404, "battle-not-found")
    assert problem(await stage.joined(ben, battle | {"id": str(uuid4())})) == (404, "battle-not-found")


@pytest.mark.parametrize("phase", ["running", "cancelled", "final"])
async def test_nobody_joins_any_more(stage: Any, problem: Any, phase: str) -> None:
    ada, ben, cem = stage.person(), stage.person(), stage.person()
    if phase == "cancelled":
        battle = await stage.opened(ada)
        await stage.call(ada, "POST", f"/{battle['id']}/cancel")
    else:
        battle = await stage.running(ada, ben)
    if phase == "final":
        await stage.pass_time(battle, timedelta(hours=2))
        await stage.score(battle, rows=[])
    assert (await stage.seen(ada, battle))["phase"] == phase
    assert problem(await stage.joined(cem, battle)) == (409, "battle-closed")


async def test_who_comes_after_the_start_is_too_late_even_before_the_due_runner_came(stage: Any, problem: Any) -> None:
    battle = await stage.opened(stage.person())
    await stage.pass_time(battle, timedelta(hours=1, seconds=1))
    assert problem(await stage.joined(stage.person(), battle)) == (409, "battle-closed")


async def test_only_habits_of_one_s_own_compete(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.opened(ada)
    answer = await stage.joined(ben, battle, habits=[str(ben.habits[0]), str(ada.habits[0])])
    assert problem(answer) == (422, "unknown-habit")
    assert answer.json()["errors"][0]["field"] == "habits"
    assert (await stage.seen(ada, battle))["participants"] == 0


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"habits": []}, "validation-failed"),
        ({"habits": ["no-id"]}, "validation-failed"),
        ({"habits": [str(uuid4()) for _ in range(51)]}, "validation-failed"),
        ({}, "validation-failed"),
        ({"habits": [str(uuid4())], "user_id": str(uuid4())}, "validation-failed"),
        ({"habits": ["twice"] * 2}, "participant-invalid"),
    ],
)
async def test_a_wrong_application_is_refused(stage: Any, problem: Any, body: dict[str, Any], slug: str) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    habits = [str(ada.habits[0]) if habit == "twice" else habit for habit in body.get("habits", [])]
    answer = await stage.call(ada, "POST", f"/{battle['id']}/participants", body | ({"habits": habits} if "habits" in body else {}))
    assert problem(answer) == (422, slug)


async def test_the_ledger_is_asked_before_the_transaction_and_its_trouble_is_a_503(stage: Any, problem: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    for status in (503, 500, 401):
        stage.ledger.failing = status
        answer = await stage.joined(ada, battle)
        assert problem(answer) == (503, "upstream-unavailable")
        assert "retry-after" in answer.headers
    stage.ledger.failing = 0
    assert (await stage.joined(ada, battle)).status_code == 201


async def test_the_ledger_is_not_asked_for_nobody(stage: Any, problem: Any) -> None:
    battle = await stage.opened(stage.person())
    asked = stage.ledger.asked
    answer = await stage.call(None, "POST", f"/{battle['id']}/participants", {"habits": [str(uuid4())]})
    assert problem(answer) == (401, "not-authenticated")
    assert stage.ledger.asked == asked


async def test_who_takes_part_is_listed_in_the_order_of_joining_and_without_their_habits(stage: Any) -> None:
    people = [stage.person() for _ in range(5)]
    battle = await stage.opened(people[0])
    for who in people:
        await stage.joined(who, battle)
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await stage.call(people[3], "GET", f"/{battle['id']}/participants", params={"limit": "2", **cursor})).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [item["user_id"] for item in found] == [str(who.id) for who in people]
    assert {name for item in found for name in item} == {"user_id", "joined_at", "left_at"}


async def test_everybody_sees_their_own_part_and_nobody_another_s(stage: Any, problem: Any) -> None:
    ada, ben, cem = stage.person(), stage.person(), stage.person()
    battle = await stage.opened(ada, invite_only=False)
    await stage.joined(ben, battle)
    mine = await stage.call(ben, "GET", f"/{battle['id']}/participants/me")
    assert mine.json()["habits"] == [str(habit) for habit in ben.habits]
    assert (await stage.seen(ben, battle))["me"] == mine.json()
    assert (await stage.seen(ada, battle))["me"] is None
    assert problem(await stage.call(cem, "GET", f"/{battle['id']}/participants/me")) == (404, "not-participating")


async def test_who_leaves_before_the_start_is_gone_and_may_come_back(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.opened(ada, kind="head_to_head")
    for who in (ada, ben):
        await stage.joined(who, battle)
    path = f"/{battle['id']}/participants"
    assert (await stage.call(ben, "DELETE", f"{path}/me")).status_code == 204
    assert [item["user_id"] for item in (await stage.call(ada, "GET", path)).json()["items"]] == [str(ada.id)]
    assert (await stage.joined(ben, battle)).status_code == 201
    assert await stage.told(battle) == ["BattleOpened", *["ParticipantJoined"] * 2, "ParticipantLeft", "ParticipantJoined"]


async def test_who_leaves_while_it_runs_forfeits_for_good(stage: Any, problem: Any) -> None:
    ada, ben, cem = stage.person(), stage.person(), stage.person()
    battle = await stage.running(ada, ben, cem)
    path = f"/{battle['id']}/participants"
    for _ in range(2):
        assert (await stage.call(ben, "DELETE", f"{path}/me")).status_code == 204
    assert (await stage.told(battle))[-2:] == ["running", "ParticipantLeft"]
    seen = await stage.seen(ben, battle)
    assert seen["participants"] == 2
    assert seen["me"]["left_at"] is not None
    assert problem(await stage.joined(ben, battle)) == (409, "battle-closed")


async def test_when_the_last_one_leaves_the_battle_is_called_off(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    for who in (ada, ben):
        await stage.call(who, "DELETE", f"/{battle['id']}/participants/me")
    assert (await stage.told(battle))[-3:] == ["ParticipantLeft", "ParticipantLeft", "cancelled"]
    assert await stage.sql("select * from due") == []


async def test_who_leaves_when_the_start_is_due_and_not_taken_yet_leaves_a_running_battle(stage: Any) -> None:
    ada, ben, cem = stage.person(), stage.person(), stage.person()
    battle = await stage.opened(ada)
    for who in (ada, ben, cem):
        await stage.joined(who, battle)
    await stage.pass_time(battle, timedelta(hours=1, seconds=1))
    assert (await stage.call(ben, "DELETE", f"/{battle['id']}/participants/me")).status_code == 204
    await stage.act()
    assert (await stage.told(battle))[-3:] == ["ParticipantJoined", "running", "ParticipantLeft"]
    assert (await stage.seen(ben, battle))["me"]["left_at"] is not None
    (due,) = await stage.sql("select at from due")
    assert due.at.isoformat().replace("+00:00", "Z") == (await stage.seen(ada, battle))["window"]["ends_at"]


async def test_nobody_leaves_after_the_window(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    await stage.pass_time(battle, timedelta(hours=1))
    assert problem(await stage.call(ben, "DELETE", f"/{battle['id']}/participants/me")) == (409, "battle-closed")


async def test_who_is_not_in_it_cannot_leave_it(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.opened(ada)
    assert problem(await stage.call(ada, "DELETE", f"/{battle['id']}/participants/me")) == (404, "not-participating")
    assert problem(await stage.call(ben, "DELETE", f"/{battle['id']}/participants/me")) == (404, "battle-not-found")


async def test_under_own_days_a_participant_moves_the_timetable_and_back(stage: Any) -> None:
    ada, ben = stage.person(), stage.person(time_zone="Pacific/Kiritimati", day_start="00:00")
    cem = stage.person(time_zone="Pacific/Pago_Pago", day_start="02:00")
    battle = await stage.opened(ada, window={"start": "2030-01-01T00:00", "end": "2030-01-03T00:00", "days": "own"})
    for who in (ada, ben, cem):
        await stage.joined(who, battle)
    window = (await stage.seen(ada, battle))["window"]
    assert (window["starts_at"], window["ends_at"]) == ("2029-12-31T10:00:00Z", "2030-01-03T13:00:00Z")
    (due,) = await stage.sql("select at from due")
    assert due.at.isoformat() == "2029-12-31T10:00:00+00:00"
    joined = ["ParticipantJoined"]
    assert await stage.told(battle) == ["BattleOpened", *joined, *joined, "BattleChanged", *joined, "BattleChanged"]
    for who in (ben, cem):
        await stage.call(who, "DELETE", f"/{battle['id']}/participants/me")
    window = (await stage.seen(ada, battle))["window"]
    assert (window["starts_at"], window["ends_at"]) == ("2030-01-01T00:00:00Z", "2030-01-03T00:00:00Z")
    last = (await stage.events(battle))[-1]
    assert isinstance(last, BattleChanged)
    assert last.timetable.end.isoformat() == "2030-01-03T00:00:00+00:00"


async def test_another_window_of_whole_days_counts_those_who_have_joined(stage: Any) -> None:
    ada, ben = stage.person(), stage.person(time_zone="Pacific/Kiritimati")
    battle = await stage.opened(ada, window={"start": "2030-01-01T00:00", "end": "2030-01-03T00:00", "days": "own"})
    await stage.joined(ben, battle)
    changed = await stage.call(ada, "PATCH", f"/{battle['id']}", {"window": {"start": "2030-01-02"}})
    assert changed.json()["window"]["starts_at"] == "2030-01-01T10:00:00Z"
