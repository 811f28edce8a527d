"""Parked keys: what is listed while somebody replays or gives up, what breaks off between two events, and two at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from arena.chassis.bus import dead_letters, parking
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Recorded
from arena.chassis.bus.consumer import Consumer, ConsumerRunner
from arena.chassis.bus.source import LogBus
from arena.chassis.core.tasks import end
from arena.chassis.db.database import open_units
from arena.chassis.db.unit_of_work import UnitOfWork, Units
from arena.chassis.testing.databases import TestDatabase
from arena.chassis.testing.example import COUNTS, Counted, catalogue

WHY = "ValueError: one is too little"


@dataclass(slots=True)
class Parked:
    """Events 1, 2 and 3 of key `k`, parked as the first was refused; `stops` at one of them when it is replayed."""

    units: Units
    mended: bool = False
    stops: int = 0
    refuses: int = 0
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def note(self, uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        for record in records:
            if record.event.number == 1 and not self.mended:
                raise ValueError("one is too little")
            if record.event.number == self.refuses:
                raise ValueError("refused")
            if record.event.number == self.stops:
                self.stopped.set()
                await asyncio.Event().wait()
            await uow.connection.execute(text("insert into note values ('k', :number)"), {"number": record.event.number})

    @property
    def consumer(self) -> Consumer:
        return Consumer("reader.counts", COUNTS, {Counted: self.note}, attempts=1)

    async def replay(self) -> dead_letters.Replayed:
        return await dead_letters.replay(self.units, self.consumer, "k", by="root")

    async def discard(self, position: int = 1) -> dead_letters.Replayed | None:
        return await dead_letters.discard(self.units, self.consumer, "k", position, by="root", why="told")

    async def listed(self) -> list[tuple[int, str, int]]:
        async with self.units.begin(read_only=True) as uow:
            return [(row["position"], row["reason"], row["waiting"]) for row in await parking.listing(uow)]

    async def notes(self) -> list[int]:
        async with self.units.begin(read_only=True) as uow:
            return list(await uow.connection.scalars(text("select number from note order by turn")))


@pytest.fixture
async def parked(example_database: TestDatabase) -> AsyncIterator[Parked]:
    """Over the example's database."""
    writer, reader = (open_units(example_database.url(name), catalogue()) for name in ("writer", "reader"))
    async with writer.begin() as uow:
        for number in (1, 2, 3):
            uow.emit(Counted("k", number))
    made = Parked(reader)
    await ConsumerRunner(reader, made.consumer, LogBus(Bell("")).source(reader.engine, COUNTS, None)).drain()
    made.mended = True
    yield made
    await writer.engine.dispose()
    await reader.engine.dispose()


async def test_a_key_is_listed_with_its_first_event_and_how_many_wait(parked: Parked) -> None:
    assert await parked.listed() == [(1, WHY, 2)]


@pytest.mark.parametrize(("act", "gone"), [("replay", [1]), ("discard", [])])
async def test_what_breaks_off_between_two_events_stays_listed_and_is_replayed_to_its_end(
    parked: Parked, act: str, gone: list[int]
) -> None:
    parked.stops = 2
    acting = asyncio.create_task(parked.replay() if act == "replay" else parked.discard())
    await parked.stopped.wait()
    await end([acting])
    [(position, reason, waiting)] = await parked.listed()
    assert (position, waiting) == (2, 1)
    assert reason.startswith("not tried yet")
    async with parked.units.begin(read_only=True) as uow:
        assert [position for _, _, position in await parking.failed(uow, "reader.counts", COUNTS.number)] == [2]
    parked.stops = 0
    assert await parked.replay() == (2, 0, None)
    assert await parked.notes() == [*gone, 2, 3]
    assert await parked.listed() == []


async def test_two_who_replay_at_once_apply_each_event_once(parked: Parked) -> None:
    done = await asyncio.gather(*(parked.replay() for _ in range(4)))
    assert sum(one.applied for one in done) == 3
    assert [one.failure for one in done] == [None] * 4
    assert await parked.notes() == [1, 2, 3]


async def test_of_two_who_give_the_same_event_up_neither_gives_up_the_next(parked: Parked) -> None:
    parked.refuses = 2
    done = await asyncio.gather(*(parked.discard() for _ in range(4)), return_exceptions=True)
    assert [type(one) for one in done if isinstance(one, BaseException)] == [dead_letters.NotTheFirst] * 3
    assert [(position, waiting) for position, _, waiting in await parked.listed()] == [(2, 1)]
    with pytest.raises(dead_letters.NotTheFirst, match="now that at 2, not that at 1"):
        await parked.discard()
