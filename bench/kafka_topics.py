"""A broker for measurements, and records in its topics as the relay writes them: by the relay's own producer."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from confluent_kafka.admin import NewTopic

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.kafka.codec import JsonCodec
from arena.chassis.bus.kafka.sending import Route, Sending
from arena.chassis.bus.kafka.wire import topic_of
from arena.chassis.db.provision import PARTITIONS, LogDefinition
from bench.figures import CannotMeasure
from tests.broker.broker import Broker
from tools import kafka

_AT_ONCE: Final = 5000


@contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """A real one, of this machine.

    Raises:
        CannotMeasure: Java or Maven is missing.
    """
    try:
        kafka.build()
    except kafka.KafkaNotHere as missing:
        raise CannotMeasure(f"{missing}") from missing
    made = Broker(folder)
    made.start()
    try:
        yield made
    finally:
        made.kill()


def carry(to: Broker, log: LogDefinition, records: Iterable[RawRecord]) -> int:
    """Make the log's topic and send records there, which must begin with the first position of each partition; answers how many."""
    topic = topic_of(log.name)
    to.admin().create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result()
    config: Mapping[str, Any] = {"bootstrap.servers": to.bootstrap, "enable.metrics.push": False}
    sending = Sending.open(log.number, Route(config, log.name, topic, PARTITIONS, JsonCodec()))
    count, rest = 0, iter(records)
    while some := list(islice(rest, _AT_ONCE)):
        count += len(some)
        while some := some[sending.send(some) :]:
            sending.settle(0.05)
    while sending.unconfirmed:
        sending.settle(0.1)
    sending.close()
    return count
