"""The thread that fetches from Kafka: a member of a group, or a reader of everything from now on. It goes on whatever happens."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import structlog
from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from arena.chassis.bus.kafka.codec import Codec, Undecodable, framed
from arena.chassis.bus.kafka.connection import classic, sentence, wants_classic
from arena.chassis.bus.kafka.lanes import Arrival, Lanes
from arena.chassis.bus.kafka.wire import Foreign, Wire
from arena.chassis.core.telemetry import counter
from arena.chassis.db.provision import PARTITIONS

_log = structlog.get_logger(__name__)
_AT_ONCE: Final = 500
"""Messages a call: the client hands over 500 four times as fast as 5,000 (measured)."""
_MANY: Final = 10_000
"""Records that may wait to be applied, or twice as many as the reader takes at once; then nothing is fetched until half of them are."""
_TICK: Final = 0.1
_UNPOLLED: Final = 5.0
"""Seconds without asking Kafka for anything: it takes such a member for gone after minutes, and others wait for what it is to give up.

To ask it, all must be paused, and the client throws away what it holds: a batch that takes its time should not cost that.
"""
_HINT_EVERY: Final = 1.0
_AGAIN: Final = 1.0
_SAY_EVERY: Final = 30.0
_ANSWER: Final = 5.0


@dataclass(frozen=True, slots=True)
class Stream:
    """A log's topic as one reader sees it; without a group it reads all partitions from now on."""

    config: Mapping[str, Any]
    number: int
    log: str
    topic: str
    group: str | None
    codec: Codec


class TopicMissing(Exception):
    """The topic is not there."""


