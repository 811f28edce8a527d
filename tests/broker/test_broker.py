"""The tests' own broker does what the others rely on."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer

from tests.broker.broker import Broker, BrokerFailed
from tools.source import ROOT

pytestmark = pytest.mark.kafka

_STARTS_ONE = """
import pathlib, sys, time
from tests.broker.broker import Broker
made = Broker(pathlib.Path(sys.argv[1]))
made.start()
print(made.pid, flush=True)
time.sleep(600)
"""


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


def runs(process: Path) -> bool:
    """Whether it does; one that ended and whom nobody has buried does not."""
    try:
        return bool((process / "cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_broker_ends_with_a_process_that_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _STARTS_ONE, str(tmp_path / "kafka")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        broker = Path("/proc") / starter.stdout.readline().decode().strip()
        assert (broker / "comm").read_text("utf-8") == "java\n"
        starter.kill()
    deadline = time.monotonic() + 20
    while runs(broker):
        assert time.monotonic() < deadline, "the broker goes on"
        time.sleep(0.02)
