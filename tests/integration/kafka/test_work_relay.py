"""`arena work relay` as the charts start it: a process with probes and metrics that carries the product's own logs, and ends politely."""

from collections.abc import Iterator

import httpx
import psycopg
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient

from tests.broker.broker import Broker
from tests.integration.split.conftest import Process, Split, new_split, sentences, until
from tests.registry.registry import Registry

pytestmark = pytest.mark.kafka
_APPEND = """
select log.append(array[1::smallint], array[3::smallint], array['ada'], array['UserErased'], array['{"user_id":"ada"}'],
  array['{"traceparent":"00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}'])"""
TOPIC = "habitarena.identity.user"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One without topics; that of the whole run may have ours already."""
    with Broker(tmp_path_factory.mktemp("kafka")).running() as made:
        yield made


@pytest.fixture(scope="module")
def split(broker: Broker) -> Iterator[Split]:
    """PostgreSQL, migrated for an installation with Kafka; no topics yet."""
    with new_split() as made:
        made.env |= {"ARENA_BUS": "kafka", "ARENA_KAFKA_BOOTSTRAP": broker.bootstrap, "ARENA_LOG_LEVEL": "info"}
        made.begin_postgres()
        migrated = made.arena("migrate")
        assert migrated.returncode == 0, migrated.stderr
        yield made


def append(split: Split) -> None:
    password = (split.folder / "database" / "identity").read_text("utf-8").strip()
    with psycopg.connect(host="127.0.0.1", port=split.database_port, dbname="arena", user="arena_identity", password=password) as server:
        server.execute(_APPEND)


def metric(process: Process, name: str) -> float:
    lines = httpx.get(f"http://127.0.0.1:{process.ports[1]}/metrics", timeout=10).text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name) and "_created" not in line)


def arrived(broker: Broker) -> int:
    """Messages in the partition that the appended events go to."""
    reader = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "arrived", "enable.metrics.push": False})
    try:
        return int(reader.get_watermark_offsets(TopicPartition(TOPIC, 3), timeout=20)[1])
    finally:
        reader.close()


def test_it_waits_for_its_topics_carries_what_was_logged_and_hands_over_when_told_to_end(split: Split, broker: Broker) -> None:
    relay = split.process("relay", ["work", "relay"])
    append(split)
    relay.begin()
    relay.until_ready()
    until(lambda: f"The topic {TOPIC} is not there: run `arena topics apply`." in sentences(relay.log))
    until(lambda: metric(relay, "arena_relay_lag") == 1)
    applied = split.arena("topics", "apply")
    assert applied.returncode == 0, applied.stderr
    until(lambda: arrived(broker) == 1)
    append(split)
    until(lambda: arrived(broker) == 2)
    until(lambda: metric(relay, "arena_relay_lag") == 0)
    assert (metric(relay, "arena_relay_sent_total"), metric(relay, "arena_relay_confirmed_total")) == (2, 2)
    assert relay.stop() == 0
    assert "stopped" in relay.log

    another = split.process("another", ["work", "relay"])
    append(split)
    another.begin()
    until(lambda: arrived(broker) == 3)
    assert another.stop() == 0


def test_without_its_password_it_says_whose_is_missing(split: Split) -> None:
    password = split.folder / "database" / "relay"
    kept = password.read_text("utf-8")
    password.unlink()
    try:
        answer = split.arena("migrate")
        assert answer.returncode != 0
        assert f"{password} (ARENA_DATABASE_PASSWORDS) cannot be read" in answer.stderr
    finally:
        password.write_text(kept, "utf-8")


@pytest.mark.registry
@pytest.mark.timeout(300)  # JVMs start slowly where much else runs
def test_it_writes_avro_and_registers_the_product_s_schemas_where_the_settings_say_so(
    split: Split, broker: Broker, registry: Registry
) -> None:
    assert split.arena("topics", "apply").returncode == 0
    relay = split.process("avro", ["work", "relay"], ARENA_KAFKA_FORMAT="avro", ARENA_SCHEMA_REGISTRY=registry.url)
    before = arrived(broker)
    relay.begin()
    append(split)
    until(lambda: arrived(broker) > before, 60)
    assert relay.stop() == 0
    assert last_value(broker)[:1] == b"\0"
    assert "habitarena.scoring.standings.BattleScored" in SchemaRegistryClient({"url": registry.url}).get_subjects()


def last_value(broker: Broker) -> bytes:
    """The value of the last message in that partition."""
    reader = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "last", "enable.metrics.push": False})
    try:
        reader.assign([TopicPartition(TOPIC, 3, arrived(broker) - 1)])
        [message] = reader.consume(1, timeout=30)
        return message.value() or b""
    finally:
        reader.close()
