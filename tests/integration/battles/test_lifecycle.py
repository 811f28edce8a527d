"""From draft to final by due times and scoring's word: once, late if need be, never twice."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from arena.battles.use_cases.moving_on import move_on
from arena.chassis.bus import parking
from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.contracts.events.battles import BattleOpened, PhaseChanged


async def test_a_battle_goes_through_all_its_phases_and_tells_each(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.opened(ada, window={"grace_minutes": 5, "audit_minutes": 5})
    for who in (ada, ben):
        await stage.joined(who, battle)
    for by, phase in ((timedelta(minutes=61), "running"), (timedelta(hours=1), "grace"), (timedelta(minutes=5), "audit")):
        await stage.pass_time(battle, by)
        assert await stage.act() == 1
        assert (await stage.seen(ben, battle))["phase"] == phase
    await stage.pass_time(battle, timedelta(minutes=5))
    assert await stage.act() == 0
    assert (await stage.seen(ben, battle))["phase"] == "audit"
    digest = await stage.score(battle, standings=[])
    assert (await stage.seen(ben, battle))["phase"] == "final"
    assert (await stage.seen(ben, battle))["result_hash"] == digest
    told = ["BattleOpened", "ParticipantJoined", "ParticipantJoined", "running", "grace", "audit", "BattleFinalised"]
    assert await stage.told(battle) == told


async def test_nothing_happens_before_its_time(stage: Any) -> None:
    battle = await stage.opened(stage.person())
    assert await stage.act() == 0
    assert await stage.told(battle) == ["BattleOpened"]


async def test_a_system_that_was_down_takes_every_step_late_and_in_order(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.opened(ada)
    for who in (ada, ben):
        await stage.joined(who, battle)
    await stage.pass_time(battle, timedelta(days=3))
    assert await stage.act() == 1
    assert await stage.told(battle) == ["BattleOpened", "ParticipantJoined", "ParticipantJoined", "running", "grace", "audit"]
    assert await stage.sql("select * from due") == []


async def test_without_grace_and_audit_the_phases_pass_straight_on(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben, window={"grace_minutes": 0, "audit_minutes": 0})
    await stage.pass_time(battle, timedelta(hours=1))
    await stage.act()
    assert (await stage.told(battle))[-3:] == ["running", "grace", "audit"]


async def test_two_due_runners_take_a_step_once(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battles = [await stage.opened(ada) for _ in range(5)]
    for battle in battles:
        for who in (ada, ben):
            await stage.joined(who, battle)
        await stage.pass_time(battle, timedelta(hours=1, minutes=1))
    await asyncio.gather(stage.act(), stage.act(), stage.act())
    for battle in battles:
        assert (await stage.told(battle)).count("running") == 1


async def test_a_battle_that_too_few_have_joined_is_called_off_at_its_start(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    await stage.joined(ada, battle)
    await stage.pass_time(battle, timedelta(hours=2))
    await stage.act()
    seen = await stage.seen(ada, battle)
    assert (seen["phase"], seen["cancelled_for"]) == ("cancelled", "too_few")
    assert (await stage.told(battle))[-1] == "cancelled"
    assert await stage.sql("select * from due") == []


async def test_the_event_of_the_opening_tells_definition_and_timetable_and_no_name(stage: Any) -> None:
    battle = await stage.opened(stage.person(), name="Secret plans")
    opened, *rest = await stage.events(battle)
    assert isinstance(opened, BattleOpened)
    assert rest == []
    assert opened.timetable.start.isoformat().replace("+00:00", "Z") == battle["window"]["starts_at"]
    assert opened.spec.window.start.isoformat() == battle["window"]["start"]
    assert "Secret" not in repr(opened)


async def test_a_result_is_taken_once_and_the_first_word_stands(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    path = f"/{battle['id']}/result"
    assert problem(await stage.call(ada, "GET", path)) == (404, "result-not-ready")
    await stage.pass_time(battle, timedelta(hours=2))
    await stage.act()
    first = await stage.score(battle, rows=[1])
    again = await stage.score(battle, rows=[2])
    assert first != again
    assert (await stage.told(battle)).count("BattleFinalised") == 1
    answer = await stage.call(ben, "GET", path)
    assert answer.json() == {"result": {"rows": [1]}, "hash": first}
    assert answer.headers["etag"] == f'"{first}"'
    assert (await stage.call(ben, "GET", path, headers={"if-none-match": f'"{first}"'})).status_code == 304


async def test_the_served_result_can_be_checked_with_its_own_hash(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    await stage.pass_time(battle, timedelta(hours=2))
    await stage.score(battle, tzdata="2026a", standings=[{"rank": 1, "score": 20}], rule="points@1")
    answer = await stage.call(ada, "GET", f"/{battle['id']}/result")
    document = answer.json()
    assert document["hash"] == sha256_hex(canonical_json(document["result"]))
    assert answer.content == canonical_json(document)


async def test_a_result_that_comes_before_the_due_runner_takes_its_steps_with_it(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    await stage.pass_time(battle, timedelta(hours=2))
    await stage.score(battle, rows=[])
    assert (await stage.told(battle))[-4:] == ["running", "grace", "audit", "BattleFinalised"]
    assert await stage.act() == 0
    assert await stage.sql("select * from due") == []


async def test_a_result_without_its_hash_is_parked_and_not_published(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    await stage.pass_time(battle, timedelta(hours=2))
    await stage.score(battle, result_hash="0" * 64, rows=[])
    assert problem(await stage.call(ada, "GET", f"/{battle['id']}/result")) == (404, "result-not-ready")
    async with stage.units.begin(read_only=True) as uow:
        (parked,) = await parking.listing(uow)
    assert "ResultDamaged" in str(parked)


async def test_a_result_of_a_battle_that_is_not_here_is_parked(stage: Any) -> None:
    await stage.score({"id": str(uuid4())}, rows=[])
    async with stage.units.begin(read_only=True) as uow:
        (parked,) = await parking.listing(uow)
    assert "BattleNotFound" in str(parked)


async def test_a_result_of_a_battle_that_was_called_off_changes_nothing(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    for who in (ada, ben):
        await stage.call(who, "DELETE", f"/{battle['id']}/participants/me")
    await stage.score(battle, rows=[])
    seen = await stage.seen(ada, battle)
    assert (seen["phase"], seen["result_hash"], seen["cancelled_for"]) == ("cancelled", None, "everyone_left")


async def test_a_cancellation_tells_its_reason(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    await stage.call(ada, "POST", f"/{battle['id']}/cancel")
    last = (await stage.events(battle))[-1]
    assert isinstance(last, PhaseChanged)
    assert (last.phase.value, last.reason and last.reason.value) == ("cancelled", "owner")


async def test_a_change_waits_for_the_due_runner_instead_of_meeting_it_in_a_deadlock(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    async with stage.units.begin() as runner:
        await runner.connection.execute(text("delete from due where key = :key"), {"key": battle["id"]})
        change = asyncio.create_task(stage.call(ada, "POST", f"/{battle['id']}/cancel"))
        await asyncio.sleep(0.3)
        await move_on(runner, [battle["id"]])
    assert (await change).status_code == 200
    assert (await stage.seen(ada, battle))["phase"] == "cancelled"
    assert await stage.sql("select * from due") == []


async def test_what_is_due_by_the_clock_but_not_by_the_transaction_is_looked_at_again(stage: Any) -> None:
    battle = await stage.opened(stage.person())
    async with stage.units.begin() as runner:
        await runner.connection.execute(text("delete from due where key = :key"), {"key": battle["id"]})
        await move_on(runner, [battle["id"]])
    assert len(await stage.sql("select * from due where key = :key", key=battle["id"])) == 1
