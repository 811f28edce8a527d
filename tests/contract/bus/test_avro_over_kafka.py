"""Avro between the relay and its readers: what is applied is what lies in the log, whatever happens to the registry."""

import asyncio

import pytest

from arena.chassis.bus.kafka.avro import AVRO, AvroCodec
from arena.chassis.bus.kafka.codec import Codec, JsonCodec
from arena.chassis.bus.kafka.wire import JSON
from arena.chassis.db.database import open_units
from arena.chassis.testing.databases import TestDatabase
from arena.chassis.testing.example import LOGS, Counted, Renamed, catalogue
from tests.broker.broker import Broker
from tests.contract.bus.ground import OnKafka
from tests.contract.bus.test_consumer import emit, note, notes
from tests.integration.kafka.relaying import Ground, ground_over, until
from tests.registry.registry import Registry

pytestmark = [pytest.mark.kafka, pytest.mark.registry, pytest.mark.timeout(300)]  # JVMs start slowly where much else runs

ALL = {f"k{k}": list(range(k, 140, 7)) for k in range(7)}


def reading(ground: Ground, codec: Codec, name: str) -> OnKafka:
    """A reader with that codec."""
    reader = open_units(ground.database.url("reader"), catalogue(), pool_size=4)
    config: dict[str, object] = {"group.id": f"{ground.topic}.{name}"}
    return OnKafka(ground.database, ground.writer, reader, ground.bell, ground, ground.relay(), config=config, codec=codec)


async def content_types(ground: Ground) -> list[bytes]:
    """In the order in which each first occurs."""
    messages = (await ground.seen()).messages
    return list(dict.fromkeys(dict(message.headers())["content-type"] for message in sorted(messages, key=lambda one: one.timestamp())))


async def test_a_format_can_be_changed_while_all_goes_on_and_every_reader_applies_every_event_once(
    example_database: TestDatabase, broker: Broker, registry: Registry
) -> None:
    async with ground_over(example_database, broker) as ground:
        first = ground.start(ground.relay())
        await emit(reading(ground, JsonCodec(), "emits"), *(Counted(f"k{n % 7}", n) for n in range(70)))
        await ground.caught_up()
        await ground.stop(first)
        ground.start(ground.relay(codec=AvroCodec(LOGS, registry.url)))
        await emit(reading(ground, JsonCodec(), "emits"), *(Counted(f"k{n % 7}", n) for n in range(70, 140)), Renamed("k1", 1))
        await ground.caught_up()
        assert await content_types(ground) == [JSON.encode(), AVRO.encode()]
        for codec in (AvroCodec(LOGS, registry.url), JsonCodec()):  # the second one reads Avro from the log
            kafka = reading(ground, codec, type(codec).__name__)
            runner = kafka.runner({Counted: note}, name=type(codec).__name__)
            assert await runner.drain() == 141
            assert {key: sorted(set(numbers)) for key, numbers in (await notes(kafka)).items()} == ALL
            await asyncio.gather(*(source.close() for source in kafka.sources))
        assert sum(map(len, (await notes(kafka)).values())) == 2 * 140


async def test_a_relay_waits_for_a_registry_that_is_away_and_then_carries_everything(
    example_database: TestDatabase, broker: Broker, registry: Registry
) -> None:
    async with ground_over(example_database, broker) as ground:
        registry.kill()
        relay = ground.start(ground.relay(codec=AvroCodec(LOGS, registry.url)))
        await emit(reading(ground, JsonCodec(), "emits"), *(Counted(f"k{n % 7}", n) for n in range(140)))
        await until(lambda: "the registry of schemas does not answer" in relay._said[0])
        assert await ground.behind() == 140
        await asyncio.to_thread(registry.start)
        await ground.caught_up()
        found = await ground.seen()
        assert (found.again, found.holes, len(found.records)) == (0, [], 140)
        assert await content_types(ground) == [AVRO.encode()]
