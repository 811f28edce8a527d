"""Declarations that meet one another, people and due times at the same moment."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from arena.battles.use_cases.moving_on import move_on
from tests.integration.battles.conftest import declaration_body, expect


async def test_of_many_first_words_of_one_resource_at_once_one_makes_the_battle(stage: Any) -> None:
    for uid in ("a", "b", "c"):
        answers = await asyncio.gather(*(stage.put(uid, declaration_body()) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [*[200] * 7, 201]
        assert len({answer.json()["battle_id"] for answer in answers}) == 1
    assert len(await stage.sql("select 1 from battle")) == 3
    assert len(await stage.records()) == 3


async def test_of_many_generations_at_once_the_newest_stands(stage: Any, problem: Any) -> None:
    await stage.declared()
    bodies = [declaration_body(generation=number, scoring={"points": number}) for number in (5, 2, 4, 3, 6)]
    answers = await asyncio.gather(*(stage.put("uid-1", body) for body in bodies))
    assert {problem(answer) for answer in answers if answer.status_code != 200} <= {(409, "declaration-stale")}
    assert answers[-1].status_code == 200
    assert (await stage.look("uid-1"))["generation"] == 6
    (row,) = await stage.sql("select spec from battle")
    assert row.spec["scoring"]["points"] == 6


async def test_players_named_at_once_by_two_generations_are_those_of_the_newer(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    for number in range(1, 5):
        uid = f"uid-{number}"
        await stage.declared(uid)
        await asyncio.gather(
            stage.put(uid, declaration_body(generation=2, players=[ada.email])),
            stage.put(uid, declaration_body(generation=3, players=[ben.email])),
        )
        invited = await stage.sql(
            "select user_id from invitation i join declaration d on d.battle_id = i.battle_id where d.uid = :uid", uid=uid
        )
        assert [row.user_id for row in invited] == [ben.id]


async def test_a_change_beside_those_who_join_loses_nobody(stage: Any) -> None:
    people = [stage.person() for _ in range(6)]
    held = await stage.declared(invite_only=False)
    battle = {"id": held["battle_id"]}
    changes = [declaration_body(generation=number, invite_only=False, scoring={"points": number}) for number in range(2, 6)]
    answers = await asyncio.gather(
        *(stage.joined(who, battle, invite=None) for who in people), *(stage.put("uid-1", body) for body in changes)
    )
    assert [answer.status_code for answer in answers[:6]] == [201] * 6
    seen = await stage.look("uid-1")
    assert (seen["joined"], seen["generation"]) == (6, 5)


async def test_a_change_waits_for_the_due_start_and_comes_too_late(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    held = await stage.declared(invite_only=False)
    battle = {"id": held["battle_id"]}
    for who in (ada, ben):
        expect(await stage.joined(who, battle, invite=None), 201)
    await stage.pass_time(battle, timedelta(days=3650))
    async with stage.units.begin() as runner:
        await runner.connection.execute(text("delete from due where key = :key"), {"key": battle["id"]})
        change = asyncio.create_task(stage.put("uid-1", declaration_body(generation=2, invite_only=False, name="Late")))
        await asyncio.sleep(0.3)
        assert not change.done()
        await move_on(runner, [battle["id"]])
    assert problem(await change) == (409, "already-running")
    assert (await stage.told(battle)).count("running") == 1


async def test_declaring_what_is_so_already_waits_for_nobody(stage: Any) -> None:
    held = await stage.declared()
    async with stage.units.begin() as other:
        await other.connection.execute(text("select 1 from battle for update"))
        await other.connection.execute(text("select 1 from declaration for update"))
        again = await asyncio.wait_for(stage.put("uid-1", declaration_body()), 2)
    assert again.json() == held


async def test_a_withdrawal_beside_the_first_word_leaves_no_battle_that_nobody_knows_of(stage: Any) -> None:
    for number in range(10):
        uid = f"uid-{number}"
        put, gone = await asyncio.gather(stage.put(uid, declaration_body()), stage.withdrawn(uid, cancel=True))
        assert gone.status_code == 204
        assert put.status_code in {201, 409}
    assert await stage.sql("select 1 from battle where phase <> 'cancelled'") == []
    assert await stage.sql("select 1 from declaration where battle_id is not null") == []


async def test_withdrawals_at_once_call_off_once(stage: Any) -> None:
    held = await stage.declared()
    answers = await asyncio.gather(*(stage.withdrawn("uid-1", cancel=True) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {204}
    assert await stage.told({"id": held["battle_id"]}) == ["BattleOpened", "cancelled"]
