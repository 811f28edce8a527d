"""What may go wrong around a relay: brokers, topics, the database, other relays. Nothing is lost, nothing changes its order."""

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, ResourceType
from structlog.testing import capture_logs

from arena.chassis.bus.kafka.codec import Encoded, JsonCodec, NotReady
from arena.chassis.bus.kafka.lease import Fenced, Lease, prepare
from arena.chassis.core.ids import new_id
from arena.chassis.testing.databases import TestDatabase
from arena.chassis.testing.example import COUNTS
from tests.broker.broker import Broker
from tests.integration.kafka.relaying import Ground, ground_over, until

pytestmark = pytest.mark.kafka


@pytest.fixture
async def own_ground(example_database: TestDatabase, own_broker: Broker) -> AsyncIterator[Ground]:
    async with ground_over(example_database, own_broker) as made:
        yield made


def reasons(logs: list[Any]) -> list[str]:
    return [line["reason"] for line in logs if line["event"] == "relay_waits"]


async def whole(ground: Ground, count: int) -> int:
    """See that all is in Kafka, in order and as in the log; answers how many records came again."""
    found = await ground.seen()
    assert found.holes == []
    assert len(found.records) == count
    assert sorted(found.records) == sorted(await ground.log())
    return found.again


async def test_a_broker_that_is_killed_and_started_again_costs_nothing(own_ground: Ground) -> None:
    own_ground.start(own_ground.relay(window=500))
    for _ in range(2):
        await own_ground.fill(3000)
        await until(own_ground.some_confirmed)
        await asyncio.to_thread(own_ground.broker.kill)
        await own_ground.fill(1000)
        await asyncio.to_thread(own_ground.broker.start)
    await own_ground.caught_up()
    await whole(own_ground, 8000)


async def test_a_broker_that_halts_stops_the_reading_and_the_lag_is_told(own_ground: Ground) -> None:
    relay = own_ground.start(own_ground.relay(window=200))
    await own_ground.fill(160)
    await own_ground.caught_up()
    own_ground.broker.pause()
    await own_ground.fill(16_000)
    await until(lambda: relay.lag == 16_000)
    own_ground.broker.resume()
    await own_ground.caught_up()
    assert await whole(own_ground, 16_160) == 0
    await until(lambda: relay.lag == 0)


async def test_a_relay_waits_for_a_broker_that_is_not_there_yet(own_ground: Ground) -> None:
    await asyncio.to_thread(own_ground.broker.stop)
    await own_ground.fill(160)
    with capture_logs() as logs:
        relay = own_ground.start(own_ground.relay())
        await until(lambda: reasons(logs))
        await until(lambda: relay.lag == 160)
    assert reasons(logs)[0].startswith("No broker of ARENA_KAFKA_BOOTSTRAP answers")
    await asyncio.to_thread(own_ground.broker.start)
    await own_ground.caught_up()
    await whole(own_ground, 160)


async def test_a_full_queue_waits_and_drops_nothing(ground: Ground) -> None:
    await ground.fill(2000)
    ground.start(ground.relay(window=7))
    await ground.caught_up()
    assert await whole(ground, 2000) == 0


async def test_a_missing_topic_and_one_with_other_partitions_are_waited_for_with_one_sentence_each(
    example_database: TestDatabase, broker: Broker
) -> None:
    async with ground_over(example_database, broker, topic=False) as ground:
        await ground.fill(160)
        with capture_logs() as logs:
            ground.start(ground.relay())
            await until(lambda: reasons(logs))
            ground.make_topic(partitions=5)
            await until(lambda: len(reasons(logs)) > 1)
            terms = await ground.terms()
            await until(lambda: ground.has_begun(terms + 3))  # two more looks, of which nothing is said
            assert reasons(logs) == [
                f"The topic {ground.topic} is not there: run `arena topics apply`.",
                f"The topic {ground.topic} has 5 partitions instead of 16: see `arena topics plan`.",
            ]
        broker.admin().create_partitions([NewPartitions(ground.topic, 16)])[ground.topic].result(20)
        await ground.caught_up()
        await whole(ground, 160)


