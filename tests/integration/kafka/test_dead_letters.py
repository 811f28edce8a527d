"""What became of dead letters is told to Kafka: with the original record and its place, when the broker is back, and not twice in vain."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from sqlalchemy import text

from arena.chassis.bus import dead_letters
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.consumer import Consumer as Reader
from arena.chassis.bus.consumer import ConsumerRunner
from arena.chassis.bus.kafka.dead_letters import GONE, Mirror, NotConfirmed
from arena.chassis.bus.source import LogBus
from arena.chassis.db.database import open_units
from arena.chassis.db.unit_of_work import UnitOfWork, Units
from arena.chassis.testing.databases import TestDatabase
from arena.chassis.testing.example import COUNTS, Counted, catalogue
from tests.broker.broker import Broker

pytestmark = pytest.mark.kafka
READER = "reader.counts"


async def refuse(uow: UnitOfWork, records: Any) -> None:
    """Applies no number below 10."""
    del uow
    for record in records:
        if record.event.number < 10:
            raise ValueError("too small")


def reading() -> Reader:
    return Reader(READER, COUNTS, {Counted: refuse}, attempts=1)


@pytest.fixture
async def units(example_database: TestDatabase) -> AsyncIterator[Units]:
    """The reader's, with one event parked and one behind it."""
    writer, made = (open_units(example_database.url(name), catalogue()) for name in ("writer", "reader"))
    async with writer.begin() as uow:
        uow.emit(Counted("k", 1))
        uow.emit(Counted("k", 12))
    await ConsumerRunner(made, reading(), LogBus(Bell("")).source(made.engine, COUNTS, None)).step()
    yield made
    await writer.engine.dispose()
    await made.engine.dispose()


def mirror(units: Units, bootstrap: str, prefix: str) -> Mirror:
    config = {"bootstrap.servers": bootstrap, "enable.metrics.push": False, "log_level": 0}
    return Mirror("reader", units, config, lambda log: LogBus(Bell("")).source(units.engine, log, None), prefix=prefix)


def fresh() -> tuple[str, str]:
    """A prefix that nobody has had, and its topic of dead letters."""
    prefix = f"x{uuid4().hex}"
    return prefix, f"{prefix}.dead-letters"


def told(broker: Broker, topic: str) -> list[dict[str, Any]]:
    """The messages of the topic: key, value and headers."""
    reader = Consumer(
        {"bootstrap.servers": broker.bootstrap, "group.id": "told", "enable.metrics.push": False, "enable.auto.commit": False}
    )
    found: list[Any] = []
    try:
        end = reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=20)[1]
        reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        while len(found) < end:
            found += reader.consume(100, timeout=1)
    finally:
        reader.close()
    return [{"key": m.key(), "value": m.value(), **{n: v.decode() for n, v in m.headers()}} for m in found]


async def test_each_act_goes_to_the_topic_with_the_original_record_and_its_place(units: Units, broker: Broker) -> None:
    prefix, topic = fresh()
    broker.create(topic)
    sending = mirror(units, broker.bootstrap, prefix)
    assert await sending.step() == 1
    assert await dead_letters.discard(units, reading(), "k", 1, by="ada", why="sent by mistake") == (1, 0, None)
    assert (await sending.step(), await sending.step()) == (2, 0)
    parked, discarded, replayed = told(broker, topic)
    assert (parked["key"], parked["value"]) == (b"k", b'{"key":"k","number":1}')
    place = parked["ce_id"].rpartition("/")
    assert place[0].startswith(f"{COUNTS.name}/")
    assert (parked["ce_type"], parked["dl_act"], parked["dl_why"]) == ("Counted", "parked", "ValueError: too small")
    assert (parked["dl_consumer"], parked["dl_attempts"], "dl_by" in parked) == (READER, "1", False)
    assert (discarded["dl_act"], discarded["dl_by"], discarded["dl_why"]) == ("discarded", "ada", "sent by mistake")
    assert discarded["ce_id"] == parked["ce_id"]
    assert (replayed["dl_act"], replayed["value"]) == ("replayed", b'{"key":"k","number":12}')
    assert len({one["dl_id"] for one in (parked, discarded, replayed)}) == 3


async def test_without_a_topic_or_a_broker_the_lines_wait_and_go_out_later(units: Units, broker: Broker) -> None:
    prefix, topic = fresh()
    with pytest.raises(NotConfirmed):
        await mirror(units, "127.0.0.1:9", prefix).step()
    broker.create(topic)
    assert await mirror(units, broker.bootstrap, prefix).step() == 1
    assert [one["dl_act"] for one in told(broker, topic)] == ["parked"]


async def test_an_event_that_is_not_in_the_log_any_more_is_told_by_its_place(units: Units, broker: Broker) -> None:
    prefix, topic = fresh()
    broker.create(topic)
    async with units.begin() as uow:
        await uow.connection.execute(text("update dead_letter set position = 99"))
    await mirror(units, broker.bootstrap, prefix).step()
    [one] = told(broker, topic)
    assert (one["value"], one["arena-omitted"], one["ce_id"].rpartition("/")[2]) == (None, GONE, "99")
