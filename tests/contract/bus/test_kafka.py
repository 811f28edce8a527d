"""What Kafka may do to a log, and what its reader makes of it: nothing is lost, nothing comes twice, nothing foreign counts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from typing import Any

import psycopg
import pytest
from confluent_kafka import Producer, TopicPartition
from sqlalchemy import text
from structlog.testing import capture_logs

from arena.chassis.bus import positions
from arena.chassis.bus.catalogue import Recorded
from arena.chassis.bus.consumer import Handler
from arena.chassis.bus.tail import Tail
from arena.chassis.core.tasks import end
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.chassis.testing.databases import dsn
from arena.chassis.testing.example import COUNTS, Counted, catalogue, partition_of
from tests.contract.bus.ground import OnKafka
from tests.contract.bus.test_consumer import emit, note, notes
from tests.integration.kafka.relaying import until

pytestmark = pytest.mark.kafka


def produce(kafka: OnKafka, key: str, value: bytes | None, *headers: tuple[str, bytes]) -> None:
    """Write where the events of key `a` go, as whoever may write to the topic."""
    producer = Producer({"bootstrap.servers": kafka.ground.broker.bootstrap, "enable.metrics.push": False})
    producer.produce(kafka.ground.topic, value, key, partition_of("a"), headers=list(headers))
    assert producer.flush(20) == 0


def headers(position: int, **others: bytes) -> list[tuple[str, bytes]]:
    """Those of an event of key `a` at a position."""
    named = {"ce_id": f"{COUNTS.name}/{partition_of('a')}/{position}".encode(), "ce_type": b"Counted", "ce_time": b"2026-11-21T12:00:00Z"}
    return list((named | others).items())


async def stop_relay(kafka: OnKafka) -> None:
    await kafka.ground.caught_up()
    await kafka.ground.stop(kafka.relay)


async def test_what_the_topic_has_lost_is_read_from_the_log(kafka: OnKafka) -> None:
    await emit(kafka, *(Counted(f"k{n % 7}", n) for n in range(70)))
    await kafka.ground.caught_up()
    ends = [TopicPartition(kafka.ground.topic, number, -1) for number in range(16)]
    for future in kafka.ground.broker.admin().delete_records(ends).values():
        future.result(20)
    await emit(kafka, *(Counted(f"k{n % 7}", n) for n in range(70, 140)))
    runner = kafka.runner({Counted: note})
    assert await runner.drain() == 140
    assert await notes(kafka) == {f"k{k}": list(range(k, 140, 7)) for k in range(7)}


async def test_a_topic_that_was_deleted_and_made_anew_changes_nothing(kafka: OnKafka) -> None:
    runner = kafka.runner({Counted: note})
    await emit(kafka, Counted("a", 1), Counted("a", 2))
    assert await runner.drain() == 2
    admin = kafka.ground.broker.admin()
    admin.delete_topics([kafka.ground.topic])[kafka.ground.topic].result(20)
    await until(lambda: kafka.ground.topic not in kafka.ground.broker.topics())
    await emit(kafka, Counted("a", 3))
    kafka.ground.make_topic()
    await emit(kafka, Counted("a", 4))
    running = asyncio.create_task(runner.run())
    await until(lambda: seen_by(kafka, "a", [1, 2, 3, 4]))
    await end([running])


async def seen_by(kafka: OnKafka, key: str, numbers: list[int]) -> bool:
    return (await notes(kafka)).get(key) == numbers


async def test_what_the_relay_does_not_bring_is_read_from_the_log_after_a_while(kafka: OnKafka) -> None:
    kafka.patience = 0.3
    await stop_relay(kafka)
    await emit(kafka, *(Counted("a", n) for n in range(5)))
    running = asyncio.create_task(kafka.runner({Counted: note}).run())
    await until(lambda: seen_by(kafka, "a", [0, 1, 2, 3, 4]))
    await end([running])


async def test_messages_of_others_are_passed_over(kafka: OnKafka) -> None:
    await emit(kafka, Counted("a", 1))
    await stop_relay(kafka)
    good = b'{"key":"a","number":66}'
    produce(kafka, "a", good)
    produce(kafka, "a", good, ("ce_id", b"\xff\xfe"))
    produce(kafka, "a", good, *headers(2, ce_id=b"other.log/3/2"))
    produce(kafka, "a", good, *headers(2, ce_id=f"{COUNTS.name}/{(partition_of('a') + 1) % 16}/2".encode()))
    produce(kafka, "a", good, *headers(2, ce_time=b"yesterday"))
    produce(kafka, "a", good, *headers(2, ce_type=b""))
    produce(kafka, "a", good, *headers(1))
    produce(kafka, "a", good, *headers(10**12))
    await emit(kafka, Counted("a", 2))
    kafka.ground.start(kafka.ground.relay())
    assert await kafka.runner({Counted: note}).drain() == 2
    assert await notes(kafka) == {"a": [1, 2]}


async def test_what_comes_twice_counts_once_whatever_its_place_in_the_topic(kafka: OnKafka) -> None:
    await emit(kafka, Counted("a", 1))
    await stop_relay(kafka)
    produce(kafka, "a", b'{"key":"a","number":66}', *headers(1))
    await emit(kafka, Counted("a", 2))
    kafka.ground.start(kafka.ground.relay())
    assert await kafka.runner({Counted: note}).drain() == 2
    assert await notes(kafka) == {"a": [1, 2]}


async def test_a_value_that_cannot_be_decoded_is_read_from_the_log(kafka: OnKafka) -> None:
    await emit(kafka, Counted("a", 1))
    await stop_relay(kafka)
    await emit(kafka, Counted("a", 2))
    produce(kafka, "a", b"\0\0\0\0\7rubbish", *headers(2))
    assert await kafka.runner({Counted: note}).drain() == 2
    assert await notes(kafka) == {"a": [1, 2]}


@asynccontextmanager
async def at_work(kafka: OnKafka, handler: Handler) -> AsyncIterator[Callable[[list[int]], Awaitable[None]]]:
    """A reader that has applied an event of key `a` and knows no more of Kafka than the test writes there; waits for what is noted."""
    running = asyncio.create_task(kafka.runner({Counted: handler}).run())
    await emit(kafka, Counted("a", 1))
    await until(lambda: applied_up_to(kafka, 1))
    await stop_relay(kafka)

    async def noted(numbers: list[int]) -> None:
        await until(lambda: end_or_seen(kafka, running, numbers))
        assert not running.done()

    try:
        yield noted
    finally:
        await end([running])


async def end_or_seen(kafka: OnKafka, running: asyncio.Task[None], numbers: list[int]) -> bool:
    return running.done() or await seen_by(kafka, "a", numbers)


async def applied_up_to(kafka: OnKafka, position: int) -> bool:
    async with kafka.reader.begin(read_only=True) as uow:
        return (await positions.read(uow, "reader.counts", COUNTS.number)).get(partition_of("a")) == position


async def parked(kafka: OnKafka) -> list[tuple[int, str]]:
    async with kafka.reader.begin(read_only=True) as uow:
        rows = await uow.connection.execute(text("select position, payload from parked order by position"))
        return [(row.position, row.payload) for row in rows]


GOOD = b'{"key":"a","number":2}'


@pytest.mark.parametrize(
    ("key", "value", "others"),
    [
        pytest.param("a", b'{"key":"a","number":\xff}', {}, id="no UTF-8"),
        pytest.param("a", GOOD + b"\0", {}, id="a NUL in the value"),
        pytest.param("a", b'{"key":"\\u0000","number":2}', {}, id="an escaped NUL in the value"),
        pytest.param("a", b'{"key":"a","number":"two"}', {}, id="a value that does not fit"),
        pytest.param("a", GOOD, {"traceparent": b'a"b'}, id="a trace that is none"),
        pytest.param("a\0", b'{"number":2}', {}, id="a NUL in the key"),
        pytest.param("a", GOOD, {"ce_type": b"Counted\0"}, id="a NUL in the type"),
    ],
)
async def test_a_broken_message_in_the_place_of_an_event_changes_nothing(
    kafka: OnKafka, key: str, value: bytes, others: dict[str, bytes]
) -> None:
    async with at_work(kafka, note) as noted:
        await emit(kafka, Counted("a", 2))
        produce(kafka, key, value, *headers(2, **others))
        await noted([1, 2])
        await emit(kafka, Counted("a", 3))
        produce(kafka, "a", b'{"key":"a","number":3}', *headers(3))
        await noted([1, 2, 3])
        assert await parked(kafka) == []


async def test_a_broken_message_in_a_place_that_the_log_has_not_reached_is_dropped(kafka: OnKafka) -> None:
    with capture_logs() as logs:
        async with at_work(kafka, note) as noted:
            produce(kafka, "a", b"\xff", *headers(2))
            produce(kafka, "a", b"\xff", *headers(3))
            await until(lambda: "not-in-the-log" in [line.get("reason") for line in logs])
            await emit(kafka, Counted("a", 2), Counted("a", 3))
            await noted([1, 2, 3])
            assert await parked(kafka) == []


async def test_what_is_parked_is_what_the_log_has(kafka: OnKafka) -> None:
    async def choosy(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        if any(record.event.number == 2 for record in records):
            raise ValueError("two is too much")
        await note(uow, records)

    async with at_work(kafka, choosy):
        for position, number in ((2, 2), (3, 3)):
            await emit(kafka, Counted("a", number))
            produce(kafka, "a", b'{"key":"a","number":"x"}', *headers(position))
            await until(partial(applied_up_to, kafka, position))
    assert await parked(kafka) == [(2, '{"key":"a","number":2}'), (3, '{"key":"a","number":3}')]


async def test_an_event_that_is_too_large_for_kafka_is_read_from_the_log(kafka: OnKafka) -> None:
    found: list[int] = []

    async def measure(_uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        found.extend(record.position for record in records)

    await kafka.ground.emit_large(2_000_000)
    await kafka.ground.emit_large(10)
    assert await kafka.runner({Counted: measure}).drain() == 2
    assert found == [1, 2]


async def test_a_database_that_was_restored_to_yesterday_is_applied_again_from_the_log(kafka: OnKafka) -> None:
    await emit(kafka, *(Counted("a", n) for n in range(6)))
    running = asyncio.create_task(kafka.runner({Counted: note}).run())
    await until(lambda: seen_by(kafka, "a", list(range(6))))
    async with kafka.reader.begin() as uow:
        await uow.connection.execute(text("delete from note where number >= 2"))
        await uow.connection.execute(text("update applied set position = 2 where position > 2"))
    await emit(kafka, Counted("a", 6))
    await until(lambda: seen_by(kafka, "a", list(range(7))))
    await end([running])


async def test_a_future_that_the_restored_log_never_had_is_not_applied(kafka: OnKafka) -> None:
    """The log is set back and grows otherwise, while Kafka still holds what was there before, and a reader had not read that far."""
    await emit(kafka, Counted("a", 1), Counted("a", 2))
    await kafka.ground.caught_up()
    await emit(kafka, Counted("a", 66), Counted("a", 67))
    await stop_relay(kafka)
    with psycopg.connect(dsn(kafka.database.admin), autocommit=True) as server:
        server.execute("delete from log.event where topic = 1 and position > 2")
        server.execute("update log.head set position = 2 where topic = 1 and position > 2")
    kafka.patience = 0.5
    running = asyncio.create_task(kafka.runner({Counted: note}).run())
    await until(lambda: seen_by(kafka, "a", [1, 2]))
    await emit(kafka, Counted("a", 3), Counted("a", 4), Counted("a", 5))
    await until(lambda: seen_by(kafka, "a", [1, 2, 3, 4, 5]))
    await asyncio.to_thread(kafka.ground.empty_topic)
    kafka.ground.start(kafka.ground.relay())
    await emit(kafka, Counted("a", 6))
    await until(lambda: seen_by(kafka, "a", [1, 2, 3, 4, 5, 6]))
    await end([running])


async def test_members_come_and_go_and_every_event_takes_effect_once(kafka: OnKafka) -> None:
    """A member works on a batch while its partitions are given to another."""
    at_work, go_on = asyncio.Event(), asyncio.Event()

    async def slow(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        at_work.set()
        await go_on.wait()
        await note(uow, records)

    await emit(kafka, *(Counted(f"k{n % 7}", n) for n in range(700)))
    first, second = kafka.runner({Counted: slow}, batch=10), kafka.runner({Counted: note}, batch=10)
    running = [asyncio.create_task(first.run())]
    await at_work.wait()
    running.append(asyncio.create_task(second.run()))
    await until(lambda: second.cursors)
    go_on.set()
    await until(lambda: applied(kafka, 700))
    first.stopping.set()
    await running[0]
    await emit(kafka, *(Counted(f"k{n % 7}", n) for n in range(700, 770)))
    await until(lambda: applied(kafka, 770))
    await end(running)
    assert await notes(kafka) == {f"k{k}": list(range(k, 770, 7)) for k in range(7)}


async def test_who_has_more_than_can_be_applied_gives_up_partitions_and_then_fetches_again(kafka: OnKafka) -> None:
    at_work, go_on, many = asyncio.Event(), asyncio.Event(), 25_000  # many more than it may hold

    async def note_later_ones(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        await note(uow, [record for record in records if record.event.number >= many])

    async def stuck(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        at_work.set()
        await go_on.wait()
        await note_later_ones(uow, records)

    async def fetched() -> bool:
        """Whether what is emitted now comes over Kafka; where fetching stood still, it comes from the log."""
        kafka.from_log.clear()
        before = sum(map(len, (await notes(kafka)).values()))
        await emit(kafka, *(Counted(f"k{n % 7}", n) for n in range(many, many + 7)))
        await until(lambda: applied(kafka, before + 7))
        return not kafka.from_log

    await emit(kafka, *(Counted(f"k{n % 7}", n) for n in range(many)))
    await kafka.ground.caught_up()
    first, second = kafka.runner({Counted: stuck}, batch=2000), kafka.source("reader.counts")
    running = [asyncio.create_task(first.run())]
    await at_work.wait()
    await until(second.partitions)
    await second.close()
    go_on.set()
    await until(lambda: sum(first.cursors.values()) == many)
    await until(fetched, seconds=30)
    await end(running)


async def test_what_was_given_to_a_member_that_does_nothing_is_taken_on(kafka: OnKafka) -> None:
    """As to one that was killed, for as long as its session has not ended."""
    idle, runner = kafka.source("reader.counts"), kafka.runner({Counted: note})
    await until(idle.partitions)
    running = [asyncio.create_task(runner.run())]
    await until(lambda: runner.cursors)
    began = monotonic()
    await emit(kafka, *(Counted(f"k{n % 30}", n) for n in range(300)))
    await until(lambda: applied(kafka, 300))
    assert monotonic() - began > 2, "only what stood still from one look to the next"
    assert await idle.partitions(), "the other lives and has its partitions, or this shows nothing"
    await end(running)
    assert await notes(kafka) == {f"k{k}": list(range(k, 300, 30)) for k in range(30)}


async def test_what_somebody_is_at_work_at_is_left_to_him(kafka: OnKafka) -> None:
    await positions.load(kafka.reader, "reader.counts", COUNTS.number, range(3))
    async with kafka.reader.begin() as at_work:
        await positions.lock(at_work, "reader.counts", COUNTS.number, [1])
        assert await positions.load_idle(kafka.reader, "reader.counts", COUNTS.number, range(4)) == {0: 0, 2: 0, 3: 0}
    assert await positions.load_idle(kafka.reader, "reader.counts", COUNTS.number, [1]) == {1: 0}


async def applied(kafka: OnKafka, number: int) -> bool:
    return sum(map(len, (await notes(kafka)).values())) >= number


async def test_whoever_reads_without_a_group_is_told_everything_from_now_on(kafka: OnKafka) -> None:
    told: list[int] = []

    async def follow(records: Sequence[Recorded[Any]]) -> None:
        told.extend(record.event.number for record in records)

    await emit(kafka, *(Counted("a", n) for n in range(5)))
    tails = [Tail(COUNTS.number, kafka.source(None), catalogue(), follow) for _ in range(2)]
    for tail in tails:
        await tail.start()
    await emit(kafka, *(Counted("a", n) for n in range(5, 9)))
    running = [asyncio.create_task(tail.run()) for tail in tails]
    await until(lambda: len(told) >= 8)
    await end(running)
    assert sorted(told) == [5, 5, 6, 6, 7, 7, 8, 8]


@pytest.mark.parametrize("in_the_log", [True, False], ids=["in-the-log", "beyond-it"])
async def test_a_view_reads_a_broken_copy_from_the_log(kafka: OnKafka, *, in_the_log: bool) -> None:
    told: list[int] = []

    async def follow(records: Sequence[Recorded[Any]]) -> None:
        told.extend(record.event.number for record in records)

    kafka.patience = 0.3
    tail = Tail(COUNTS.number, kafka.source(None), catalogue(), follow)
    await tail.start()
    running = asyncio.create_task(tail.run())
    await emit(kafka, Counted("a", 1))
    await until(lambda: told == [1])
    await stop_relay(kafka)
    if in_the_log:
        await emit(kafka, Counted("a", 2))
    with capture_logs() as logs:
        produce(kafka, "a", b'{"key":"a","number":"two"}', *headers(2))
        await until(lambda: told == [1, 2] if in_the_log else any(said.get("reason") == "not-in-the-log" for said in logs))
    if not in_the_log:
        await emit(kafka, Counted("a", 2))
    await emit(kafka, Counted("a", 3))
    await until(lambda: told == [1, 2, 3])
    await end([running])


async def test_older_brokers_are_spoken_to_in_the_older_protocol_of_groups(kafka: OnKafka) -> None:
    kafka.config = {"group.protocol": "classic"}
    await emit(kafka, *(Counted(f"k{n % 7}", n) for n in range(70)))
    assert await kafka.runner({Counted: note}).drain() == 70