async def test_what_a_topic_no_longer_takes_goes_without_its_value(ground: Ground) -> None:
    ground.start(ground.relay())
    await ground.emit_large(300_000)
    await ground.caught_up()
    narrower = ConfigEntry("max.message.bytes", "200000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, ground.topic, incremental_configs=[narrower])
    ground.broker.admin().incremental_alter_configs([resource])[resource].result(20)
    await ground.emit_large(300_000)
    await ground.caught_up()
    await ground.fill(160)
    await ground.caught_up()
    found = await ground.seen()
    assert (found.holes, found.omitted, len(found.records)) == ([], [(0, 2)], 161)


async def test_without_the_database_a_relay_waits_and_goes_on_where_it_was(ground: Ground) -> None:
    ground.start(ground.relay())
    await ground.fill(1600)
    await until(ground.some_confirmed)
    with capture_logs() as logs:
        async with ground.locked_out():
            await until(lambda: reasons(logs))
    await ground.fill(1600)
    await ground.caught_up()
    await whole(ground, 3200)


async def test_a_codec_that_cannot_write_yet_is_waited_for(ground: Ground) -> None:
    class Late(JsonCodec):
        ready = False

        async def prepare(self) -> None:
            if not self.ready:
                raise NotReady("The registry of schemas is not there.")

    codec = Late()
    await ground.fill(16)
    with capture_logs() as logs:
        ground.start(ground.relay(codec=codec))
        await until(lambda: reasons(logs))
    assert reasons(logs) == ["The registry of schemas is not there."]
    codec.ready = True
    await ground.caught_up()


async def test_an_event_that_breaks_the_codec_is_told_and_sent_once_that_is_mended(ground: Ground) -> None:
    class Broken(JsonCodec):
        broken = True

        def encode(self, topic: int, type_name: str, payload: str) -> Encoded:
            if self.broken:
                raise ZeroDivisionError
            return super().encode(topic, type_name, payload)

    codec = Broken()
    await ground.fill(16)
    with capture_logs() as logs:
        ground.start(ground.relay(codec=codec))
        await until(lambda: [line for line in logs if line["event"] == "relay_failed"])
    codec.broken = False
    await ground.caught_up()
    await whole(ground, 16)


async def test_a_relay_whose_lease_was_taken_changes_nothing(ground: Ground) -> None:
    await prepare(ground.units, COUNTS.number)
    first = await Lease.take(ground.units, COUNTS.number, new_id())
    assert first is not None
    await first.store({3: (5, await ground.now())})
    assert await Lease.take(ground.units, COUNTS.number, new_id()) is None
    await ground.run_out()
    second = await Lease.take(ground.units, COUNTS.number, new_id())
    assert second is not None
    assert second.since[3] == 5
    with pytest.raises(Fenced):
        await first.store({3: (9, await ground.now())})
    await first.give_back()
    await second.store({4: (1, await ground.now())})
    assert [(await ground.confirmed())[p] for p in (3, 4)] == [5, 1]


async def test_a_relay_that_is_killed_is_followed_by_another(ground: Ground) -> None:
    first = ground.start_process()
    await until(ground.holder)
    await ground.fill(8000)
    await until(ground.some_confirmed)
    first.kill()
    ground.start_process()
    await ground.fill(2000)
    await ground.caught_up()
    await whole(ground, 10_000)


async def test_a_relay_that_sleeps_past_its_lease_wakes_as_nobody(ground: Ground) -> None:
    sleeper = ground.start_process()
    await until(ground.holder)
    before = await ground.holder()
    await ground.fill(8000)
    await until(ground.some_confirmed)
    sleeper.send_signal(signal.SIGSTOP)
    ground.start_process()
    await until(lambda: ground.is_held_by_another_than(before))
    await ground.fill(5000)
    sleeper.send_signal(signal.SIGCONT)
    await ground.caught_up()
    sleeper.send_signal(signal.SIGTERM)
    said = await asyncio.to_thread(sleeper.communicate)
    assert "relay_fenced" in said[0]
    await whole(ground, 13_000)


async def test_a_log_that_was_set_back_is_not_sent_on_until_the_topic_is_empty(ground: Ground) -> None:
    first = ground.start(ground.relay())
    await ground.fill(160)
    await ground.caught_up()
    await ground.stop(first)
    ground.set_back(position=7)
    with capture_logs() as logs:
        ground.start(ground.relay())
        await until(lambda: reasons(logs))
        assert "partition 0 ends at 10, and the log ends at 7. The database was set back" in reasons(logs)[0]
        await ground.fill(160)  # the log passes what Kafka holds: the same positions are other events now
        await until(lambda: len(reasons(logs)) > 1)
        assert "ends at 10, which the log has otherwise" in reasons(logs)[1]
    await asyncio.to_thread(ground.empty_topic)
    await ground.caught_up()
    found = await ground.seen(after=7)
    assert (found.holes, len(found.records)) == ([], 160)
