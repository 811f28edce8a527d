"""Two installations on one broker, each with relay and workers as processes: they share no topic, no group and no dead letter."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from arena import contracts
from arena.chassis.bus.kafka.topics import topics_of
from arena.contracts.events.habits import HabitCreated
from arena.contracts.habit import HabitKind, Schedule
from arena.contracts.ids import HabitId, UserId
from arena.contracts.registry import LEDGER, partition_of
from tests.broker.broker import Broker
from tests.integration.kafka.test_work_relay import metric
from tests.integration.split.conftest import Split, new_split, until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]  # two databases and four processes are begun
PREFIXES = ("habitarena", "second.one")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One that knows nobody yet."""
    with Broker(tmp_path_factory.mktemp("kafka")).running() as made:
        yield made


@pytest.fixture(scope="module")
def both(broker: Broker) -> Iterator[dict[str, Split]]:
    """By prefix; the first says none."""
    with new_split() as first, new_split() as second:
        second.env["ARENA_KAFKA_PREFIX"] = PREFIXES[1]
        for one in (first, second):
            one.env |= {"ARENA_BUS": "kafka", "ARENA_KAFKA_BOOTSTRAP": broker.bootstrap}
            one.begin_postgres()
            for words in (["migrate"], ["topics", "apply"]):
                done = one.arena(*words)
                assert done.returncode == 0, done.stderr
            for words in (["work", "relay"], ["work"]):
                one.process(words[-1], words).begin()
        for one in (first, second):
            for process in one.processes.values():
                process.until_ready()
        yield dict(zip(PREFIXES, (first, second), strict=True))


def create_twice(split: Split) -> str:
    """A habit that is made twice, which scoring cannot apply; answers the key that waits."""
    user = uuid4()
    made = HabitCreated(UserId(user), HabitId(uuid4()), HabitKind.YES_NO, None, Schedule(), date(2026, 3, 1))
    payload = msgspec.json.encode(made).decode()
    password = (split.folder / "database" / "habits").read_text("utf-8").strip()
    with psycopg.connect(host="127.0.0.1", port=split.database_port, dbname="arena", user="arena_habits", password=password) as server:
        server.execute(
            "select log.append(array[%s, %s]::smallint[], array[%s, %s]::smallint[], %s, %s, %s, %s)",
            (*[LEDGER.number] * 2, *[partition_of(str(user))] * 2, [str(user)] * 2, ["HabitCreated"] * 2, [payload] * 2, [None] * 2),
        )
    return str(user)


def parked(split: Split) -> list[str]:
    listed = split.arena("dlq", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    return [row["key"] for row in json.loads(listed.stdout)]


def told(broker: Broker, topic: str, partition: int = 0) -> list[Any]:
    """The messages of a partition: key and headers."""
    reader = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "told", "enable.metrics.push": False})
    found: list[Any] = []
    try:
        end = reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=20)[1]
        reader.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
        while len(found) < end:
            found += reader.consume(100, timeout=1)
    finally:
        reader.close()
    return [(m.key().decode(), {name: value.decode() for name, value in m.headers()}) for m in found]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_is_parked_and_given_up_is_told_in_the_topic_of_the_installation_alone(
    both: dict[str, Split], broker: Broker, prefix: str
) -> None:
    split, [other] = both[prefix], [both[one] for one in PREFIXES if one != prefix]
    before = parked(other)
    key = create_twice(split)
    until(lambda: key in parked(split), 60)
    done = split.arena("dlq", "discard", "scoring.ledger", key, "--reason", "made twice")
    assert done.returncode == 0, done.stderr
    topic, work = f"{prefix}.dead-letters", split.processes["work"]
    until(lambda: len(told(broker, topic)) == 2, 60)
    assert [(one, headers["dl_act"], headers["dl_consumer"]) for one, headers in told(broker, topic)] == [
        (key, "parked", "scoring.ledger"),
        (key, "discarded", "scoring.ledger"),
    ]
    until(lambda: metric(work, "arena_dead_letters_sent_total") == 2)
    until(lambda: metric(work, "arena_dead_letters_waiting") == 0)
    ledger = told(broker, f"{prefix}.habits.ledger", partition_of(key))
    assert [one for one, _ in ledger].count(key) == 2
    assert {headers["ce_source"] for _, headers in ledger} == {f"/{prefix}/habits.ledger"}
    assert parked(other) == before


def test_each_has_all_its_topics_and_its_groups(both: dict[str, Split], broker: Broker) -> None:
    wanted = [topic.name for prefix in PREFIXES for topic in topics_of(contracts, prefix)]
    assert [name for name in broker.topics() if not name.startswith("__")] == sorted(wanted)
    for split in both.values():
        planned = split.arena("topics", "plan")
        assert (planned.returncode, planned.stdout) == (0, "every topic is as it must be\n")

    def groups() -> set[str]:
        listed = broker.admin().list_consumer_groups(request_timeout=20).result()
        return {group.group_id for group in listed.valid}

    until(lambda: all(f"{prefix}.scoring.ledger" in groups() for prefix in PREFIXES), 60)
    assert {name for name in groups() if name != "told" and not name.startswith(tuple(f"{prefix}." for prefix in PREFIXES))} == set()
