"""A producer whose broker does not answer: nothing counts as carried, and what does not fit into its window is not taken."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from confluent_kafka.admin import NewTopic

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.kafka.codec import JsonCodec
from arena.chassis.bus.kafka.sending import Route, Sending
from arena.chassis.testing.example import COUNTS
from tests.broker.broker import Broker

pytestmark = pytest.mark.kafka
WINDOW = 10
AT = datetime(2026, 1, 1, tzinfo=UTC)
RECORDS = [RawRecord(0, position, AT, "k", "Counted", '{"key":"k","number":1}', None) for position in range(1, 2 * WINDOW + 1)]


@pytest.fixture
def sending(own_broker: Broker) -> Iterator[Sending]:
    topic = f"test.{uuid4().hex}"
    own_broker.admin().create_topics([NewTopic(topic, 1, 1)])[topic].result(20)
    config = {"bootstrap.servers": own_broker.bootstrap, "enable.metrics.push": False, "log_level": 0}
    made = Sending.open(COUNTS.number, Route(config, COUNTS.name, topic, 1, JsonCodec(), WINDOW))
    yield made
    made.close()


def test_nothing_counts_as_carried_before_kafka_has_confirmed_it_and_nothing_is_taken_that_does_not_fit(
    own_broker: Broker, sending: Sending
) -> None:
    own_broker.pause()
    taken = sending.send(RECORDS)
    assert (taken, sending.unconfirmed, sending.take_confirmed()) == (WINDOW, WINDOW, {})
    own_broker.resume()
    while sending.unconfirmed:
        sending.settle(1)
    assert sending.take_confirmed() == {0: (WINDOW, AT)}
