"""The tests' own broker does what the others rely on."""

from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer

from tests.broker.broker import Broker, BrokerFailed

pytestmark = pytest.mark.kafka


def send(broker: Broker, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap, "enable.metrics.push": False, "acks": "all"})
    producer.produce(topic, value)
    assert producer.flush(20) == 0


def values(broker: Broker, topic: str, count: int) -> list[bytes | None]:
    reader = Consumer(
        {"bootstrap.servers": broker.bootstrap, "group.id": "values", "auto.offset.reset": "earliest", "enable.metrics.push": False}
    )
    reader.subscribe([topic])
    found = [message.value() for message in reader.consume(count, timeout=30)]
    reader.close()
    return found


def test_what_was_confirmed_is_still_there_after_a_kill_and_a_start(own_broker: Broker) -> None:
    address = own_broker.bootstrap
    own_broker.create("kept")
    send(own_broker, "kept", b"before")
    own_broker.kill()
    own_broker.start()
    send(own_broker, "kept", b"after")
    assert own_broker.bootstrap == address
    assert values(own_broker, "kept", 2) == [b"before", b"after"]


def test_a_halted_broker_answers_nobody_until_it_goes_on(own_broker: Broker) -> None:
    admin = own_broker.admin()
    admin.list_topics(timeout=10)
    own_broker.pause()
    with pytest.raises(KafkaException):
        admin.list_topics(timeout=1)
    own_broker.resume()
    assert own_broker.topics() == []


def test_no_topic_appears_because_somebody_wrote_to_it(broker: Broker) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap, "enable.metrics.push": False, "topic.metadata.propagation.max.ms": 100})
    errors: list[object] = []
    producer.produce("nowhere", b"x", on_delivery=lambda error, _: errors.append(error))
    producer.flush(10)
    assert "UNKNOWN_TOPIC" in str(errors)
    assert "nowhere" not in broker.topics()


def test_clearing_takes_every_topic_away(own_broker: Broker) -> None:
    own_broker.create("one")
    own_broker.create("two")
    own_broker.clear()
    assert own_broker.topics() == []


def test_a_broker_that_cannot_start_says_what_kafka_said(tmp_path: Path) -> None:
    with pytest.raises(BrokerFailed, match="nonsense"):
        Broker(tmp_path, settings={"process.roles": "nonsense"}).start()
