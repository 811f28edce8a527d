"""The consumer runner: micro-batches, every event takes effect once, what cannot be applied parks its key.

Effects, emitted events and the positions of a batch go in one transaction. The position rows are locked first, so of two
runners that read the same batch one finds that the other was there and reads again.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final

import msgspec
import structlog

from arena.chassis.bus import parking, positions
from arena.chassis.bus.catalogue import MISFITS, Catalogue, RawRecord, Recorded, misfit
from arena.chassis.bus.source import EventSource, Reassigned
from arena.chassis.bus.versions import type_names
from arena.chassis.core.tasks import in_turns, unless
from arena.chassis.core.telemetry import batch_span, counter, gauge, histogram
from arena.chassis.db.provision import LogDefinition
from arena.chassis.db.trouble import PASSING, passes
from arena.chassis.db.unit_of_work import UnitOfWork, Units

_log = structlog.get_logger(__name__)
_LOOK_EVERY: Final = 2.0
"""Seconds between two looks at how far a consumer is."""

Handler = Callable[[UnitOfWork, Sequence[Recorded[Any]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who reads which log, and what each event type makes happen; types without a handler are passed over."""

    name: str
    log: LogDefinition
    handlers: Mapping[type, Handler]
    batch: int = 2000
    attempts: int = 3
    """How often a single event is tried before its key is parked."""
    linger: float = 0.005
    """Seconds after a batch in which the next one may gather. The first event after a silence waits for nothing."""


class Stale(Exception):
    """The stored positions are not those the batch was read at: another runner was here."""


class Gap(Exception):
    """Positions are missing: an event was lost, or the log was cut. The partition stops; someone must look."""


_ANEW: Final = (Stale, Reassigned)
"""After these the reader asks where it stands."""