class Fetching:
    """Fetches until it is told to stop; every trouble is told, and everything begun anew."""

    def __init__(self, stream: Stream, lanes: Lanes, tell: Callable[[], object]) -> None:
        self._stream = stream
        self._config = stream.config
        self._lanes = lanes
        self._tell = tell
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"fetching {stream.log}", daemon=True)
        self._said: dict[str, float] = {}
        self._wire = Wire(stream.log, PARTITIONS)
        self._count = PARTITIONS
        self._next: dict[int, int] = {}
        """Per Kafka partition that is ours, the offset that follows what was fetched."""
        self._new: set[int] = set()
        """Kafka partitions that were given to us and have no lanes yet."""
        self._hinted: dict[int, int] = {}
        self._hint_at = 0.0
        if stream.group is None:
            lanes.give(range(PARTITIONS))

    @property
    def count(self) -> int:
        """How many partitions the topic has; what one hopes for until it was looked at."""
        return self._count

    @property
    def _many(self) -> int:
        return max(_MANY, 2 * self._lanes.most)

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End; blocks until the group is left."""
        self._stopping.set()
        self._thread.join()

    def abandon(self) -> None:
        """End whenever the client comes back; nobody waits for it."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._fetch_from(Consumer(dict(self._config)))
            except TopicMissing:
                self._say("kafka_topic_missing", topic=self._stream.topic, hint="arena topics apply")
            except KafkaException as trouble:
                self._give_way(trouble.args[0])
            except Exception:  # noqa: BLE001 - the thread must live: whoever reads would otherwise wait for ever
                _log.exception("kafka_fetching_failed", topic=self._stream.topic)
            self._withdraw_all()
            self._stopping.wait(_AGAIN)

    def _fetch_from(self, consumer: Consumer) -> None:
        try:
            self._look_at_topic(consumer)
            if self._stream.group is None:
                self._next = dict.fromkeys(range(self._count), 0)
                consumer.assign([TopicPartition(self._stream.topic, number, OFFSET_END) for number in range(self._count)])
            else:
                consumer.subscribe([self._stream.topic], on_assign=self._given, on_revoke=self._taken, on_lost=self._lost)
            while not self._stopping.is_set():
                self._fetch(consumer)
                if self._lanes.waiting > self._many:
                    self._let_them_apply(consumer)
                self._hint(consumer)
        finally:
            self._hint(consumer, last=True)
            consumer.close()

    def _look_at_topic(self, consumer: Consumer) -> None:
        found = consumer.list_topics(self._stream.topic, timeout=_ANSWER).topics[self._stream.topic]
        if found.error is not None:
            if found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise TopicMissing
            raise KafkaException(found.error)
        self._count = len(found.partitions)
        self._wire = Wire(self._stream.log, self._count)

    def _fetch(self, consumer: Consumer) -> None:
        messages = consumer.consume(1, _TICK)  # for more than there is it would wait until the tick is over
        if messages:
            messages += consumer.consume(_AT_ONCE - 1, 0)
        if self._new:
            self._begin_new(consumer)
        if messages:
            self._lanes.accept(self._arrivals(messages))  # read before the lanes are locked: the reader waits for them
            self._tell()

    def _arrivals(self, messages: Iterable[Any]) -> list[Arrival]:
        """What the messages are; their own type says that anything may be missing, which is so only where they carry an error."""
        plain, following = self._wire.plain, self._next
        found: list[Arrival] = []
        for message in messages:
            number, value = message.partition(), message.value()
            record = plain(message.headers(), number, message.key(), value)
            if record is None or framed(value):
                found += self._closely(message)
                continue
            offset = message.offset()
            if number in following:  # else it was taken from us in the same breath
                following[number] = offset + 1
            found.append(Arrival(record.partition, record.position, record, offset))
        return found

    def _closely(self, message: Any) -> Iterator[Arrival]:
        """The same of a message that is not as most are."""
        if (error := message.error()) is not None:
            self._told(error)
            return
        number, offset, headers = message.partition(), message.offset(), message.headers()
        if number in self._next:
            self._next[number] = offset + 1
        place = self._wire.place(headers, number)
        if isinstance(place, Foreign):
            self._pass_over(place, number, offset)
            return
        value = message.value()
        record = None if value is None else self._wire.record(place, message.key(), value, headers)
        if isinstance(record, Foreign):
            self._pass_over(record, number, offset)
            return
        if value is not None and framed(value):
            record = self._decoded(record)
        yield Arrival(*place, record, offset)

    def _decoded(self, record: Any) -> Any:
        """The record with its payload as the log has it; None, and so read from the log, where it cannot be decoded."""
        try:
            return record._replace(payload=self._stream.codec.decode(self._stream.number, record.type, record.payload))
        except Undecodable as wrong:
            self._say("kafka_value_undecodable", topic=self._stream.topic, type=record.type, error=str(wrong))
            return None

    def _pass_over(self, reason: Foreign, number: int, offset: int) -> None:
        counter("arena.kafka.foreign").add(1, {"log": self._stream.log, "reason": str(reason)})
        self._say("kafka_foreign_message", topic=self._stream.topic, partition=number, offset=offset, reason=str(reason))

    def _give_way(self, error: KafkaError) -> None:
        """Say what is wrong; where the brokers only know the older protocol of groups, use that from now on."""
        if wants_classic(error):
            _log.info("kafka_groups_by_the_older_protocol", topic=self._stream.topic)
            self._config = classic(self._config)
        else:
            self._say("kafka_fetching_paused", topic=self._stream.topic, error=sentence(error))

    def _let_them_apply(self, consumer: Consumer) -> None:
        """Fetch nothing until half of what waits is applied; whoever takes long (a database that is away) stays a member.

        Only a partition that brought something is paused: before, the client would forget where to begin (librdkafka issue 2190). It
        keeps one paused that is taken from us, and would when it comes back.
        """
        since, paused = monotonic(), set[int]()
        while self._lanes.waiting > self._many // 2 and not self._stopping.is_set():
            if monotonic() - since < _UNPOLLED:
                self._stopping.wait(0.005)
                continue
            begun = {number for number, offset in self._next.items() if offset >= 0} - paused
            consumer.pause(self._named(begun))
            paused |= begun
            self._fetch(consumer)
            self._hint(consumer)
        consumer.resume(self._named(paused))

    def _named(self, numbers: Iterable[int]) -> list[TopicPartition]:
        return [TopicPartition(self._stream.topic, number) for number in numbers]

    def _begin_new(self, consumer: Consumer) -> None:
        """Open lanes for what was given."""
        self._look_at_topic(consumer)
        new, self._new = self._new, set()
        self._next.update((number, -1) for number in new)
        self._lanes.give(self._of_log(new))
        self._tell()

    # The client calls these three from within `consume` or `close`. There it must not be asked anything that waits for an answer:
    # it would forget who called it, and end this process at its next call of ours.
    def _given(self, _consumer: Consumer, given: Sequence[TopicPartition]) -> None:
        self._new.update(one.partition for one in given)

    def _taken(self, consumer: Consumer, taken: Sequence[TopicPartition]) -> None:
        self._hint(consumer, at_once=True)
        self._lost(consumer, taken)

    def _lost(self, _consumer: Consumer, lost: Sequence[TopicPartition]) -> None:
        for one in lost:
            self._new.discard(one.partition)
            self._next.pop(one.partition, None)
            self._hinted.pop(one.partition, None)
        self._lanes.withdraw(self._of_log(one.partition for one in lost))
        self._tell()

    def _of_log(self, numbers: Iterable[int]) -> list[int]:
        """The log partitions that go to these partitions of Kafka's."""
        wanted = set(numbers)
        return [partition for partition in range(PARTITIONS) if self._wire.kafka_partition(partition) in wanted]

    def _withdraw_all(self) -> None:
        if self._stream.group is not None and (self._next or self._new):
            self._lanes.withdraw(range(PARTITIONS))
            self._next, self._hinted, self._new = {}, {}, set()
            self._tell()

    def _hint(self, consumer: Consumer, *, at_once: bool = False, last: bool = False) -> None:
        """Tell Kafka where fetching may begin next time; what that costs when it is lost is a few records that come twice."""
        if self._stream.group is None or not (at_once or last or monotonic() - self._hint_at >= _HINT_EVERY):
            return
        self._hint_at = monotonic()
        hints = {number: self._safe(number) for number in self._next}
        changed = {number: offset for number, offset in hints.items() if offset >= 0 and offset != self._hinted.get(number)}
        if not changed:
            return
        offsets = [TopicPartition(self._stream.topic, number, offset) for number, offset in changed.items()]
        try:
            if last:
                consumer.commit(offsets=offsets, asynchronous=False)
            else:
                consumer.commit(offsets=offsets, asynchronous=True)
            self._hinted.update(changed)
        except KafkaException as trouble:
            _log.debug("kafka_hint_lost", topic=self._stream.topic, error=str(trouble))

    def _safe(self, number: int) -> int:
        waiting = self._lanes.first_offset(self._of_log([number]))
        return self._next[number] if waiting is None else waiting

    def _told(self, error: KafkaError) -> None:
        """An error that came in the place of a message: told; what the client cannot mend by itself begins anew.

        Raises:
            KafkaException: it cannot.
        """
        if error.fatal():
            raise KafkaException(error)
        self._say("kafka_trouble", topic=self._stream.topic, error=sentence(error))

    def _say(self, what: str, **words: Any) -> None:
        """Say it when it is new, then now and then."""
        known = f"{what} {words.get('error', words.get('reason', ''))}"
        if monotonic() - self._said.get(known, float("-inf")) >= _SAY_EVERY:
            self._said[known] = monotonic()
            _log.warning(what, **words)
