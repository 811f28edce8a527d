"""Transactions of scoring side by side: locks in one order, starts that see the facts beside them, effects once whatever is killed."""

import asyncio
import contextlib
from datetime import timedelta
from random import Random

import psycopg
import pytest
from sqlalchemy import text

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.testing.databases import TestDatabase, dsn
from arena.contracts.battle_spec import Phase
from arena.contracts.ids import BattleId
from arena.scoring.storage import battles
from arena.scoring.use_cases.battles import BattleKeeper
from arena.scoring.use_cases.ledger import LedgerKeeper
from arena.scoring.use_cases.scorekeeping import Scorekeeper
from tests.integration.scoring.ground import Ground
from tests.integration.scoring.stories import Cast, Match, Tale

HOUR = timedelta(hours=1)


async def two_battles(ground: Ground) -> list[BattleId]:
    """Two battles that scoring knows, by id."""
    cast = Cast(Random(1), await ground.now())  # noqa: S311 - a seeded test
    start = await ground.now()
    matches = [Match.between(cast, cast.person().user, start, start + HOUR) for _ in range(2)]
    await ground.append(*(match.opened() for match in matches))
    await ground.drain()
    return sorted(match.id for match in matches)


@pytest.mark.parametrize("backwards", [False, True])
async def test_whoever_waits_for_the_first_battle_holds_no_later_one(ground: Ground, *, backwards: bool) -> None:
    """So two that want the same battles never wait for each other, in whichever order they name them."""
    first, second = await two_battles(ground)
    async with ground.scoring.engine.begin() as holder:
        await holder.execute(text("select from battle where battle_id = :first for update"), {"first": first})

        async def lock_both() -> None:
            async with ground.scoring.begin() as uow:
                await battles.lock_battles(uow, [second, first] if backwards else [first, second])

        waiting = asyncio.create_task(lock_both())
        await until_somebody_waits(ground)
        async with ground.scoring.engine.begin() as other:
            await other.execute(text("select from battle where battle_id = :second for update nowait"), {"second": second})
    await waiting


async def test_batches_that_name_battles_in_opposite_orders_do_not_deadlock(ground: Ground) -> None:
    first, second = await two_battles(ground)

    async def lock(order: list[BattleId]) -> None:
        async with ground.scoring.begin() as uow:
            assert list(await battles.lock_battles(uow, order)) == [first, second]
            await asyncio.sleep(0.002)

    await asyncio.gather(*(lock([first, second] if number % 2 else [second, first]) for number in range(40)))


async def test_a_start_waits_for_the_facts_beside_it_and_counts_them(ground: Ground) -> None:
    """Without that, the fact would find no running battle and the start no fact: it would be missing until somebody logs again."""
    cast = Cast(Random(2), await ground.now())  # noqa: S311 - a seeded test
    ann, bob = cast.person(), cast.person()
    await ground.append(ann.created(), bob.created())
    start = await ground.now() + timedelta(milliseconds=10)
    match = Match.between(cast, ann.user, start, start + HOUR)
    await ground.append(match.opened(), ann.joined(match), bob.joined(match))
    await ground.drain()
    now = await ground.now()
    keeper = Scorekeeper()
    fact = Recorded(Tale(cast).log(ann, start), 0, 1, now, str(ann.user))
    begins = Recorded(match.moved(Phase.RUNNING), 0, 1, now, str(match.id))

    async def begin() -> None:
        async with ground.scoring.begin() as uow:
            await BattleKeeper(keeper).follow(uow, [begins])

    async with ground.scoring.begin() as uow:
        await LedgerKeeper(keeper).ingest(uow, [fact])
        starting = asyncio.create_task(begin())
        await asyncio.wait([starting], timeout=0.3)
    await starting
    assert (await ground.standings(match.id))[str(ann.user)] == (1, 10)


async def test_runners_that_are_killed_at_random_points_lose_and_double_nothing(ground: Ground, database: TestDatabase) -> None:
    """Their server processes are ended in the midst of transactions, again and again, while facts keep coming."""
    chance = Random(11)  # noqa: S311 - a seeded test
    cast = Cast(chance, await ground.now())
    people = [cast.person() for _ in range(8)]
    await ground.append(*(person.created() for person in people))
    start = await ground.now() + timedelta(milliseconds=10)
    match = Match.between(cast, people[0].user, start, start + HOUR)
    await ground.append(match.opened(), *(person.joined(match) for person in people), match.moved(Phase.RUNNING))
    tale = Tale(cast)
    running = [asyncio.create_task(runner.run()) for runner in ground.runners.values()]
    with psycopg.connect(dsn(database.admin), autocommit=True) as admin:
        for step in range(160):
            await ground.append(tale.log(chance.choice(people), start + timedelta(seconds=step)))
            if step % 8 == 0:
                await asyncio.sleep(chance.uniform(0, 0.02))
                admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'arena_scoring'")
    for task in running:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    ground.restart()
    await ground.scoring.engine.dispose()
    await ground.drain()
    expected = {str(person.user): 10 * tale.counted(person, start, start + HOUR) for person in people}
    assert {user: score for user, (_, score) in (await ground.standings(match.id)).items()} == expected
    assert await ground.parked() == 0


async def until_somebody_waits(ground: Ground) -> None:
    """For a lock, in this database."""
    waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with asyncio.timeout(5):
        while not await ground.rows(waiting):  # noqa: ASYNC110 - the server has no event to wait for
            await asyncio.sleep(0.01)