@dataclass(slots=True)
class ConsumerRunner:
    """Runs one consumer over one source."""

    units: Units
    consumer: Consumer
    source: EventSource
    muted: bool = False
    poll: float = 0.5
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    cursors: dict[int, int] = field(default_factory=dict)
    halted: set[int] = field(default_factory=set)
    lag: int = 0
    """Events that were still to be applied when it was last looked."""
    _looked_at: float = float("-inf")
    _left_lying: dict[int, int] = field(default_factory=dict)
    """Where the partitions stood at the last look that others are to read and that had more."""

    async def run(self) -> None:
        """Read and apply until told to stop, between batches. Trouble with the database pauses (with backoff), it never skips."""
        try:
            await self._run()
        finally:
            await self.source.close()

    async def _run(self) -> None:
        pause = 0.05
        while not self.stopping.is_set():
            try:
                applied = await self.step()
                await self._look_around()
                if not applied:
                    await unless(self.stopping, self.source.wait(self.poll))
                elif applied < self.consumer.batch // 2:
                    await asyncio.sleep(self.consumer.linger)
                pause = 0.05
            except _ANEW:
                self.cursors = {}
            except PASSING as trouble:
                _log.warning("consumer_paused", consumer=self.consumer.name, seconds=pause, error=str(trouble).splitlines()[0])
                self.cursors = {}
                await unless(self.stopping, asyncio.sleep(random.uniform(pause / 2, pause)))  # noqa: S311 - jitter, not a secret
                pause = min(pause * 2, 5.0)

    async def step(self) -> int:
        """Apply one batch and answer how many events it had; 0 when there is nothing to read."""
        if not self.cursors:
            self.cursors = await positions.load(self.units, self.consumer.name, self.consumer.log.number, await self.source.partitions())
        if not self.cursors:
            return 0  # a group may have more members than partitions
        wanted = {p: at for p, at in self.cursors.items() if p not in self.halted}
        batch = self._contiguous(await self.source.read(wanted, self.consumer.batch))
        if batch:
            await self._apply_traced(batch)
        return len(batch)

    async def _apply_traced(self, batch: Sequence[RawRecord]) -> None:
        """Apply a batch in a span that goes on where its events were appended, and count it."""
        names = {"consumer": self.consumer.name, "log": self.consumer.log.name}
        began = perf_counter()
        with batch_span("arena.consume", (origin(record.headers) for record in batch), **names, **{"batch.size": len(batch)}):
            await self._apply(batch)
        histogram("arena.consumer.batch.duration").record(perf_counter() - began, {"consumer": self.consumer.name})
        counter("arena.consumer.applied").add(len(batch), names)

    async def _look_around(self) -> None:
        """Now and then, whether or not there was a batch: what stands still counts, too."""
        if (now := perf_counter()) - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = now
        heads = await self.source.heads()
        self.lag = sum(max(0, heads.get(partition, 0) - position) for partition, position in self.cursors.items())
        gauge("arena.consumer.lag").set(self.lag, {"consumer": self.consumer.name, "log": self.consumer.log.name})
        await self._take_on({p: head for p, head in heads.items() if p not in self.cursors and p not in self.halted})

    async def _take_on(self, others: Mapping[int, int]) -> None:
        """Of the partitions that others are to read, with their heads, read what nobody does.

        Whom a source gives a partition may have been killed; the source notices when his session ends, in Kafka after 45 seconds.
        What is taken on stood still from one look to the next, though it has more, and nobody is at work at it.
        """
        name, topic = self.consumer.name, self.consumer.log.number
        before, self._left_lying = self._left_lying, {}
        if others:
            async with self.units.begin(read_only=True) as uow:
                applied = await positions.read(uow, name, topic, others)
            self._left_lying = {p: at for p, at in applied.items() if at < others[p]}
        standing = [p for p, at in self._left_lying.items() if before.get(p) == at]
        if standing and (idle := await positions.load_idle(self.units, name, topic, standing)):
            _log.warning("partitions_taken_on", consumer=name, partitions=sorted(idle))
            self.cursors |= idle

    async def drain(self) -> int:
        """Apply all there is now, however long the source takes to bring it; answers how many events."""
        heads, total = await self.source.heads(), 0
        while True:
            try:
                applied = await self.step()
            except Reassigned:
                self.cursors = {}
                continue
            total += applied
            if not applied and self._reached(heads):
                return total
            if not applied:
                await self.source.wait(self.poll)

    def _reached(self, heads: Mapping[int, int]) -> bool:
        """Whether everything up to `heads` is applied, but for partitions that stand still."""
        return bool(self.cursors) and all(at >= heads.get(p, 0) for p, at in self.cursors.items() if p not in self.halted)

    def _contiguous(self, batch: Sequence[RawRecord]) -> list[RawRecord]:
        """The records that continue the cursors without a gap; what was applied already is dropped."""
        cursors, fine = dict(self.cursors), []
        for record in batch:
            partition, position = record[:2]
            following = cursors[partition] + 1
            if position == following and partition not in self.halted:
                cursors[partition] = position
                fine.append(record)
            elif position > following and partition not in self.halted:
                self.halted.add(partition)
                _log.critical("log_gap", consumer=self.consumer.name, partition=partition, expected=following, found=position)
        return fine

    async def _apply(self, batch: Sequence[RawRecord]) -> None:
        """Apply in one transaction; on failure halve until what fails stands alone. Prefixes first: positions stay prefixes."""
        try:
            await self._transact(batch)
        except Exception as wrong:
            if isinstance(wrong, _ANEW) or passes(wrong):
                raise
            await self._bisect(batch, wrong)  # whatever else a handler raises is this event's trouble, not the runner's

    async def _bisect(self, batch: Sequence[RawRecord], wrong: Exception) -> None:
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._apply(batch[:middle])
            await self._apply(batch[middle:])
        else:
            await self._retry_or_park(batch[0], wrong)

    async def _retry_or_park(self, came: RawRecord, wrong: Exception) -> None:
        """Try it as the log has it, and park that: what a source brought from elsewhere may be broken."""
        record = await self.source.original(came)
        tried = 1 if record is came else 0
        for attempt in range(tried, self.consumer.attempts):
            await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, not a secret
            try:
                await self._transact([record])
            except Exception as again:
                if isinstance(again, _ANEW) or passes(again):
                    raise
                wrong = again
            else:
                return
        reason = parking.reason_of(wrong)
        await self._transact([record], reason=reason)
        counter("arena.consumer.parked").add(1, {"consumer": self.consumer.name})
        _log.error("event_parked", consumer=self.consumer.name, key=record.key, type=record.type, reason=reason)

    async def _transact(self, batch: Sequence[RawRecord], *, reason: str | None = None) -> None:
        """One transaction for a batch; with a `reason` its single record is parked instead of applied."""
        name, topic = self.consumer.name, self.consumer.log.number
        last = {p: (record.position, record.at) for p, record in {record.partition: record for record in batch}.items()}
        async with self.units.begin() as uow:
            if self.muted:
                uow.mute()
            held, parked = await uow.ask(positions.locking(name, topic, last), parking.keys(name, topic))
            stored, parked_keys = dict(held), {key for (key,) in parked}
            if any(stored.get(p) != self.cursors[p] for p in last):
                raise Stale
            applied: Sequence[RawRecord] = batch
            if parked_keys or reason is not None:
                waiting = [await self.source.original(record) for record in batch if reason is not None or record.key in parked_keys]
                await parking.park(uow, name, topic, waiting, reason=reason, attempts=self.consumer.attempts)
                applied = [record for record in batch if reason is None and record.key not in parked_keys]
            await hand_over(uow, self.consumer, applied)
            uow.advance(name, topic, last)
        self.cursors.update({p: position for p, (position, _) in last.items()})


