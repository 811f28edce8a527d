"""The log keeps its promises: gapless positions in commit order, one appender, one append a transaction, barriers that stay."""

import asyncio
import random
from collections import defaultdict
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from arena.chassis.bus import barrier
from arena.chassis.bus.source import PostgresSource, read_heads
from arena.chassis.testing.databases import dsn
from arena.chassis.testing.example import COUNTS, Counted

START = dict.fromkeys(range(16), 0)


def append(partition: int) -> Any:
    one = "array[1::smallint], array[:partition::smallint], array['a'], array['Counted'], array['{}'], cast(array[null] as text[])"
    return text(f"select log.append({one.replace(':partition', str(partition))})")


async def everything(example: Any) -> list[Any]:
    source = PostgresSource(example.reader.engine, COUNTS.number, range(16), example.bell)
    return list(await source.read(START, 1_000_000))


async def test_positions_are_gapless_and_follow_the_order_of_commits_whatever_rolls_back(example: Any) -> None:
    chance = random.Random(7)  # noqa: S311 - a seeded test
    committed: dict[str, list[int]] = defaultdict(list)

    async def write(writer: int) -> None:
        for number in range(30):
            try:
                async with example.writer.begin() as uow:
                    for key in sorted({f"{chance.randrange(40)}" for _ in range(chance.randrange(1, 5))}):
                        uow.emit(Counted(f"{writer}/{key}", number))
                    if chance.random() < 0.2:
                        raise RuntimeError("roll back")  # noqa: TRY301 - this is the rollback
                    emitted = list(uow.emitted)
                for event in emitted:
                    committed[event.key].append(event.number)
            except RuntimeError:
                pass

    await asyncio.gather(*(write(writer) for writer in range(16)))
    records = await everything(example)
    by_partition: dict[int, list[int]] = defaultdict(list)
    told: dict[str, list[int]] = defaultdict(list)
    for record in records:
        by_partition[record.partition].append(record.position)
        told[record.key].append(example.reader.catalogue.decode(COUNTS.number, record).number)
    assert all(positions == list(range(1, len(positions) + 1)) for positions in by_partition.values())
    assert told == committed


async def test_stamps_never_go_back_within_a_partition_even_if_the_clock_does(example: Any) -> None:
    await asyncio.gather(*(_emit(example, f"{n % 8}", n) for n in range(50)))
    async with await psycopg.AsyncConnection.connect(dsn(example.database.admin), autocommit=True) as connection:
        for table in ("event", "head"):  # as a clock leaves them that was an hour ahead and is right again
            await connection.execute(f"update log.{table} set at = at + interval '1 hour' where topic = 1".encode())
    await asyncio.gather(*(_emit(example, f"{n % 8}", n) for n in range(50, 100)))
    stamps: dict[int, Any] = {}
    for record in await everything(example):
        assert stamps.get(record.partition, record.at) <= record.at
        stamps[record.partition] = record.at


async def _emit(example: Any, key: str, number: int) -> None:
    async with example.writer.begin() as uow:
        uow.emit(Counted(key, number))


async def test_appenders_that_touch_the_same_partitions_in_opposite_orders_do_not_deadlock(example: Any) -> None:
    keys = [f"k{n}" for n in range(64)]

    async def write(order: list[str]) -> None:
        for number in range(10):
            async with example.writer.begin() as uow:
                for key in order:
                    uow.emit(Counted(key, number))

    await asyncio.gather(*(write(keys if n % 2 else keys[::-1]) for n in range(8)))
    assert len(await everything(example)) == 8 * 10 * 64


async def test_only_the_owner_of_a_log_appends_to_it(example: Any) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append only to the logs it owns"):
        async with example.reader.begin() as uow:
            uow.emit(Counted("a", 1))


async def test_a_stranger_reads_nothing(example: Any) -> None:
    with pytest.raises(ProgrammingError, match="does not read log"):
        await read_heads(example.writer.engine, 2)


async def test_nobody_reads_or_writes_the_tables_behind_the_functions(example: Any) -> None:
    for statement in ("select * from log.event", "update log.head set position = 7", "insert into log.topic values (9, 'x', 'y')"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with example.writer.begin() as uow:
                await uow.connection.execute(text(statement))


async def test_a_transaction_appends_once(example: Any) -> None:
    async with example.writer.engine.connect() as connection:
        await connection.execute(append(0))
        with pytest.raises(DBAPIError, match="called once a transaction"):
            await connection.execute(append(0))


async def test_an_append_refuses_an_isolation_under_which_heads_would_be_stale(example: Any) -> None:
    async with example.writer.engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        with pytest.raises(DBAPIError, match="READ COMMITTED"):
            await connection.execute(append(0))


async def test_an_append_to_a_partition_without_head_fails_instead_of_dropping_events(example: Any) -> None:
    async with example.writer.engine.connect() as connection:
        with pytest.raises(DBAPIError, match="a head row is missing"):
            await connection.execute(append(99))


async def test_a_barrier_is_the_same_whenever_it_is_asked_for(example: Any) -> None:
    await _emit(example, "a", 1)
    async with example.reader.begin() as uow:
        at = uow.now
    first = await barrier.take(example.reader.engine, COUNTS.number, at)
    for number in range(5):
        await _emit(example, "a", number)
    assert await barrier.take(example.reader.engine, COUNTS.number, at) == first
    assert sum(first.values()) == 1


async def test_what_commits_after_a_barrier_is_stamped_at_or_after_it(example: Any) -> None:
    async with example.writer.begin() as uow:
        uow.emit(Counted("a", 1))  # began before the barrier, commits after it
        async with example.reader.begin() as other:
            at = other.now
        vector = await barrier.take(example.reader.engine, COUNTS.number, at)
    [record] = await everything(example)
    assert record.at >= at
    assert record.position > vector[record.partition]


async def test_a_barrier_in_the_future_is_refused(example: Any) -> None:
    async with example.reader.begin() as uow:
        at = uow.now + timedelta(hours=1)
    with pytest.raises(DBAPIError, match="lies in the future"):
        await barrier.take(example.reader.engine, COUNTS.number, at)


async def test_events_beyond_the_prepared_months_are_kept_and_read(example: Any) -> None:
    admin = example.database.admin
    async with await psycopg.AsyncConnection.connect(dsn(admin), autocommit=True) as connection:
        await connection.execute("update log.head set at = now() + interval '2 years' where topic = 1")
    await _emit(example, "a", 1)
    assert len(await everything(example)) == 1
