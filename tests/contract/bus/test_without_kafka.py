"""Readers while Kafka, a topic of theirs or their database is away: they go on from the log, and come back to Kafka by themselves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import TopicPartition
from structlog.testing import capture_logs
from structlog.typing import EventDict

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.core.tasks import end
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.chassis.testing.databases import TestDatabase, dsn
from arena.chassis.testing.example import Counted
from tests.broker.broker import Broker
from tests.contract.bus.archived import OnArchive
from tests.contract.bus.conftest import on_kafka
from tests.contract.bus.ground import OnKafka
from tests.contract.bus.test_consumer import emit, note, notes
from tests.integration.kafka.relaying import ground_over, until

pytestmark = pytest.mark.kafka
_ONLY_THE_LOG, _KAFKA_AGAIN = "kafka_is_left_out", "kafka_is_read_again"


@asynccontextmanager
async def own_kafka(database: TestDatabase, broker: Broker) -> AsyncIterator[OnKafka]:
    """Over a broker that may be killed; readers look at Kafka every second."""
    async with ground_over(database, broker) as ground, on_kafka(ground) as kafka:
        kafka.patience = 1.0
        yield kafka


@asynccontextmanager
async def reading(kafka: OnKafka, readers: int = 1) -> AsyncIterator[list[EventDict]]:
    """So many members read; answers what is said meanwhile."""
    with capture_logs() as logs:
        running = [asyncio.create_task(kafka.runner({Counted: note}).run()) for _ in range(readers)]
        yield logs
        await end(running)


@asynccontextmanager
async def no_database(kafka: OnKafka) -> AsyncIterator[None]:
    """The reader loses its connections, and gets no others."""
    with psycopg.connect(dsn(kafka.database.admin), autocommit=True) as server:
        server.execute("alter role arena_reader nologin")
        try:
            server.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'arena_reader'")
            yield
        finally:
            server.execute("alter role arena_reader login")


async def applied(kafka: OnKafka, last: int) -> None:
    """Wait until all up to that number is applied, each once and in its order."""

    async def all_are() -> bool:
        found = (await notes(kafka)).get("a", [])
        assert found == list(range(1, len(found) + 1))
        return len(found) == last

    await until(all_are)


def said(logs: Sequence[EventDict], *wanted: str) -> list[str]:
    return [line["event"] for line in logs if line["event"] in wanted]


async def comes_over_kafka(kafka: OnKafka, number: int) -> None:
    """Append from that number on until nobody needed the log for one; now and then it is looked at beside Kafka."""
    numbers = count(number)

    async def brought() -> bool:
        kafka.from_log.clear()
        await emit(kafka, Counted("a", last := next(numbers)))
        await applied(kafka, last)
        return not kafka.from_log

    await kafka.ground.caught_up()
    await until(brought)


async def test_a_reader_that_loses_kafka_and_its_connections_goes_on_from_the_log(own_broker: Broker, example_database: Any) -> None:
    async with own_kafka(example_database, own_broker) as kafka, reading(kafka) as logs:
        await emit(kafka, Counted("a", 1))
        await applied(kafka, 1)
        await asyncio.to_thread(own_broker.kill)
        async with no_database(kafka):
            await until(lambda: said(logs, "consumer_paused"))
        await emit(kafka, Counted("a", 2))
        await applied(kafka, 2)
        assert said(logs, _ONLY_THE_LOG, _KAFKA_AGAIN) == [_ONLY_THE_LOG]
        await asyncio.to_thread(own_broker.start)
        await until(lambda: said(logs, _KAFKA_AGAIN))
        await comes_over_kafka(kafka, 3)


async def test_a_member_by_the_older_protocol_that_has_lost_everything_reads_the_log(own_broker: Broker, example_database: Any) -> None:
    async with own_kafka(example_database, own_broker) as kafka:
        kafka.config = {"group.protocol": "classic", "session.timeout.ms": 1000, "heartbeat.interval.ms": 300}
        async with reading(kafka) as logs:
            await emit(kafka, Counted("a", 1))
            await applied(kafka, 1)
            await asyncio.to_thread(own_broker.kill)
            await until(lambda: said(logs, _ONLY_THE_LOG))
            await emit(kafka, Counted("a", 2))
            await applied(kafka, 2)


async def test_members_that_start_without_kafka_share_the_log_until_it_is_there(own_broker: Broker, example_database: Any) -> None:
    async with own_kafka(example_database, own_broker) as kafka:
        await emit(kafka, Counted("a", 1))
        await kafka.ground.caught_up()
        await asyncio.to_thread(own_broker.kill)
        await emit(kafka, *(Counted("a", number) for number in range(2, 400)))
        async with reading(kafka, readers=2) as logs:
            await applied(kafka, 399)
            await asyncio.to_thread(own_broker.start)
            await until(lambda: len(said(logs, _KAFKA_AGAIN)) == 2)
            await comes_over_kafka(kafka, 400)


async def test_a_topic_that_is_deleted_under_a_reader_is_read_from_the_log_until_it_is_made_anew(kafka: OnKafka) -> None:
    kafka.patience = 1.0
    async with reading(kafka) as logs:
        await emit(kafka, Counted("a", 1))
        await applied(kafka, 1)
        kafka.ground.broker.admin().delete_topics([kafka.ground.topic])[kafka.ground.topic].result(20)
        await until(lambda: said(logs, _ONLY_THE_LOG))
        await emit(kafka, Counted("a", 2))
        await applied(kafka, 2)
        kafka.ground.make_topic()
        await until(lambda: said(logs, _KAFKA_AGAIN))
        await comes_over_kafka(kafka, 3)


async def test_a_topic_that_is_not_there_yet_is_done_without(example_database: Any, broker: Broker) -> None:
    async with ground_over(example_database, broker, topic=False) as ground, on_kafka(ground) as kafka:
        kafka.patience = 1.0
        await emit(kafka, Counted("a", 1))
        async with reading(kafka) as logs:
            await applied(kafka, 1)
            assert said(logs, "kafka_topic_missing")
            ground.make_topic()
            await until(lambda: said(logs, _KAFKA_AGAIN))
            await comes_over_kafka(kafka, 2)


async def test_whom_a_group_that_works_gives_nothing_waits(example_database: Any, broker: Broker) -> None:
    async with ground_over(example_database, broker, partitions=1) as ground, on_kafka(ground) as kafka:
        kafka.patience = 0.02
        await emit(kafka, Counted("a", 1))
        async with reading(kafka):
            await applied(kafka, 1)
            second = kafka.source()
            for _ in range(20):
                assert await second.partitions() == frozenset()
                await second.wait(0.03)


async def test_a_topic_with_other_partitions_than_planned_is_read_around(example_database: Any, broker: Broker) -> None:
    async with ground_over(example_database, broker, topic=False) as ground:
        ground.make_topic(5)
        async with on_kafka(ground) as kafka:
            kafka.patience = 0.3
            await emit(kafka, *(Counted(f"k{n % 7}", n) for n in range(70)))
            assert await kafka.runner({Counted: note}).drain() == 70
            assert await notes(kafka) == {f"k{k}": list(range(k, 70, 7)) for k in range(7)}


async def test_a_reader_whose_database_is_away_for_seconds_loses_and_doubles_nothing(kafka: OnKafka) -> None:
    async with reading(kafka) as logs:
        await emit(kafka, Counted("a", 1))
        await applied(kafka, 1)
        async with no_database(kafka):
            await until(lambda: any(line["event"] == "consumer_paused" and line["seconds"] > 2 for line in logs))
            await emit(kafka, *(Counted("a", number) for number in range(2, 200)))
            await kafka.ground.caught_up()
        await applied(kafka, 199)
        await comes_over_kafka(kafka, 200)


async def test_what_neither_the_topic_nor_the_log_has_any_longer_is_read_from_the_archive(
    example_database: TestDatabase, broker: Broker, tmp_path: Path
) -> None:
    archived = OnArchive.into(tmp_path / "archive", example_database)
    async with ground_over(example_database, broker) as ground:
        kafka = OnKafka(example_database, archived.writer, archived.reader, ground.bell, ground, ground.start(ground.relay()))
        archived.writer.on_append = ground.bell.ring
        await emit(kafka, *(Counted(f"k{n % 7}", n) for n in range(70)))
        await ground.caught_up()
        await asyncio.to_thread(archived.archive_all)
        for future in broker.admin().delete_records([TopicPartition(ground.topic, number, -1) for number in range(16)]).values():
            future.result(20)
        with psycopg.connect(dsn(example_database.admin)) as server:
            assert server.execute("select count(*) from log.event").fetchone() == (0,)
        await emit(kafka, *(Counted(f"k{n % 7}", n) for n in range(70, 140)))
        assert await kafka.runner({Counted: note}).drain() == 140
        assert await notes(kafka) == {f"k{k}": list(range(k, 140, 7)) for k in range(7)}
        await kafka.close()


async def test_a_stamp_that_lies_in_the_future_comes_as_it_stands_in_the_log(kafka: OnKafka) -> None:
    found: list[tuple[int, datetime]] = []

    async def look(_uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        found.extend((record.position, record.at) for record in records)

    await kafka.ground.stop(kafka.relay)
    await emit(kafka, Counted("a", 1))
    await emit(kafka, Counted("a", 2))
    with psycopg.connect(dsn(kafka.database.admin), autocommit=True) as server:
        server.execute("update log.event set at = at + interval '1 day' where position = 1")
    stamps = [(record.position, record.at) for record in await kafka.ground.log()]
    assert stamps[0][1] > stamps[1][1] + timedelta(hours=23)
    kafka.ground.start(kafka.ground.relay())
    await kafka.ground.caught_up()
    kafka.from_log.clear()
    assert await kafka.runner({Counted: look}).drain() == 2
    assert found == stamps