def origin(headers: str | None) -> str | None:
    """The `traceparent` among the headers of a record."""
    if not headers:
        return None
    found: dict[str, str] = msgspec.json.decode(headers)
    return found.get("traceparent")


async def hand_over(uow: UnitOfWork, consumer: Consumer, records: Sequence[RawRecord]) -> None:
    """Decode and hand over, in stages that keep the order of each key and make few, large calls."""
    ways = _ways(uow.catalogue, consumer)
    handled = [pair async for part in in_turns(records) for pair in _decoded(uow.catalogue, consumer, ways, part)]
    if len(set(consumer.handlers.values())) > 1:
        for handler, events in stages(handled):
            await handler(uow, events)
    elif whole := [event for _, event in handled]:
        await next(iter(consumer.handlers.values()))(uow, whole)


def _ways(catalogue: Catalogue, consumer: Consumer) -> "dict[str, tuple[Handler, Callable[[str | bytes], Any]]]":
    """By type name, who handles an event and what decodes it."""
    named = {name: handler for event, handler in consumer.handlers.items() for name in type_names(event)}
    found = {name: (handler, catalogue.decoder(consumer.log.number, name)) for name, handler in named.items()}
    return {name: (handler, decoder) for name, (handler, decoder) in found.items() if decoder is not None}


def _decoded(
    catalogue: Catalogue, consumer: Consumer, ways: "dict[str, tuple[Handler, Callable[[str | bytes], Any]]]", records: Sequence[RawRecord]
) -> "list[tuple[Handler, Recorded[Any]]]":
    handled = []
    for record in records:
        partition, position, at, key, kind, payload, _ = record
        if (way := ways.get(kind)) is None:
            if catalogue.decoder(consumer.log.number, kind) is None:
                raise catalogue.unknown(consumer.log.number, kind)
            continue
        try:
            event = way[1](payload)
        except MISFITS as wrong:
            raise misfit(record, wrong) from wrong
        handled.append((way[0], Recorded(event, partition, position, at, key)))
    return handled


def stages(handled: Iterable[tuple[Handler, Recorded[Any]]]) -> list[tuple[Handler, list[Recorded[Any]]]]:
    """Group by handler without changing the order of any key.

    An event goes into the latest stage of its key, or the next one when the handler changes; different keys may overtake one another.
    """
    groups: dict[tuple[int, Handler], list[Recorded[Any]]] = {}
    reached: dict[str, tuple[int, Handler]] = {}
    for handler, event in handled:
        stage, before = reached.get(event.key, (0, handler))
        place = (stage if before is handler or before == handler else stage + 1, handler)
        reached[event.key] = place
        groups.setdefault(place, []).append(event)
    return [(handler, groups[stage, handler]) for stage, handler in sorted(groups, key=lambda place: place[0])]
