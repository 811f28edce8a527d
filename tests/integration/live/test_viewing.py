"""Viewers over several processes, on a real PostgreSQL: each tells what it serves, and counts what the others told lately."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.db.database import open_units
from arena.chassis.db.unit_of_work import Units
from arena.chassis.testing.databases import TestDatabase
from arena.contracts.battle_spec import Phase
from arena.contracts.ids import BattleId
from arena.contracts.registry import LOGS, partition_of
from arena.live.names import Names
from arena.live.use_cases import Screens, Watcher
from arena.live.viewing import FORGOTTEN, FRESH, Viewing, keep_telling, take_leave
from tests.unit.live.stage import BATTLE, FakeNeighbours

OTHER = BattleId(UUID(int=2))


class Process:
    """A process that serves streams."""

    def __init__(self, units: Units) -> None:
        self.units = units
        neighbours = FakeNeighbours()
        self.screens = Screens(neighbours, Names(neighbours))
        self.viewing = Viewing(uuid4(), self.screens)
        self._open: list[tuple[BattleId, Watcher]] = []

    async def watch(self, battle: BattleId, times: int = 1) -> None:
        screen = await self.screens.open(battle, Phase.RUNNING)
        self._open += [(battle, self.screens.watch(screen)) for _ in range(times)]

    async def hang_up(self, battle: BattleId) -> None:
        screen = await self.screens.open(battle, Phase.RUNNING)
        for _, watcher in [entry for entry in self._open if entry[0] == battle]:
            self.screens.leave(screen, watcher)

    async def tell(self) -> None:
        async with self.units.begin() as uow:
            await self.viewing.tell(uow)

    async def count(self, battle: BattleId = BATTLE) -> int:
        async with self.units.begin(read_only=True) as uow:
            return await self.viewing.count(uow, battle)


@pytest.fixture
async def units(database: TestDatabase) -> AsyncIterator[Units]:
    opened = open_units(database.url("live"), Catalogue(LOGS, partition_of))
    yield opened
    await opened.engine.dispose()


@pytest.fixture
def start(units: Units) -> Callable[[], Process]:
    return lambda: Process(units)


async def age(units: Units, by: timedelta) -> None:
    """Let time pass for what was told."""
    async with units.begin() as uow:
        await uow.connection.execute(text("update viewing set seen_at = seen_at - :by"), {"by": by})


async def rows(units: Units) -> int:
    async with units.begin(read_only=True) as uow:
        return int(await uow.connection.scalar(text("select count(*) from viewing")) or 0)


async def test_a_process_counts_its_own_viewers_at_once_and_the_others_as_they_told(start: Callable[[], Process]) -> None:
    one, two = start(), start()
    await one.watch(BATTLE, 3)
    await two.watch(BATTLE, 2)
    await two.watch(OTHER)
    assert (await one.count(), await two.count()) == (3, 2)
    await two.tell()
    assert (await one.count(), await two.count()) == (5, 2)
    await one.tell()
    assert (await one.count(), await two.count()) == (5, 5)
    assert (await one.count(OTHER), await two.count(OTHER)) == (1, 1)
    await one.hang_up(BATTLE)
    assert (await one.count(), await two.count()) == (2, 5)


async def test_who_watches_no_more_is_taken_back(start: Callable[[], Process], units: Units) -> None:
    one, two = start(), start()
    for battle in (BATTLE, OTHER):
        await two.watch(battle)
    await two.tell()
    await two.hang_up(BATTLE)
    assert not two.viewing.silent
    await two.tell()
    assert (await one.count(BATTLE), await one.count(OTHER)) == (0, 1)
    await two.hang_up(OTHER)
    assert not two.viewing.silent
    await two.tell()
    assert two.viewing.silent
    assert (await one.count(OTHER), await rows(units)) == (0, 0)


async def test_the_word_of_a_process_that_is_gone_counts_for_half_a_minute_and_is_swept_later(
    start: Callable[[], Process], units: Units
) -> None:
    one, killed = start(), start()
    await killed.watch(BATTLE)
    await killed.tell()
    await age(units, FRESH - timedelta(seconds=5))
    assert await one.count() == 1
    await age(units, timedelta(seconds=6))
    assert await one.count() == 0
    await one.tell()
    assert await rows(units) == 1
    await age(units, FORGOTTEN)
    await one.tell()
    assert await rows(units) == 0


async def test_a_process_that_ends_takes_back_its_own_word_only(start: Callable[[], Process], units: Units) -> None:
    one, two, three = start(), start(), start()
    for process in (one, two):
        await process.watch(BATTLE)
        await process.tell()
    await take_leave(units, two.viewing)
    assert await three.count() == 1


async def test_processes_tell_by_themselves_every_so_often(start: Callable[[], Process], units: Units) -> None:
    one, two = start(), start()
    telling = asyncio.create_task(keep_telling(units, two.viewing, every=0.01))
    await asyncio.sleep(0.05)
    assert await rows(units) == 0
    for wanted in (1, 2):
        await two.watch(BATTLE)
        async with asyncio.timeout(5):
            while await one.count() != wanted:  # noqa: ASYNC110 - what is told is a row, which rings no bell
                await asyncio.sleep(0.01)
    telling.cancel()
    await asyncio.wait([telling])


async def test_a_database_that_is_away_stops_neither_telling_nor_the_end(start: Callable[[], Process], units: Units) -> None:
    lost = open_units(units.engine.url.set(database="nowhere"), Catalogue(LOGS, partition_of))
    process = start()
    await process.watch(BATTLE)
    telling = asyncio.create_task(keep_telling(lost, process.viewing, every=0.01))
    await asyncio.sleep(0.2)
    assert not telling.done()
    telling.cancel()
    await asyncio.wait([telling])
    await take_leave(lost, process.viewing)
    await lost.engine.dispose()
