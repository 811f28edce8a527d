"""Rows that older releases wrote into a real log are applied by today's consumer; rows of a later one park their key."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from arena.chassis.bus import parking
from arena.chassis.bus.catalogue import Recorded
from arena.chassis.bus.consumer import Consumer, ConsumerRunner
from arena.chassis.bus.dead_letters import replay
from arena.chassis.bus.source import PostgresSource
from arena.chassis.db.database import open_units
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.chassis.testing.releases import RELEASES, catalogue_of, log_of


async def note(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
    for record in records:
        await uow.connection.execute(
            text("insert into note values (:key, :number)"), {"key": record.event.key, "number": record.event.thousandths}
        )


async def write(example: Any, release: int, *numbers: int) -> None:
    """Append as that release does."""
    units = open_units(example.database.url("writer"), catalogue_of(release), pool_size=1)
    async with units.begin() as uow:
        for number in numbers:
            uow.emit(RELEASES[release - 1](f"k{number % 3}", number))
    await units.engine.dispose()


def reading(example: Any, release: int) -> ConsumerRunner:
    """The consumer of that release."""
    units = open_units(example.database.url("reader"), catalogue_of(release), pool_size=2)
    log, event = log_of(release), RELEASES[release - 1]
    source = PostgresSource(units.engine, log.number, range(16), example.bell)
    return ConsumerRunner(units, Consumer("reader.counts", log, {event: note}), source)


async def notes(example: Any) -> list[tuple[str, int]]:
    async with example.reader.begin(read_only=True) as uow:
        return [(row.key, row.number) for row in await uow.connection.execute(text("select key, number from note order by turn"))]


async def test_todays_consumer_applies_the_rows_of_all_releases_in_the_order_of_each_key(example: Any) -> None:
    await write(example, 1, *range(30))
    await write(example, 2, *range(30, 60))
    await write(example, 3, *range(60, 90))
    runner = reading(example, 3)
    assert await runner.drain() == 90
    found = await notes(example)
    for k in range(3):
        expected = [n * 1000 if n < 30 else n for n in range(k, 90, 3)]
        assert [number for key, number in found if key == f"k{k}"] == expected
    await runner.units.engine.dispose()


async def test_a_later_version_parks_its_key_until_a_release_that_knows_it_takes_it_up(example: Any) -> None:
    await write(example, 3, 6)
    older, newer = reading(example, 2), reading(example, 3)
    await write(example, 2, 9, 10)
    await older.drain()
    assert await notes(example) == [("k1", 10)]
    async with older.units.begin(read_only=True) as uow:
        [letter] = await parking.listing(uow)
    assert (letter["key"], letter["type"], letter["waiting"]) == ("k0", "Measured.v3", 1)
    assert "a version that this release does not know (it knows Measured, Measured.v2)" in letter["reason"]
    replayed = await replay(newer.units, newer.consumer, "k0", by="ada")
    assert (replayed.applied, await notes(example)) == (2, [("k1", 10), ("k0", 6), ("k0", 9)])
    for runner in (older, newer):
        await runner.units.engine.dispose()
