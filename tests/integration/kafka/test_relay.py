"""The relay on a real log and a real Kafka: everything, in order, with its position; and it ends politely."""

import statistics
from time import monotonic

import pytest

from arena.chassis.bus.kafka.wire import OMITTED
from arena.chassis.core.telemetry import enter_trace, leave_trace
from arena.chassis.testing.databases import TestDatabase
from tests.broker.broker import Broker
from tests.integration.kafka.relaying import Ground, ground_over, until

pytestmark = pytest.mark.kafka


async def test_what_is_in_the_log_is_in_kafka_as_it_was_and_in_order(ground: Ground) -> None:
    await ground.emit(500)
    ground.start(ground.relay())
    await ground.caught_up()
    await ground.emit(500)
    await ground.caught_up()
    found = await ground.seen()
    assert (found.again, found.holes) == (0, [])
    assert sorted(found.records) == sorted(await ground.log())
    assert len({record.headers for record in found.records} - {None}) == 0


async def test_a_message_carries_the_trace_in_which_its_event_was_appended(ground: Ground) -> None:
    token = enter_trace("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")
    await ground.emit(1)
    leave_trace(token)
    ground.start(ground.relay())
    await ground.caught_up()
    [record] = (await ground.seen()).records
    assert record.headers == '{"traceparent":"00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}'


async def test_a_relay_that_ends_politely_leaves_nothing_to_be_sent_twice(ground: Ground) -> None:
    await ground.fill(5000)
    first = ground.start(ground.relay())
    await until(ground.some_confirmed)
    await ground.stop(first)
    second = ground.start(ground.relay())
    began = monotonic()
    await ground.caught_up()
    assert monotonic() - began < 5, "the lease was not given back"
    await ground.stop(second)
    found = await ground.seen()
    assert (found.again, found.holes, len(found.records)) == (0, [], 5000)


async def test_the_bell_wakes_the_relay(ground: Ground) -> None:
    ground.start(ground.relay())
    await ground.emit(1)
    await ground.caught_up()
    took = []
    for records in range(2, 12):
        began = monotonic()
        await ground.emit(1)
        await ground.carried(records)
        took.append(monotonic() - began)
    assert statistics.median(took) < 0.3


@pytest.mark.parametrize("partitions", [1, 5])
async def test_several_partitions_of_the_log_may_share_one_of_kafka(
    example_database: TestDatabase, broker: Broker, partitions: int
) -> None:
    async with ground_over(example_database, broker, partitions=partitions) as ground:
        await ground.fill(3000)
        ground.start(ground.relay())
        await ground.caught_up()
        found = await ground.seen()
        assert (found.again, found.holes, len(found.records)) == (0, [], 3000)


async def test_a_record_too_large_for_its_topic_leaves_its_place_and_all_others_go_on(ground: Ground) -> None:
    await ground.fill(160)
    await ground.emit_large(2_000_000)
    await ground.fill(160)
    ground.start(ground.relay())
    await ground.caught_up()
    found = await ground.seen()
    assert (found.again, found.holes, found.omitted) == (0, [], [(0, 11)])
    assert len(found.records) == 320
    [message] = [message for message in found.messages if message.value() is None]
    assert (OMITTED, b"too-large") in message.headers()


async def test_a_record_just_below_what_the_topic_takes_goes_whole(ground: Ground) -> None:
    await ground.emit_large(1_040_000)
    ground.start(ground.relay())
    await ground.caught_up()
    found = await ground.seen()
    assert (found.omitted, len(found.records)) == ([], 1)
