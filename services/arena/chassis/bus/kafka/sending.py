"""An idempotent producer for one log: sends in order, bounds what Kafka has not confirmed, and ends at the first failure.

Whoever uses it starts again from what was confirmed, with a new one. So a suffix may be in Kafka twice, and never anything out of order.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import RESOURCE_TOPIC, AdminClient, ConfigResource

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.kafka.apart import look_until
from arena.chassis.bus.kafka.codec import Codec
from arena.chassis.bus.kafka.connection import RAISED, Heard, error_of, sentence
from arena.chassis.bus.kafka.wire import Wire
from arena.chassis.core.settings_kafka import KAFKA_PREFIX, KAFKA_WINDOW
from arena.chassis.core.telemetry import counter
from arena.chassis.db.unit_of_work import Position

WINDOW_KILOBYTES: Final = 16_384
TOO_LARGE: Final = "too-large"
_ANSWER: Final = 5.0
"""Seconds in which a broker must answer a question."""
_ROOM: Final = 1024
"""Bytes that a message may need in Kafka beside key, value and headers."""
_SETTINGS: Final[Mapping[str, Any]] = {
    "acks": "all",
    "enable.idempotence": True,
    "enable.gapless.guarantee": True,
    "message.timeout.ms": 0,  # never: a record that is given up would be a hole; whoever uses us watches the clock
    "linger.ms": 0.5,
    "compression.type": "lz4",
    "reconnect.backoff.max.ms": 1000,
    "queue.buffering.max.kbytes": WINDOW_KILOBYTES,
}


class KafkaNotReady(Exception):
    """Nothing can be sent now; the message says why and what to do."""


class SendingFailed(Exception):
    """Kafka did not take a record; the message says why."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a log goes."""

    config: Mapping[str, Any]
    """How a client reaches Kafka, in librdkafka's words."""
    log: str
    topic: str
    partitions: int
    """How many the topic must have."""
    codec: Codec
    window: int = KAFKA_WINDOW
    """Records that may wait for Kafka's confirmation; then nothing is read until some are confirmed."""
    prefix: str = KAFKA_PREFIX
    """Of the names of this installation in Kafka."""


class Sending:
    """One producer's life. `send` and `settle` may block for as long as they say: call them in a thread, one at a time."""

    def __init__(self, number: int, route: Route, largest: int) -> None:
        self._number = number
        self._route = route
        self._wire = Wire(route.log, route.partitions, route.prefix)
        self._names = {"log": route.log}
        self._sent: list[deque[tuple[int, Position]]] = [deque() for _ in range(route.partitions)]
        """By Kafka partition, what is not confirmed; reports come in the order of sending."""
        self._confirmed: dict[int, Position] = {}
        self._counted = 0
        self._failure: KafkaError | None = None
        limits = {"message.max.bytes": largest, "queue.buffering.max.messages": route.window}
        self._producer = Producer({**route.config, **_SETTINGS, **limits, "on_delivery": self._delivered})

    @classmethod
    def open(cls, number: int, route: Route) -> "Sending":
        """See that the topic is as it must be, and make ready; blocks.

        Raises:
            KafkaNotReady: it is not, or nobody answers.
        """
        heard = Heard()
        config: dict[str, Any] = {**route.config, "error_cb": heard}
        admin = AdminClient(config)
        try:
            _require(admin, route)
            return cls(number, route, _largest(admin, route.topic))
        except KafkaException as refused:
            raise KafkaNotReady(why_not(route.topic, heard.behind(refused.args[0]))) from refused

    @property
    def unconfirmed(self) -> int:
        """Records that were sent and are not confirmed."""
        return sum(map(len, self._sent))

    def send(self, records: Sequence[RawRecord]) -> int:
        """Hand over records until the window is full; answers how many it took.

        Raises:
            SendingFailed: a record before them was not taken; start again from what was confirmed.
        """
        taken = 0
        try:
            for record in records:
                self._produce(record)
                taken += 1
        except BufferError:  # the window is full
            pass
        except KafkaException as refused:
            raise SendingFailed(sentence(refused.args[0])) from refused
        counter("arena.relay.sent").add(taken, self._names)
        self.settle(0)
        return taken

    def settle(self, seconds: float) -> None:
        """Take note of what was confirmed; waits at most so long for the first, by looking (see `apart`).

        Raises:
            SendingFailed: a record was not taken.
        """
        look_until(self._heard, seconds)
        if self._counted:
            counter("arena.relay.confirmed").add(self._counted, self._names)
            self._counted = 0
        if self._failure is not None:
            raise SendingFailed(sentence(self._failure))

    def _heard(self) -> bool:
        """Whether there is news, after the client has told what it knows."""
        try:
            return self._producer.poll(0) > 0 or self._failure is not None
        except RAISED as fatal:
            self._failure = self._failure or error_of(fatal)
            return True

    def take_confirmed(self) -> dict[int, Position]:
        """Up to where Kafka has confirmed each partition of the log, where that is new since the last call."""
        taken, self._confirmed = self._confirmed, {}
        return taken

    @property
    def has_news(self) -> bool:
        """Whether something was confirmed since it was last taken."""
        return bool(self._confirmed)

    def close(self) -> None:
        """Send nothing any more, not even what was handed over; blocks until the threads have ended."""
        self._failure = self._failure or KafkaError(KafkaError._PURGE_QUEUE)  # noqa: SLF001 - the client's name for it
        self._producer.purge(blocking=False)
        with suppress(*RAISED):  # what was thrown away was not sent: known
            self._producer.close()

    def _produce(self, record: RawRecord) -> None:
        payload = record.payload if isinstance(record.payload, str) else record.payload.decode()
        value, content_type = self._route.codec.encode(self._number, record.type, payload)
        message = self._wire.message(record, value, content_type)
        number = self._wire.kafka_partition(record.partition)
        try:
            self._producer.produce(self._route.topic, message.value, message.key, number, headers=message.headers)
        except KafkaException as refused:
            if refused.args[0].code() != KafkaError.MSG_SIZE_TOO_LARGE:
                raise
            message = self._wire.message(record, None, content_type, omitted=TOO_LARGE)
            self._producer.produce(self._route.topic, None, message.key, number, headers=message.headers)
            counter("arena.relay.omitted").add(1, self._names)
        self._sent[number].append((record.partition, (record.position, record.at)))

    def _delivered(self, error: KafkaError | None, message: Any) -> None:
        if self._failure is not None:
            return
        if error is not None:
            self._failure = error
            return
        partition, position = self._sent[message.partition()].popleft()
        self._confirmed[partition] = position
        self._counted += 1


def _require(admin: AdminClient, route: Route) -> None:
    found = admin.list_topics(route.topic, timeout=_ANSWER).topics[route.topic]
    if found.error is not None:
        raise KafkaException(found.error)
    if (count := len(found.partitions)) != route.partitions:
        raise KafkaNotReady(f"The topic {route.topic} has {count} partitions instead of {route.partitions}: see `arena topics plan`.")


def _largest(admin: AdminClient, topic: str) -> int:
    """The bytes that the topic takes in one message, less what Kafka adds to ours."""
    resource = ConfigResource(RESOURCE_TOPIC, topic)
    [answer] = admin.describe_configs([resource], request_timeout=_ANSWER).values()
    return int(answer.result(2 * _ANSWER)["max.message.bytes"].value) - _ROOM


def why_not(topic: str, error: KafkaError) -> str:
    """What an answer about a topic means, in a sentence."""
    unknown = error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART
    return f"The topic {topic} is not there: run `arena topics apply`." if unknown else sentence(error)
