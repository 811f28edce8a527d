"""The rights that the guide tells to give are enough for what each has to do, and only the relay may write."""

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.kafka.codec import JsonCodec
from arena.chassis.bus.kafka.connection import member, reach
from arena.chassis.bus.kafka.dead_letters import NotConfirmed, _deliver
from arena.chassis.bus.kafka.fetching import Stream
from arena.chassis.bus.kafka.relay import Relay
from arena.chassis.bus.kafka.sending import Route
from arena.chassis.bus.kafka.source import KafkaSource
from arena.chassis.bus.kafka.wire import Message
from arena.chassis.bus.source import LogBus
from arena.chassis.core.ids import new_id
from arena.chassis.core.settings import Settings
from arena.chassis.testing.databases import TestDatabase
from arena.chassis.testing.example import COUNTS
from tests.broker.broker import Broker
from tests.broker.secured import PASSWORD, Authority, Secured
from tests.integration.kafka.relaying import Ground, ground_over, until
from tools.source import ROOT

pytestmark = pytest.mark.kafka

GUIDE = ROOT / "docs" / "guides" / "kafka.md"
TOPIC = f"habitarena.{COUNTS.name}"
DEAD_LETTERS = "habitarena.dead-letters"
GROUP = "habitarena.counts"
ROWS = {"relay": "the relay", "reader": "workers and `live`", "topics": "`arena topics apply`"}
RESOURCES = {"topics": ResourceType.TOPIC, "groups": ResourceType.GROUP, "cluster": ResourceType.BROKER}


def rights(row: str) -> dict[ResourceType, list[AclOperation]]:
    """What a row of the guide's table grants, in the order of its columns; what old brokers only need is in brackets there."""
    [cells] = [line.split("|")[2:5] for line in GUIDE.read_text("utf-8").splitlines() if line.startswith(f"| {row} |")]
    granted = {}
    for resource, cell in zip(RESOURCES.values(), cells, strict=True):
        words = re.findall(r"[A-Za-z]+", re.sub(r"\w+ \(.*\)", "", cell))
        granted[resource] = [AclOperation[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).upper()] for word in words]
    return granted


def grant(broker: Broker, user: str, row: str) -> None:
    """Give a user the rights of a row."""
    for resource, operations in rights(row).items():
        if resource is ResourceType.BROKER:
            grant_all(broker, user, resource, "kafka-cluster", ResourcePatternType.LITERAL, operations)
        else:
            grant_all(broker, user, resource, "habitarena.", ResourcePatternType.PREFIXED, operations)


def grant_all(
    broker: Broker, user: str, kind: ResourceType, name: str, pattern: ResourcePatternType, operations: Iterable[AclOperation]
) -> None:
    wanted = [AclBinding(kind, name, pattern, f"User:{user}", "*", one, AclPermissionType.ALLOW) for one in operations]
    for done in broker.admin().create_acls(wanted).values() if wanted else ():
        done.result(20)


