"""Whether a topic can be read, and what lies last in it, compared with the log: a database that was restored to yesterday is noticed."""

from time import monotonic
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.kafka.apart import apart, pause
from arena.chassis.bus.kafka.connection import sentence
from arena.chassis.bus.kafka.sending import KafkaNotReady, Route, why_not
from arena.chassis.bus.kafka.wire import Foreign, Wire
from arena.chassis.bus.source import EventSource

_FROM_THE_END: Final = -2000 - 20
"""librdkafka's way to say: the last twenty messages of a partition."""
_ANSWER: Final = 5.0
_LOOK: Final = 0.005
"""Seconds between two looks: the client is never let wait (see `apart`)."""
_READING: Final = {
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 10,
}


class SetBack(KafkaNotReady):
    """Kafka holds what the log has not, or has otherwise."""


async def check(source: EventSource, route: Route) -> None:
    """See that Kafka holds nothing that the log has not.

    Raises:
        SetBack: it does, and that must go before anything is added.
        KafkaNotReady: it cannot be read.
        NoAnswer: the client hangs.
    """
    found = await apart(last_records, route)
    heads = await source.heads()
    for partition, record in sorted(found.items()):
        if record.position > heads[partition]:
            raise SetBack(_words(route, partition, f"{record.position}, and the log ends at {heads[partition]}"))
    known = await source.read({partition: record.position - 1 for partition, record in found.items()}, len(found))
    for row in known:
        other = found[row.partition]
        if row.position == other.position and (row.at, row.key, row.type) != (other.at, other.key, other.type):
            raise SetBack(_words(route, row.partition, f"{row.position}, which the log has otherwise"))


def see_topic(route: Route) -> None:
    """See that a broker answers and has the topic; blocks.

    Raises:
        KafkaNotReady: nobody answers, or the topic is not there.
    """
    asking = Consumer({**route.config, "group.id": f"{route.topic}.ends"})  # joins nothing
    try:
        error = asking.list_topics(route.topic, timeout=_ANSWER).topics[route.topic].error
    except KafkaException as trouble:
        error = trouble.args[0]
    finally:
        asking.close()
    if error is not None:
        raise KafkaNotReady(why_not(route.topic, error))


def last_records(route: Route) -> dict[int, RawRecord]:
    """The record with the highest position of each partition of the log, among the last of the topic; blocks."""
    reader = Consumer({**route.config, **_READING, "group.id": f"{route.topic}.ends"})  # the client wants one; nothing is committed
    wire, found, ended = Wire(route.log, route.partitions), dict[int, RawRecord](), set[int | None]()
    trouble: KafkaError | None = None  # not all of it matters: a group that we may not look for is one that we do not use
    try:
        reader.assign([TopicPartition(route.topic, number, _FROM_THE_END) for number in range(route.partitions)])
        deadline = monotonic() + _ANSWER
        while len(ended) < route.partitions:
            if monotonic() > deadline:
                raise KafkaNotReady(sentence(trouble) if trouble else f"The end of {route.topic} cannot be read in {_ANSWER:.0f} s.")
            if not (messages := reader.consume(500, 0)):
                pause(_LOOK)
            for message in messages:
                if (error := message.error()) is None:
                    _note(wire, message, found)
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the client's name for it
                    ended.add(message.partition())
                else:
                    trouble = error
    finally:
        reader.close()
    return found


def _note(wire: Wire, message: Any, found: dict[int, RawRecord]) -> None:
    place = wire.place(message.headers(), message.partition())
    if isinstance(place, Foreign) or (place[0] in found and found[place[0]].position >= place[1]):
        return
    record = wire.record(place, message.key(), message.value() or b"", message.headers())
    if isinstance(record, RawRecord):
        found[place[0]] = record


def _words(route: Route, partition: int, what: str) -> str:
    return (
        f"The topic {route.topic} holds events that the log has not: partition {partition} ends at {what}. The database was set back; "
        "delete the topic, then run `arena topics apply` (see the guide 'Kafka in production')."
    )
