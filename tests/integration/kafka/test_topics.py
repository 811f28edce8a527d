"""`arena topics` against a real broker, as somebody types it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from arena import contracts
from arena.chassis.bus.kafka.topics import topics_of
from arena.chassis.core.settings_kafka import NO_CLIENT
from tests.broker.broker import Broker
from tests.command import Arena

pytestmark = pytest.mark.kafka

NAMES = sorted(topic.name for topic in topics_of(contracts))
LEDGER = "habitarena.habits.ledger"


@pytest.fixture
def empty_broker(broker: Broker) -> Iterator[Broker]:
    """The broker without topics, before and after."""
    broker.clear()
    yield broker
    broker.clear()


@pytest.fixture
def arena(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Arena:
    """The command in an environment of its own."""
    return Arena(monkeypatch, capsys, "topics")


def settings_of(broker: Broker, topic: str) -> dict[str, str]:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    found = broker.admin().describe_configs([resource])[resource].result(10)
    return {name: entry.value for name, entry in found.items()}


def set_retention(broker: Broker, topic: str, value: str) -> None:
    entry = ConfigEntry("retention.ms", value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    broker.admin().incremental_alter_configs([resource])[resource].result(10)


def test_a_plan_changes_nothing_and_applying_makes_every_topic_once(empty_broker: Broker, arena: Arena) -> None:
    bootstrap = empty_broker.bootstrap
    planned = arena("plan", ARENA_KAFKA_BOOTSTRAP=bootstrap)
    assert (planned.code, empty_broker.topics()) == (0, [])
    assert f"would: {LEDGER}: create it with 16 partitions, 1 copies of each, kept for 30 days" in planned.stdout
    applied = arena("apply", ARENA_KAFKA_BOOTSTRAP=bootstrap)
    assert (applied.code, empty_broker.topics()) == (0, NAMES)
    assert f"done: {LEDGER}: create it" in applied.stdout
    again = arena("apply", ARENA_KAFKA_BOOTSTRAP=bootstrap)
    assert (again.code, again.stdout) == (0, "every topic is as it must be\n")
    settings = settings_of(empty_broker, LEDGER)
    assert (settings["retention.ms"], settings["message.timestamp.type"]) == (str(30 * 86_400_000), "LogAppendTime")
    assert len(empty_broker.admin().list_topics(LEDGER, timeout=10).topics[LEDGER].partitions) == 16


def test_a_retention_set_too_low_is_raised_and_a_higher_one_stays(empty_broker: Broker, arena: Arena) -> None:
    arena("apply", ARENA_KAFKA_BOOTSTRAP=empty_broker.bootstrap)
    set_retention(empty_broker, LEDGER, "1000")
    set_retention(empty_broker, "habitarena.scoring.standings", "-1")
    answer = arena("apply", "--json", ARENA_KAFKA_BOOTSTRAP=empty_broker.bootstrap)
    assert json.loads(answer.stdout) == [{"topic": LEDGER, "does": "set retention.ms from 1000 to 2592000000", "by_hand": False}]
    assert settings_of(empty_broker, LEDGER)["retention.ms"] == "2592000000"
    assert settings_of(empty_broker, "habitarena.scoring.standings")["retention.ms"] == "-1"


def test_another_number_of_partitions_is_told_and_left_alone(empty_broker: Broker, arena: Arena) -> None:
    empty_broker.create(LEDGER, 3)
    for command in ("plan", "apply"):
        answer = arena(command, ARENA_KAFKA_BOOTSTRAP=empty_broker.bootstrap)
        assert answer.code == 1
        assert f"by hand: {LEDGER}: has 3 partitions and must have 16" in answer.stdout
    assert len(empty_broker.admin().list_topics(LEDGER, timeout=10).topics[LEDGER].partitions) == 3
    assert empty_broker.topics() == NAMES


def test_more_copies_than_brokers_are_refused_in_a_sentence(empty_broker: Broker, arena: Arena) -> None:
    answer = arena("apply", "--copies", "3", ARENA_KAFKA_BOOTSTRAP=empty_broker.bootstrap)
    assert answer.code == 2
    assert answer.stderr.startswith("habitarena.identity.user: Kafka cannot be used (")
    assert "replication" in answer.stderr.lower()


@pytest.mark.parametrize("words", [("topics", "plan"), ("work", "habits"), ("migrate",), ("up", "--split", "--bus", "kafka")], ids=" ".join)
def test_where_there_is_no_client_of_kafka_it_says_how_to_get_one(words: tuple[str, ...], tmp_path: Path) -> None:
    program = f"import sys; sys.modules['confluent_kafka'] = None; from arena.cli.main import run; run({list(words)})"
    kafka = {"ARENA_BUS": "kafka", "ARENA_KAFKA_BOOTSTRAP": "localhost:1", "ARENA_DATA_DIR": str(tmp_path)} | {
        "ARENA_DATABASE_URL": "postgresql://postgres:x@localhost:1/x",
        "ARENA_DATABASE_PASSWORDS": str(tmp_path),
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")} | kafka
    answer = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode in {1, 2}
    assert NO_CLIENT in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "ARENA_KAFKA_BOOTSTRAP is wrong: it must name the brokers."),
        ({"ARENA_KAFKA_BOOTSTRAP": "localhost:1"}, "No broker of ARENA_KAFKA_BOOTSTRAP answers"),
        ({"ARENA_KAFKA_BOOTSTRAP": "kafka"}, "ARENA_KAFKA_BOOTSTRAP is wrong: it must be brokers joined by commas"),
    ],
)
def test_brokers_that_cannot_be_asked_are_a_sentence_and_exit_code_2(arena: Arena, environ: dict[str, str], said: str) -> None:
    answer = arena("apply", **environ)
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(said)
    assert "\n" not in answer.stderr.strip()
