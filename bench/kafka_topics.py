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


def make_topic(at: Broker, log: LogDefinition) -> None:
    """Make a log's topic, as `arena topics apply` does."""
    topic = topic_of(log.name)
    at.admin().create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result()


def carry(to: Broker, log: LogDefinition, records: Iterable[RawRecord]) -> int:
    """Send records to the log's topic; answers how many."""
    config: Mapping[str, Any] = {"bootstrap.servers": to.bootstrap, "enable.metrics.push": False, "log_level": 3}
    sending = Sending.open(log.number, Route(config, log.name, topic_of(log.name), PARTITIONS, JsonCodec()))
    count, rest = 0, iter(records)
    while some := list(islice(rest, _AT_ONCE)):
        count += len(some)
        while some := some[sending.send(some) :]:
            sending.settle(0.05)
    while sending.unconfirmed:
        sending.settle(0.1)
    sending.close()
    return count
