"""The relay of a log: reads it as a consumer does, sends it to Kafka, and records as applied what Kafka has confirmed (ADR 20, 21).

One relay holds a log at a time. Whatever goes wrong ends its term; the next term, its own or another's, begins at what was confirmed.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic
from typing import Final
from uuid import UUID

import structlog

from arena.chassis.bus import positions
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.consumer import origin
from arena.chassis.bus.kafka import ends
from arena.chassis.bus.kafka.apart import NoAnswer, apart
from arena.chassis.bus.kafka.codec import NotReady
from arena.chassis.bus.kafka.lease import CONSUMER, Fenced, Lease, prepare
from arena.chassis.bus.kafka.sending import KafkaNotReady, Route, Sending, SendingFailed
from arena.chassis.bus.source import EventSource
from arena.chassis.core.tasks import unless
from arena.chassis.core.telemetry import batch_span, counter, gauge
from arena.chassis.db.provision import PARTITIONS
from arena.chassis.db.trouble import PASSING
from arena.chassis.db.unit_of_work import Units

_log = structlog.get_logger(__name__)
_AT_ONCE: Final = 4000
_STORE_EVERY: Final = 0.25
"""Seconds between two transactions that store positions; what is not stored when a relay is killed is sent again."""
_SETTLE_EVERY: Final = 0.05
"""Seconds after which it is asked what Kafka has confirmed, while it has not confirmed all."""
_RENEW_EVERY: Final = 1.0
_POLL: Final = 0.5
_LINGER: Final = 0.002
"""Seconds after a few events in which more may gather. The first event after a silence waits for nothing."""
_STALL: Final = 30.0
"""Seconds without a confirmation after which a term ends: somebody else may reach Kafka, and a new one says what it lacks."""
_AGAIN: Final = 1.0
_SAY_EVERY: Final = 60.0
_LINKED: Final = 33
GRACE: Final = 4.0
"""Seconds for what was sent to be confirmed, when told to stop."""


class Stalled(Exception):
    """Kafka confirms nothing."""


_NOT_NOW: Final = (KafkaNotReady, SendingFailed, NotReady, NoAnswer, Stalled)


@dataclass(slots=True)
class Relay:
    """Carries one log, when no other does."""

    units: Units
    number: int
    source: EventSource
    route: Route
    holder: UUID
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    halted: set[int] = field(default_factory=set)
    """Partitions of which the log itself lacks a position."""
    lag: int = 0
    """Events of the log that Kafka had not confirmed when it was last looked."""
    _said: tuple[str, float] = ("", float("-inf"))

    @property
    def name(self) -> str:
        """What it is called among the workers of a process."""
        return f"relay of {self.route.log}"

    async def run(self) -> None:
        """Carry until told to stop. Trouble with Kafka or the database is told and waited out; nothing is skipped."""
        prepared = False
        while not self.stopping.is_set():
            try:
                if not prepared:
                    await prepare(self.units, self.number)
                    prepared = True
                if (lease := await Lease.take(self.units, self.number, self.holder)) is None:
                    self.tell_lag(0)  # who carries the log tells it
                else:
                    await self._serve(lease)
            except Fenced:
                _log.warning(
                    "relay_fenced", log=self.route.log, hint="another relay took the log over while this one did not renew its lease"
                )
            except _NOT_NOW as trouble:
                self._wait_because(str(trouble))
                await self._tell_lag()
            except PASSING as trouble:
                self._wait_because(str(trouble).splitlines()[0])
            except Exception:  # noqa: BLE001 - one event that breaks a codec must not end the relay unseen: it is told every time
                _log.exception("relay_failed", log=self.route.log)
                counter("arena.relay.failures").add(1, {"log": self.route.log})
                await self._tell_lag()
            await unless(self.stopping, asyncio.sleep(_AGAIN))
        self.tell_lag(0)

    async def _serve(self, lease: Lease) -> None:
        """One term: from what was confirmed until told to stop, or until something goes wrong."""
        try:
            await self.route.codec.prepare()
            sending = await apart(Sending.open, self.number, self.route)
            try:
                await ends.check(self.source, self.route)
                _log.info("relay_carries", log=self.route.log, token=lease.token)
                await _Term(self, lease, sending).carry()
            finally:
                await apart(sending.close)
        except _NOT_NOW:
            counter("arena.relay.failures").add(1, {"log": self.route.log})
            raise
        finally:
            with suppress(*PASSING):  # it runs out by itself
                await lease.give_back()

    def _wait_because(self, reason: str) -> None:
        """Say it when it is new, then now and then."""
        words, at = self._said
        if reason != words or monotonic() - at >= _SAY_EVERY:
            self._said = (reason, monotonic())
            _log.warning("relay_waits", log=self.route.log, reason=reason)

    async def _tell_lag(self) -> None:
        with suppress(*PASSING):
            heads = await self.source.heads()
            async with self.units.begin(read_only=True) as uow:
                confirmed = await positions.read(uow, CONSUMER, self.number, heads)
            self.tell_lag(sum(heads.values()) - sum(confirmed.values()))

    def tell_lag(self, events: int) -> None:
        """Say how many events of the log Kafka has not confirmed."""
        self.lag = events
        gauge("arena.relay.lag").set(events, {"log": self.route.log})


class _Term:
    """From taking the lease to its end."""

    def __init__(self, relay: Relay, lease: Lease, sending: Sending) -> None:
        self._relay = relay
        self._lease = lease
        self._sending = sending
        self._confirmed = dict(lease.since)
        self._cursors = dict(lease.since)
        self._pending: Sequence[RawRecord] = ()
        self._stored_at = monotonic()
        self._confirmed_at = monotonic()
        self._told_at = float("-inf")

    async def carry(self) -> None:
        """Until told to stop; then until what was sent is confirmed, for a while."""
        while not self._relay.stopping.is_set():
            busy = await self._step()
            await self._keep()
            if not busy and not self._relay.stopping.is_set():
                waits = _SETTLE_EVERY if self._sending.unconfirmed or self._sending.has_news else _POLL
                await unless(self._relay.stopping, self._relay.source.wait(waits))
        deadline = monotonic() + GRACE
        while self._sending.unconfirmed and monotonic() < deadline:
            await asyncio.to_thread(self._sending.settle, _SETTLE_EVERY)
        await self._store()

    async def _step(self) -> bool:
        """Read and send some; False when there was nothing."""
        if not self._pending:
            wanted = {p: at for p, at in self._cursors.items() if p not in self._relay.halted}
            self._pending = self._contiguous(await self._relay.source.read(wanted, _AT_ONCE))
        if not self._pending:
            self._sending.settle(0)
            return False
        origins = [origin(record.headers) for record in islice(self._pending, _LINKED)]
        with batch_span("arena.relay", origins, log=self._relay.route.log, **{"batch.size": len(self._pending)}):
            few = len(self._pending) < _AT_ONCE // PARTITIONS  # for so few a turn of a thread costs more than it saves
            taken = self._sending.send(self._pending) if few else await asyncio.to_thread(self._sending.send, self._pending)
        self._pending = self._pending[taken:]
        if self._pending:  # the window is full: nothing is read until Kafka has confirmed some
            await asyncio.to_thread(self._sending.settle, _SETTLE_EVERY)
        elif few:
            await asyncio.sleep(_LINGER)
        return True

    def _contiguous(self, records: Sequence[RawRecord]) -> Sequence[RawRecord]:
        """What continues the cursors; where the log itself has a hole, the partition stops with an alarm."""
        fine = []
        for record in records:
            expected = self._cursors[record.partition] + 1
            if record.partition in self._relay.halted:
                continue
            if record.position != expected:
                self._relay.halted.add(record.partition)
                names = {"log": self._relay.route.log, "partition": record.partition}
                _log.critical("log_gap", consumer=CONSUMER, expected=expected, found=record.position, **names)
                continue
            self._cursors[record.partition] = record.position
            fine.append(record)
        return fine

    async def _keep(self) -> None:
        """Store what is confirmed, renew the lease, tell the lag: each as often as it is due."""
        now = monotonic()
        if self._sending.has_news:
            self._confirmed_at = now
        elif self._sending.unconfirmed and now - self._confirmed_at >= _STALL:
            raise Stalled(f"Kafka has confirmed nothing for {_STALL:.0f} s.")
        elif not self._sending.unconfirmed:
            self._confirmed_at = now
        if now - self._stored_at >= (_STORE_EVERY if self._sending.has_news else _RENEW_EVERY):
            await self._store()
            self._stored_at = now
        if now - self._told_at >= _RENEW_EVERY:
            self._told_at = now
            heads = await self._relay.source.heads()
            self._relay.tell_lag(sum(heads.values()) - sum(self._confirmed.values()))

    async def _store(self) -> None:
        confirmed = self._sending.take_confirmed()
        await self._lease.store(confirmed)
        self._confirmed.update({partition: position for partition, (position, _) in confirmed.items()})
