"""The build itself: scoring's own consumers, muted, over the empty schema, up to exactly where they are told to stop."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from arena.chassis.bus import barrier, dead_letters, parking
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.consumer import Consumer, ConsumerRunner
from arena.chassis.bus.due import DueRunner
from arena.chassis.bus.source import EventSource, PostgresSource
from arena.chassis.bus.versions import type_names
from arena.chassis.db.provision import LogDefinition
from arena.chassis.db.unit_of_work import MutedUnits
from arena.contracts.events.battles import BattleFinalised
from arena.contracts.ids import BattleId, UserId
from arena.contracts.registry import BATTLES, PARTITIONS, STANDINGS
from arena.embedded.rebuilding.beside import Positions
from arena.embedded.rebuilding.refusals import LogDamaged
from arena.embedded.rebuilding.report import FinalHash
from arena.scoring.consumers import BATTLES_CONSUMER, consumers
from arena.scoring.storage.battles import result_hashes
from arena.scoring.use_cases.battles import BattleKeeper
from arena.scoring.use_cases.closing import Closing
from arena.scoring.use_cases.ledger import LEDGER_CONSUMER, STREAK_REVIEW, LedgerKeeper
from arena.scoring.use_cases.rebuilding import Line, Said, close_again, keep_called_off, resume_revisions, unlike_announced
from arena.scoring.use_cases.scorekeeping import ANNOUNCE, Scorekeeper
from arena.scoring.use_cases.streaks import Streaks

_AT_ONCE = 100

Advance = Callable[[int], None]
Place = tuple[str, int, int]
"""(consumer, partition, position)."""


@dataclass(slots=True)
class UpTo:
    """A source that ends where it is told, although the log goes on."""

    inner: EventSource
    bounds: Mapping[int, int] | None = None
    """Partition → the last position to read; without it, all there is."""

    async def partitions(self) -> frozenset[int]:
        """All of them."""
        return await self.inner.partitions()

    async def read(self, after: Mapping[int, int], most: int) -> Sequence[RawRecord]:
        """As the inner one, up to the bounds."""
        if self.bounds is None:
            return await self.inner.read(after, most)
        last = {partition: self.bounds.get(partition, 0) for partition in after}
        wanted = {partition: position for partition, position in after.items() if position < last[partition]}
        records = await self.inner.read(wanted, most) if wanted else []
        return [record for record in records if record.position <= last[record.partition]]

    async def original(self, record: RawRecord) -> RawRecord:
        """As the inner one."""
        return await self.inner.original(record)

    async def heads(self) -> Mapping[int, int]:
        """As the inner one."""
        return await self.inner.heads()

    async def wait(self, seconds: float) -> None:
        """As the inner one."""
        await self.inner.wait(seconds)

    async def close(self) -> None:
        """As the inner one."""
        await self.inner.close()


@dataclass(slots=True)
class Build:
    """One build over the empty schema. All it does is muted: what follows from the events was said long ago."""

    units: MutedUnits
    advance: Advance
    discarded: frozenset[Place] = frozenset()
    """Events that were given up: they stay so, and what waited behind them is applied."""
    events: int = 0
    said: Said = field(default_factory=Said)
    finalised: dict[BattleId, str] = field(default_factory=dict)
    shown: dict[BattleId, str] = field(default_factory=dict)
    """Digests of the documents that players are shown."""
    runners: tuple[ConsumerRunner, ...] = ()
    _closed: set[BattleId] = field(default_factory=set)
    _scorekeeper: Scorekeeper = field(default_factory=lambda: Scorekeeper(pause=_never))

    def __post_init__(self) -> None:
        """Its runners."""
        made = consumers(LedgerKeeper(self._scorekeeper), BattleKeeper(self._scorekeeper))
        self.runners = tuple(ConsumerRunner(self.units, consumer, UpTo(self._source(consumer.log))) for consumer in made)

    async def apply(self, positions: Positions | None) -> None:
        """Apply the logs up to these positions; without them, all there is.

        Raises:
            LogDamaged: events are missing.
        """
        for runner in self.runners:
            runner.source = UpTo(self._source(runner.consumer.log), None if positions is None else bounds_of(positions, runner.consumer))
            while applied := await runner.step():
                self._count(applied)
            if runner.halted:
                raise LogDamaged(runner.consumer.log.name, runner.halted)
            await self._give_up_again(runner.consumer)

    def behind(self, positions: Positions) -> int:
        """How many events there are between what was applied and these positions."""
        return sum(
            max(0, wanted - runner.cursors.get(partition, 0))
            for runner in self.runners
            for partition, wanted in bounds_of(positions, runner.consumer).items()
        )

    async def hear(self, heads: Mapping[int, int] | None = None) -> None:
        """Read what scoring has said so far, say its last words again, and let the revisions go on from there.

        Args:
            heads: of scoring's own log; nothing is read beyond them.
        """
        await self.said.read_on(UpTo(self._source(STANDINGS), heads), self.units.catalogue, self._count)
        take = partial(barrier.take, self.units.engine)
        closing = Closing(take, self._scorekeeper, ledger_consumer=LEDGER_CONSUMER, battles_consumer=BATTLES_CONSUMER)
        scored = sorted(self.said.scored.keys() - self._closed)
        for start in range(0, len(scored), _AT_ONCE):
            async with self.units.begin() as uow:
                await close_again(uow, closing, scored[start : start + _AT_ONCE])
        self._closed |= set(scored)
        async with self.units.begin() as uow:
            await resume_revisions(uow, self.said.battles)
            await keep_called_off(uow, self.said.battles)

    async def review(self) -> None:
        """Do what is due: streaks are looked at, standings ranked."""
        due = DueRunner(self.units, {STREAK_REVIEW: Streaks().review, ANNOUNCE: self._scorekeeper.announce})
        while await due.step():
            pass

    async def unlike_announced(self) -> AsyncIterator[tuple[BattleId, UserId, Line | None, Line | None]]:
        """Lines of standings that were announced otherwise than they stand in the build: battle, user, both of either."""
        async with self.units.begin(read_only=True) as uow:
            async for line in unlike_announced(uow, self.said.battles):
                yield line

    async def hashes(self) -> tuple[FinalHash, ...]:
        """The final hashes of all battles that have one."""
        scored = self.said.scored
        async with self.units.begin(read_only=True) as uow:
            rebuilt = await result_hashes(uow)
        battles = sorted(scored.keys() | self.finalised.keys())
        return tuple(FinalHash(one, scored.get(one), self.finalised.get(one), self.shown.get(one), rebuilt.get(one)) for one in battles)

    async def parked(self) -> tuple[dict[str, Any], ...]:
        """What could not be applied."""
        async with self.units.begin(read_only=True) as uow:
            return tuple(await parking.listing(uow))

    async def read_finalised(self, positions: Positions | None) -> None:
        """The final hashes in the battles' own log."""
        bounds = None if positions is None else {p: at for (name, p), at in positions.items() if name == BATTLES_CONSUMER}
        source = UpTo(self._source(BATTLES), bounds)
        cursors = dict.fromkeys(range(PARTITIONS), 0)
        while batch := await source.read(cursors, 5000):
            for raw in batch:
                cursors[raw.partition] = raw.position
                if raw.type in type_names(BattleFinalised):
                    event = self.units.catalogue.decode(BATTLES.number, raw)
                    self.finalised[event.battle_id] = event.result_hash

    async def _give_up_again(self, consumer: Consumer) -> None:
        """What fails again and was given up before is given up again; what waited behind it goes on, as it did then."""
        mine = {(partition, position) for name, partition, position in self.discarded if name == consumer.name}
        if mine:
            await dead_letters.discard_again(self.units, consumer, mine)

    def _source(self, log: LogDefinition) -> PostgresSource:
        return PostgresSource(self.units.engine, log.number, range(PARTITIONS), Bell(""))

    def _count(self, events: int) -> None:
        self.events += events
        self.advance(events)


def bounds_of(positions: Positions, consumer: Consumer) -> dict[int, int]:
    """Up to where a consumer is to apply its log, by partition."""
    return {partition: position for (name, partition), position in positions.items() if name == consumer.name}


def _never(_: int) -> timedelta:
    """Standings that nobody watches need no rest: their ranks are always those of the last fact."""
    return timedelta()
