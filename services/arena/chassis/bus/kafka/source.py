"""A log as Kafka brings it; what Kafka lacks is read from the log itself (ADR 20)."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.kafka.apart import NoAnswer, WallClock, apart
from arena.chassis.bus.kafka.codec import Codec
from arena.chassis.bus.kafka.connection import member
from arena.chassis.bus.kafka.ends import SetBack, check, see_topic
from arena.chassis.bus.kafka.fetching import Fetching, Stream
from arena.chassis.bus.kafka.lanes import Lanes
from arena.chassis.bus.kafka.sending import KafkaNotReady, Route
from arena.chassis.bus.kafka.wire import group_of, topic_of
from arena.chassis.bus.source import EventSource, LogBus, Reassigned
from arena.chassis.core.settings import Settings
from arena.chassis.core.telemetry import counter
from arena.chassis.db.provision import PARTITIONS, LogDefinition

_log = structlog.get_logger(__name__)
PATIENCE = 5.0
"""Seconds after which what the log has is read there if Kafka has not brought it: the relay may be away, or the topic was cut."""
_NONE = -1
"""The turn of no lanes."""
_ALL = frozenset(range(PARTITIONS))
_SET_BACK = "kafka_holds_what_the_log_has_not"
_AWAY = "kafka_is_left_out"


@dataclass(frozen=True, slots=True)
class KafkaBus:
    """Reads the logs' topics; those that read for one consumer share its partitions."""

    settings: Settings
    behind: LogBus
    codec: Codec

    def source(self, engine: AsyncEngine, log: LogDefinition, group: str | None) -> EventSource:
        """See `Bus`."""
        prefix = self.settings.kafka_prefix
        group = group and group_of(group, prefix)
        config = member(self.settings, group or f"tail-of-{log.name}", group)
        stream = Stream(config, log.number, log.name, topic_of(log.name, prefix), group, self.codec)
        return KafkaSource(stream, self.behind.source(engine, log, None))


