"""Topics as data: what a file asks for, what the brokers have, and the steps between the two. Nothing is ever shrunk or deleted."""

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from time import monotonic, sleep
from types import ModuleType
from typing import Any, Final

import yaml
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    RESOURCE_TOPIC,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
)

from arena.chassis.bus.kafka.connection import Heard, sentence
from arena.chassis.bus.kafka.wire import topic_of
from arena.chassis.core.settings_kafka import KAFKA_PREFIX

_ANSWER: Final = 10.0
_LOOK_AGAIN: Final = 0.05
_COPIES: Final = 3
_FOR_EVER: Final = -1


class TopicsUnknown(Exception):
    """The brokers cannot be asked, or refuse; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must be."""

    name: str
    owner: str
    partitions: int
    retention: timedelta

    def settings(self, copies: int) -> dict[str, str]:
        """Kafka's settings of it, with so many copies of each partition.

        Its messages bear the brokers' time: retention then goes by when something came, whatever clock wrote it.
        """
        return {
            "cleanup.policy": "delete",
            "message.timestamp.type": "LogAppendTime",
            "min.insync.replicas": str(max(1, copies - 1)),
            "retention.ms": str(int(self.retention.total_seconds() * 1000)),
        }


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as it is."""

    partitions: int
    copies: int
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that differs. `settings` are to be set; without any, and unless the topic is `new`, somebody must act by hand."""

    topic: str
    words: str
    new: Topic | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_hand(self) -> bool:
        """Whether this program may not do it."""
        return self.new is None and not self.settings


def topics_of(package: ModuleType, prefix: str = KAFKA_PREFIX) -> tuple[Topic, ...]:
    """The topics of the file `topics.yaml` in a package."""
    return read_topics(files(package).joinpath("topics.yaml").read_text("utf-8"), prefix)


def read_topics(text: str, prefix: str = KAFKA_PREFIX) -> tuple[Topic, ...]:
    """The topics of a file, with the prefix of an installation.

    Raises:
        ValueError: a retention is not written as `30d` or `12h`.
    """
    rows: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return tuple(Topic(topic_of(name, prefix), row["owner"], row["partitions"], _retention(row["retention"])) for name, row in rows.items())


def _retention(written: str) -> timedelta:
    found = re.fullmatch(r"(\d+)([dh])", written)
    if found is None:
        raise ValueError(f"{written!r} is not a retention such as 30d or 12h")
    return timedelta(days=int(found[1])) if found[2] == "d" else timedelta(hours=int(found[1]))


def compare(wanted: Sequence[Topic], found: Mapping[str, Found], copies: int) -> list[Step]:
    """The steps from what is found to what is wanted, in the order of the file."""
    return [step for topic in wanted for step in _steps(topic, found.get(topic.name), copies)]


def _steps(topic: Topic, found: Found | None, copies: int) -> Iterator[Step]:
    if found is None:
        words = f"create it with {topic.partitions} partitions, {copies} copies of each, kept for {_words(topic.retention)}"
        yield Step(topic.name, words, new=topic)
        return
    if found.partitions != topic.partitions:
        yield Step(
            topic.name,
            f"has {found.partitions} partitions and must have {topic.partitions}; that cannot be changed: stop the relay, delete it, "
            "apply again (readers go on from the log)",
        )
    if found.copies < copies:
        yield Step(topic.name, f"has {found.copies} copies of each partition instead of {copies}: reassign its partitions by Kafka's tools")
    wanted = topic.settings(min(copies, found.copies))
    differing = {name: value for name, value in wanted.items() if not _holds(name, value, found.settings.get(name))}
    if differing:
        changes = (f"{name} from {found.settings.get(name)} to {value}" for name, value in differing.items())
        yield Step(topic.name, f"set {', '.join(changes)}", settings=differing)


def _holds(name: str, wanted: str, found: str | None) -> bool:
    """Whether a setting is as wanted; what keeps longer or is safer may stay."""
    if found is None or name not in {"retention.ms", "min.insync.replicas"}:
        return found == wanted
    return int(found) == _FOR_EVER or int(found) >= int(wanted)


def _words(retention: timedelta) -> str:
    return f"{retention.days} days" if retention >= timedelta(days=1) else f"{retention.seconds // 3600} hours"


class Administration:
    """The brokers, asked and told; each call waits for its answer.

    Raises:
        TopicsUnknown: from each call, when the brokers do not answer, or refuse.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._heard = Heard()
        self._admin = AdminClient(dict(config) | {"error_cb": self._heard})

    def usual_copies(self) -> int:
        """As many copies as there are brokers, three at most."""
        return min(_COPIES, len(self._metadata().brokers))

    def found(self, names: Sequence[str]) -> dict[str, Found]:
        """Those of the topics that are there."""
        there = {name: about for name, about in self._metadata().topics.items() if name in names and about.error is None}
        resources = [ConfigResource(RESOURCE_TOPIC, name) for name in there]
        answers = self._admin.describe_configs(resources, request_timeout=_ANSWER) if resources else {}
        settings = {resource.name: self._answer(answer) for resource, answer in answers.items()}
        return {
            name: Found(
                len(about.partitions),
                min((len(partition.replicas) for partition in about.partitions.values()), default=0),
                {key: entry.value for key, entry in settings[name].items()},
            )
            for name, about in there.items()
        }

    def take(self, step: Step, copies: int) -> None:
        """Do one step; a topic that somebody else has just made is made."""
        if step.new is not None:
            self._create(step.new, copies)
        elif step.settings:
            entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in step.settings.items()]
            resource = ConfigResource(RESOURCE_TOPIC, step.topic, incremental_configs=entries)
            for answer in self._admin.incremental_alter_configs([resource], request_timeout=_ANSWER).values():
                self._answer(answer)

    def _create(self, topic: Topic, copies: int) -> None:
        """Make a topic, and wait until the brokers know it: the controller's yes comes a moment earlier."""
        new = NewTopic(topic.name, topic.partitions, copies, config=topic.settings(copies))
        try:
            self._admin.create_topics([new], operation_timeout=_ANSWER)[topic.name].result(2 * _ANSWER)
        except KafkaException as refused:
            if refused.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise self._unknown(refused) from refused
        deadline = monotonic() + _ANSWER
        while topic.name not in self._metadata().topics and monotonic() < deadline:
            sleep(_LOOK_AGAIN)

    def _metadata(self) -> Any:
        try:
            return self._admin.list_topics(timeout=_ANSWER)
        except KafkaException as refused:
            raise self._unknown(refused) from refused

    def _answer(self, answer: "Future[Any]") -> Any:
        try:
            return answer.result(2 * _ANSWER)
        except KafkaException as refused:
            raise self._unknown(refused) from refused

    def _unknown(self, refused: KafkaException) -> TopicsUnknown:
        self._admin.poll(0)  # lets it tell what it has met
        return TopicsUnknown(sentence(self._heard.behind(refused.args[0])))