@pytest.fixture(scope="module")
def guarding_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that lets each user do what the guide grants, and nothing else."""
    folder = tmp_path_factory.mktemp("kafka")
    with Broker(folder, secured=Secured(Authority(folder / "certificates"), users=tuple(ROWS), grants=True)).running() as made:
        for user, row in ROWS.items():
            grant(made, user, row)
        yield made


@pytest.fixture
def guarded_broker(guarding_broker: Broker) -> Broker:
    """The same without topics."""
    guarding_broker.clear()
    return guarding_broker


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text(PASSWORD, "utf-8")
    return file


@pytest.fixture
async def guarded(example_database: TestDatabase, guarded_broker: Broker) -> AsyncIterator[Ground]:
    async with ground_over(example_database, guarded_broker, topic=False) as made:
        made.topic = TOPIC
        guarded_broker.create(TOPIC, made.partitions)
        yield made


def settings_of(user: str, broker: Broker, password: Path) -> Settings:
    return Settings.model_validate(
        {
            "kafka_bootstrap": broker.address("SASL"),
            "kafka_security": "sasl_plaintext",
            "kafka_sasl": "scram-sha-512",
            "kafka_user": user,
            "kafka_password_file": password,
        }
    )


def apply_topics(user: str, broker: Broker, password: Path) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")} | {
        "ARENA_KAFKA_BOOTSTRAP": broker.address("SASL"),
        "ARENA_KAFKA_SECURITY": "sasl_plaintext",
        "ARENA_KAFKA_SASL": "scram-sha-512",
        "ARENA_KAFKA_USER": user,
        "ARENA_KAFKA_PASSWORD_FILE": str(password),
    }
    program = "from arena.cli.main import run; run(['topics', 'apply'])"
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


def test_the_commands_of_the_guide_grant_what_its_table_says() -> None:
    users = {"relay": "relay", "workers": "reader", "topics": "topics"}
    told: dict[str, dict[ResourceType, list[AclOperation]]] = {}
    for line in re.findall(r"^acls (--(?:.*\\\n)*.*)$", GUIDE.read_text("utf-8"), re.MULTILINE):
        [user], names = re.findall(r"User:(\w+)", line), re.findall(r"--operation (\w+)", line)
        operations = [AclOperation[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()] for name in names]
        if f"--topic {DEAD_LETTERS}" in line:
            assert (user, operations) == ("workers", [AclOperation.WRITE, AclOperation.DESCRIBE])
            continue
        [kind] = [kind for word, kind in RESOURCES.items() if f"--{word.removesuffix('s')}" in line]
        assert ("--resource-pattern-type prefixed" in line and " habitarena." in line) is (kind is not ResourceType.BROKER)
        told.setdefault(users[user], {})[kind] = operations
    assert told == {user: {kind: some for kind, some in rights(row).items() if some} for user, row in ROWS.items()}


async def test_each_can_do_its_part_with_the_rights_of_the_guide(guarded: Ground, password: Path) -> None:
    broker = guarded.broker
    relay = settings_of("relay", broker, password)
    route = Route(reach(relay, "relay"), COUNTS.name, TOPIC, guarded.partitions, JsonCodec())
    logs = LogBus(guarded.bell)
    guarded.start(Relay(guarded.units, COUNTS.number, logs.source(guarded.units.engine, COUNTS, None), route, new_id()))
    await guarded.emit(100)
    await guarded.caught_up()

    config = member(settings_of("reader", broker, password), "counts", GROUP)
    behind = logs.source(guarded.units.engine, COUNTS, None)
    source = KafkaSource(Stream(config, COUNTS.number, COUNTS.name, TOPIC, GROUP, JsonCodec()), behind, patience=1e9)
    try:
        await until(lambda: has_partitions(source, guarded.partitions))
        found: list[RawRecord] = []

        async def all_are_read() -> bool:
            found.extend(await source.read(dict.fromkeys(range(16), 0), 1000))
            return len({(record.partition, record.position) for record in found}) == 100

        await until(all_are_read)
    finally:
        await source.close()


async def has_partitions(source: KafkaSource, count: int) -> bool:
    return len(await source.partitions()) == count


def test_topics_are_made_by_who_may_and_refused_in_a_sentence_to_who_may_not(guarded_broker: Broker, password: Path) -> None:
    made = apply_topics("topics", guarded_broker, password)
    assert (made.returncode, made.stderr) == (0, "")
    again = apply_topics("topics", guarded_broker, password)
    assert again.stdout == "every topic is as it must be\n"
    guarded_broker.clear()
    refused = apply_topics("relay", guarded_broker, password)
    assert refused.returncode == 2
    assert "Kafka does not let us do that: see the access control lists in the guide" in refused.stderr
    assert guarded_broker.topics() == []


def test_workers_can_tell_of_dead_letters_with_the_right_that_the_guide_adds(guarded_broker: Broker, password: Path) -> None:
    [words] = re.findall(rf"`{DEAD_LETTERS}`[^\n]*: (\w+ and \w+) on it, by its\n", GUIDE.read_text("utf-8"))
    operations = [AclOperation[word.upper()] for word in words.split(" and ")]
    guarded_broker.create(DEAD_LETTERS)
    settings = settings_of("reader", guarded_broker, password)
    message = Message(b"key", b"what could not be applied", [])
    with pytest.raises(NotConfirmed, match="Kafka does not let us do that: see the access control lists"):
        _deliver(reach(settings, "dead-letters"), DEAD_LETTERS, [message])
    grant_all(guarded_broker, "reader", ResourceType.TOPIC, DEAD_LETTERS, ResourcePatternType.LITERAL, operations)
    _deliver(reach(settings, "dead-letters"), DEAD_LETTERS, [message])


def test_who_only_reads_cannot_forge_a_next_event(guarded_broker: Broker, password: Path) -> None:
    guarded_broker.create(TOPIC, 16)
    told: list[KafkaError | None] = []
    producer = Producer(reach(settings_of("reader", guarded_broker, password), "forger"))
    producer.produce(TOPIC, b"forged", on_delivery=lambda error, _: told.append(error))
    assert producer.flush(20) == 0
    assert [error.name() for error in told if error is not None] == ["TOPIC_AUTHORIZATION_FAILED"]
