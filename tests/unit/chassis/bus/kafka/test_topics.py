"""From the topics that are to those that must be: made and raised, never shrunk; what only somebody can do is said."""

from dataclasses import replace
from datetime import timedelta

import pytest

from arena import contracts
from arena.chassis.bus.kafka.topics import Found, Step, Topic, compare, read_topics, topics_of
from arena.chassis.db.provision import PARTITIONS
from arena.contracts.registry import LOGS

LEDGER = Topic("habitarena.habits.ledger", "habits", 16, timedelta(days=30))
AS_WANTED = Found(16, 3, LEDGER.settings(3))


def steps(found: Found | None, *, copies: int = 3) -> list[Step]:
    return compare([LEDGER], {} if found is None else {LEDGER.name: found}, copies)


def having(**settings: str) -> Found:
    return replace(AS_WANTED, settings={**AS_WANTED.settings, **{name.replace("_", "."): value for name, value in settings.items()}})


def test_the_file_names_the_topic_of_every_log_with_its_owner_and_one_for_dead_letters() -> None:
    topics = topics_of(contracts)
    logs = {f"habitarena.{log.name}": log.owner for log in LOGS}
    assert {topic.name: topic.owner for topic in topics} == {**logs, "habitarena.dead-letters": "workers"}
    assert [topic.name for topic in topics_of(contracts, "x.y")] == [topic.name.replace("habitarena.", "x.y.") for topic in topics]
    assert all(topic.partitions <= PARTITIONS and topic.retention >= timedelta(days=1) for topic in topics)


def test_a_retention_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="'1 month' is not a retention such as 30d or 12h"):
        read_topics("t: {owner: habits, partitions: 1, retention: 1 month}")
    [topic] = read_topics("t: {owner: habits, partitions: 1, retention: 12h}")
    assert topic.retention == timedelta(hours=12)


def test_what_is_as_it_must_be_has_no_step() -> None:
    assert steps(AS_WANTED) == []


def test_a_missing_topic_is_made() -> None:
    [step] = steps(None)
    assert (step.new, step.by_hand) == (LEDGER, False)
    assert step.words == "create it with 16 partitions, 3 copies of each, kept for 30 days"


def test_a_shorter_retention_is_raised_and_a_longer_one_stays() -> None:
    [step] = steps(having(retention_ms="3600000"))
    assert (step.settings, step.by_hand) == ({"retention.ms": "2592000000"}, False)
    assert steps(having(retention_ms="9000000000")) == []
    assert steps(having(retention_ms="-1")) == []


def test_the_brokers_time_is_put_on_messages_and_old_ones_are_never_compacted_away() -> None:
    [step] = steps(having(message_timestamp_type="CreateTime", cleanup_policy="compact"))
    assert step.settings == {"cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime"}


def test_another_number_of_partitions_is_an_instruction() -> None:
    [step] = steps(replace(AS_WANTED, partitions=8))
    assert step.by_hand
    assert "has 8 partitions and must have 16" in step.words
    assert "stop the relay, delete it, apply again" in step.words


def test_too_few_copies_are_an_instruction_and_writing_is_not_made_impossible() -> None:
    [step] = steps(Found(16, 1, LEDGER.settings(1)))
    assert step.by_hand
    assert "has 1 copies of each partition instead of 3" in step.words


def test_with_one_broker_one_copy_is_enough() -> None:
    assert LEDGER.settings(1)["min.insync.replicas"] == "1"
    assert LEDGER.settings(3)["min.insync.replicas"] == "2"
    assert steps(AS_WANTED, copies=1) == []


def test_another_s_topics_are_none_of_our_business() -> None:
    assert compare([LEDGER], {LEDGER.name: AS_WANTED, "orders": Found(1, 1, {})}, 3) == []