class KafkaSource:
    """Reads a log from its topic: as a member of a group, or all of it from now on without one.

    Positions are the reader's business and lie in PostgreSQL. The offsets that are committed to Kafka only tell where the next member
    of the group may begin to fetch.

    While Kafka cannot be believed or reached, the log alone is read, for a while at a time: then Kafka is looked at again. Several members
    may then read the same partitions. That costs work and no more: positions let each batch take effect once, and who finds itself
    Stale does so because another has gone on, so the log is always applied.
    """

    def __init__(self, stream: Stream, behind: EventSource, *, patience: float = PATIENCE) -> None:
        self._stream = stream
        self._behind = behind
        self._patience = patience
        self._clock = WallClock()
        self._lanes = Lanes()
        self._given: int | None = None
        self._fresh = asyncio.Event()
        self._looked = monotonic()
        self._fetching: Fetching | None = None
        self._alone: str | None = None
        """Why only the log is read, as it was told."""

    async def partitions(self) -> frozenset[int]:
        """The log partitions of the topic's partitions that the group gave to this member; all without a group.

        Asked at the start and after every trouble, which may have been a database that was set back: then Kafka tells of a future that
        never was, and only the log is read. Whom the group has given nothing for a while waits as long as Kafka answers and has the
        topic; otherwise there is no group that could give, and everything is read from the log.
        """
        await self._begin()
        self._fresh.clear()
        self._given = self._lanes.turn
        given = self._lanes.partitions
        if given or monotonic() - self._looked >= self._patience:
            await self._look(given)
        return _ALL if self._alone and not given else given

    async def read(self, after: Mapping[int, int], most: int) -> Sequence[RawRecord]:
        """What Kafka brought; where it left something out, what the log has.

        Raises:
            Reassigned: the group has given this member other partitions meanwhile.
        """
        await self._begin()
        self._fresh.clear()
        if self._given not in {None, self._lanes.turn}:
            raise Reassigned(self._stream.log)
        if self._alone:
            return await self._from_log_alone(after, most)
        found, lacking = self._lanes.take(after, most)
        if lacking:
            found += await self._missing({p: after[p] for p in lacking}, most)
        if monotonic() - self._looked >= self._patience:
            self._looked = monotonic()
            self._lanes.compare(await self._behind.heads())
            self._fresh.set()
        return found

    async def original(self, record: RawRecord) -> RawRecord:
        """Read from the log: what Kafka brought may be broken, or somebody else's.

        What the log has not got is dropped, and the reader begins anew: what came behind it may be of the same kind, and the ends are
        compared, which tell whether the log was set back. Where it grows to that place, the place is read there.
        """
        for found in await self._behind.read({record.partition: record.position - 1}, 1):
            if found.position == record.position:
                return found
        self._lanes.drop(record.partition)
        counter("arena.kafka.foreign").add(1, {"log": self._stream.log, "reason": "not-in-the-log"})
        _log.warning("kafka_foreign_message", topic=self._stream.topic, place=record[:2], reason="not-in-the-log")
        raise Reassigned(self._stream.log)

    async def heads(self) -> Mapping[int, int]:
        """As the log has them. Who asks without a group reads on from there, so fetching begins before."""
        await self._begin()
        return await self._behind.heads()

    async def wait(self, seconds: float) -> None:
        """Until something came after the last read began, at most so many seconds."""
        if self._alone:
            await self._behind.wait(min(seconds, self._patience))
            return
        try:
            async with asyncio.timeout(seconds):
                await self._fresh.wait()
        except TimeoutError:
            return

    async def close(self) -> None:
        """Leave the group, and tell Kafka where the next member may begin."""
        if self._fetching is not None:
            fetching, self._fetching = self._fetching, None
            with suppress(NoAnswer):
                await apart(fetching.stop)

    async def _begin(self) -> None:
        """Fetch from now on; a thread needs a loop to tell. Where the wall clock was set back the client may hang (see `apart`)."""
        if self._clock.was_set_back() and self._fetching is not None:
            _log.warning("kafka_fetching_begins_anew", log=self._stream.log, reason="the clock of this machine was set back")
            self._fetching.abandon()
            self._fetching, self._lanes = None, Lanes()
            self._given = None if self._given is None else _NONE
        if self._fetching is None:
            loop = asyncio.get_running_loop()
            self._fetching = Fetching(self._stream, self._lanes, lambda: loop.call_soon_threadsafe(self._fresh.set))
            self._fetching.start()

    async def _look(self, given: frozenset[int]) -> None:
        """Compare the ends of the topic with the log; who was given nothing only looks whether the topic is there."""
        stream, count = self._stream, PARTITIONS if self._fetching is None else self._fetching.count
        route = Route(stream.config, stream.log, stream.topic, count, stream.codec)
        try:
            await (check(self._behind, route) if given else apart(see_topic, route))
        except (KafkaNotReady, NoAnswer) as reason:
            what, say = (_SET_BACK, _log.error) if isinstance(reason, SetBack) else (_AWAY, _log.warning)
            if self._alone != what:
                say(what, log=stream.log, reason=str(reason))
            self._alone = what
        else:
            if self._alone:
                _log.info("kafka_is_read_again", log=stream.log)
            self._alone = None
        self._looked = monotonic()

    async def _from_log_alone(self, after: Mapping[int, int], most: int) -> Sequence[RawRecord]:
        """Until Kafka answers again, or the topic was made anew; now and then that is looked for.

        Raises:
            Reassigned: to look.
        """
        if monotonic() - self._looked >= self._patience:
            raise Reassigned(self._stream.log)
        return await self._from_log(after, most)

    async def _missing(self, after: Mapping[int, int], most: int) -> Sequence[RawRecord]:
        """Read from the log; its records come in the order of places, too."""
        records = await self._from_log(after, most)
        self._lanes.forget(after.keys() - {record.partition for record in records})
        return records

    async def _from_log(self, after: Mapping[int, int], most: int) -> Sequence[RawRecord]:
        """What Kafka should have brought, counted."""
        records = await self._behind.read(after, most)
        counter("arena.kafka.missing").add(len(records), {"log": self._stream.log})
        return records
