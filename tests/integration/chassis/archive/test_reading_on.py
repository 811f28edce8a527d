"""Whoever reads the log reads on into its archive: the same events, the same order, the same barriers, from anywhere."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from arena.chassis.bus import barrier
from arena.chassis.bus.archive.archiving import Moved
from arena.chassis.bus.archive.troubles import ArchiveDamaged, ArchiveTrouble, ArchiveUnnamed, NotThere
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Recorded
from arena.chassis.bus.consumer import Consumer, ConsumerRunner
from arena.chassis.bus.source import PostgresSource
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.chassis.testing.example import COUNTS, Counted, Renamed
from tests.integration.chassis.archive.history import BEGIN, END, MONTHS, History, everything


@pytest.mark.parametrize("seed", range(4))
async def test_a_reader_sees_the_same_records_from_anywhere_however_much_is_archived(history: History, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a seeded test
    await history.happen(chance, chance.choice((5, 60, 200)), keys=chance.choice((3, 40)))
    before = await everything(history.source())
    heads = dict(await history.source().heads())
    for _ in MONTHS:
        assert isinstance(history.archive_one(), Moved)
        reader = history.source()
        assert await everything(reader, most=chance.choice((1, 16, 100, 5000))) == before
        for _ in range(3):
            after = {partition: chance.randint(0, head) for partition, head in heads.items() if chance.random() < 0.8}
            expected = [one for one in before if one.partition in after and one.position > after[one.partition]]
            assert await everything(reader, after, most=chance.choice((1, 7, 1000))) == expected
    assert history.months() == []
    assert history.ask("select count(*) from log.event") == [(0,)]


async def test_barriers_of_instants_in_archived_months_are_what_they_were(past: History) -> None:
    chance = Random(2)  # noqa: S311 - a seeded test
    stamps = [record.at for record in await everything(past.source())]
    exact = [at + timedelta(microseconds=shift) for at in chance.sample(stamps, 8) for shift in (-1, 0, 1)]
    edges = [BEGIN - timedelta(days=40), BEGIN, BEGIN + timedelta(days=31), BEGIN + timedelta(days=59), END]
    instants = [BEGIN + (END - BEGIN) * chance.random() for _ in range(10)] + exact + edges
    engine = past.reader().engine
    before = [await barrier.take(engine, COUNTS.number, at) for at in instants]
    for _ in MONTHS:
        past.archive_one()
        assert [await barrier.take(engine, COUNTS.number, at) for at in instants] == before


async def test_a_consumer_that_begins_anew_applies_every_event_once_and_in_order(past: History) -> None:
    before = [(record.key, record.type, record.position) for record in await everything(past.source())]
    past.archive()
    reader, applied = past.reader(), list[Recorded[Any]]()

    async def take(_: UnitOfWork, events: Sequence[Recorded[Any]]) -> None:
        applied.extend(events)

    consumer = Consumer("reader.counts", COUNTS, {Counted: take, Renamed: take}, batch=70)
    runner = ConsumerRunner(reader, consumer, PostgresSource(reader.engine, COUNTS.number, range(16), Bell("")))
    assert await runner.drain() == len(before)
    told = [(event.key, type(event.event).__name__, event.position) for event in sorted(applied, key=lambda e: (e.partition, e.position))]
    assert told == before


async def test_readers_that_read_while_months_leave_miss_nothing(past: History) -> None:
    before = await everything(past.source())
    archiving = asyncio.create_task(asyncio.to_thread(past.archive))
    rounds = 0
    while not archiving.done() or rounds < 3:
        assert await everything(past.source(), most=30) == before
        rounds += 1
    assert len(archiving.result()) == len(MONTHS)


async def test_a_reader_that_was_told_of_no_archive_is_refused_and_told_where_it_was(past: History) -> None:
    past.archive_one()
    with pytest.raises(ArchiveUnnamed, match=r"Events of 2025_01 are in the archive: let ARENA_ARCHIVE name it \(they were written to /"):
        await everything(past.source(archive=False))
    with pytest.raises(ArchiveUnnamed, match="2025_01"):
        await barrier.take(past.reader(archive=False).engine, COUNTS.number, BEGIN + timedelta(days=3))


@pytest.mark.parametrize("name", ["manifest.json", "writer.counts.jsonl.gz"])
async def test_a_file_that_is_missing_is_named(past: History, name: str) -> None:
    past.archive()
    (past.folder / "2025_02" / name).unlink()
    with pytest.raises(NotThere, match=f"has no 2025_02/{name}: bring it back from a copy"):
        await everything(past.source())


@pytest.mark.parametrize("name", ["manifest.json", "writer.counts.jsonl.gz"])
async def test_a_file_in_which_one_byte_is_another_is_named(past: History, name: str) -> None:
    past.archive()
    path = past.folder / "2025_03" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArchiveDamaged, match=f"is damaged: 2025_03/{name} "):
        await everything(past.source())


async def test_a_file_that_was_cut_is_named(past: History) -> None:
    past.archive()
    path = past.folder / "2025_03" / "writer.counts.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ArchiveDamaged, match=r"2025_03/writer\.counts\.jsonl\.gz has other bytes"):
        await everything(past.source())


async def test_a_consumer_waits_while_the_archive_is_away_and_goes_on_when_it_is_back(past: History) -> None:
    past.archive()
    away = past.folder.with_name("elsewhere")
    past.folder.rename(away)
    reader = past.reader()
    seen = asyncio.Event()

    async def take(_: UnitOfWork, events: Sequence[Recorded[Any]]) -> None:
        del events
        seen.set()

    consumer = Consumer("reader.counts", COUNTS, {Counted: take, Renamed: take})
    runner = ConsumerRunner(reader, consumer, PostgresSource(reader.engine, COUNTS.number, range(16), Bell("")))
    with pytest.raises(ArchiveTrouble):
        await runner.step()
    running = asyncio.create_task(runner.run())
    away.rename(past.folder)
    async with asyncio.timeout(10):
        await seen.wait()
    runner.stopping.set()
    await running
