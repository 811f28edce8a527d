"""Scoring built anew from the log, beside the old one; it takes the old one's place only if every final result comes out the same.

The old projection stays whole until the last step, so a rebuild that is killed has changed nothing.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from arena.chassis.bus import barrier, parking
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.bus.consumer import ConsumerRunner
from arena.chassis.bus.due import DueRunner
from arena.chassis.bus.source import PostgresSource, read_heads
from arena.chassis.db.migrate import migrate
from arena.chassis.db.provision import LogDefinition
from arena.chassis.db.unit_of_work import Units
from arena.contracts.events.battles import BattleFinalised
from arena.contracts.ids import BattleId
from arena.contracts.registry import BATTLES, LEDGER, LOGS, PARTITIONS, STANDINGS, partition_of
from arena.scoring.app import SCHEMA
from arena.scoring.consumers import BATTLES_CONSUMER, consumers
from arena.scoring.storage.battles import find_battle
from arena.scoring.use_cases.battles import BattleKeeper
from arena.scoring.use_cases.closing import Closing
from arena.scoring.use_cases.ledger import LEDGER_CONSUMER, STREAK_REVIEW, LedgerKeeper
from arena.scoring.use_cases.rebuilding import Announced, announce_unsaid, announcements, close_again, resume_revisions
from arena.scoring.use_cases.scorekeeping import ANNOUNCE, Scorekeeper
from arena.scoring.use_cases.streaks import Streaks

BESIDE = f"{SCHEMA.name}_rebuilt"
_PREPARING = "hashtext('arena.provision')"
"""The lock under which schemas are prepared: a platform that starts meanwhile waits for it."""
_AT_ONCE = 100
_MOMENT = 2.0
_FOLLOWED = (LEDGER, BATTLES)

Advance = Callable[[int], None]


class StillRunning(Exception):
    """Somebody else works with scoring's tables."""

    slug = "still-running"

    def __init__(self) -> None:
        super().__init__("The platform is running on this database: stop it (Ctrl-C where `arena up` runs), then try again.")


class LogDamaged(Exception):
    """Events are missing from a log."""

    slug = "log-damaged"

    def __init__(self, log: str, partitions: set[int]) -> None:
        numbers = ", ".join(map(str, sorted(partitions)))
        super().__init__(f"Events are missing from {log} (partition {numbers}): restore the database from a backup. Nothing was changed.")


class FinalHash(NamedTuple):
    """A battle's final hash: as scoring's log has it, as the battle's own log has it, and as it comes out now."""

    battle_id: BattleId
    scored: str | None
    finalised: str | None
    rebuilt: str | None

    @property
    def equal(self) -> bool:
        """Whether all that is said is the same; a battle whose last word came just before the end may not be finalised yet."""
        return self.rebuilt is not None and self.rebuilt == self.scored and self.finalised in {None, self.scored}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it."""

    events: int
    hashes: tuple[FinalHash, ...]
    parked: tuple[dict[str, Any], ...]
    announced: int
    """Battles whose standings had not been announced before."""
    replaced: bool

    @property
    def wrong(self) -> tuple[FinalHash, ...]:
        """The battles whose results differ."""
        return tuple(one for one in self.hashes if not one.equal)


async def backlog(units: Units) -> int:
    """How many events a rebuild reads."""
    return sum([sum((await read_heads(units.engine, log.number)).values()) for log in (*_FOLLOWED, STANDINGS)])


async def rebuild(admin: URL, service: URL, units: Units, advance: Advance, *, accept: bool = False) -> Rebuilt:
    """Build scoring anew and let it take the place of the old one.

    Args:
        admin: the administrator's address of the database.
        service: scoring's own address.
        units: scoring's units of work.
        advance: told how many events were read.
        accept: let it take the place although results differ.

    Raises:
        StillRunning: somebody else works with scoring's tables.
        LogDamaged: events are missing.
    """
    await units.engine.dispose()  # our own connections are not somebody else's
    with _alone(admin) as connection:
        await asyncio.to_thread(_prepare, connection, service)
        fresh = Units(_engine(service), Catalogue(LOGS, partition_of))
        try:
            built = await _Build(fresh, advance).run()
        finally:
            await fresh.engine.dispose()
        replaced = accept or all(one.equal for one in built.hashes)
        if not replaced:
            return built.report(announced=0, replaced=False)
        await asyncio.to_thread(_take_the_place, connection)
        async with units.begin() as uow:
            unsaid = await announce_unsaid(uow, built.said)
        return built.report(announced=unsaid, replaced=True)


@dataclass(slots=True)
class _Built:
    events: int
    said: Mapping[BattleId, Announced]
    hashes: tuple[FinalHash, ...]
    parked: tuple[dict[str, Any], ...]

    def report(self, *, announced: int, replaced: bool) -> Rebuilt:
        return Rebuilt(self.events, self.hashes, self.parked, announced, replaced)


class _Build:
    """One run over the empty schema: consumers, last words and streaks, all muted."""

    def __init__(self, units: Units, advance: Advance) -> None:
        self._units = units
        self._advance = advance
        self._events = 0
        self._bell = Bell("")

    async def run(self) -> _Built:
        said = await announcements(self._source(STANDINGS), self._units.catalogue, self._count)
        scorekeeper = Scorekeeper()
        for consumer in consumers(LedgerKeeper(scorekeeper), BattleKeeper(scorekeeper)):
            runner = ConsumerRunner(self._units, consumer, self._source(consumer.log), muted=True)
            while applied := await runner.step():
                self._count(applied)
            if runner.halted:
                raise LogDamaged(consumer.log.name, runner.halted)
        await self._close(scorekeeper, [battle for battle, known in said.items() if known.result_hash])
        due = DueRunner(self._units, {STREAK_REVIEW: Streaks().review, ANNOUNCE: scorekeeper.announce}, muted=True)
        while await due.step():
            pass
        async with self._units.begin() as uow:
            await resume_revisions(uow, said)
            parked = tuple(await parking.listing(uow))
        return _Built(self._events, said, await self._hashes(said), parked)

    async def _close(self, scorekeeper: Scorekeeper, scored: list[BattleId]) -> None:
        take = partial(barrier.take, self._units.engine)
        closing = Closing(take, scorekeeper, ledger_consumer=LEDGER_CONSUMER, battles_consumer=BATTLES_CONSUMER)
        for start in range(0, len(scored), _AT_ONCE):
            async with self._units.begin() as uow:
                uow.mute()
                await close_again(uow, closing, scored[start : start + _AT_ONCE])

    async def _hashes(self, said: Mapping[BattleId, Announced]) -> tuple[FinalHash, ...]:
        finalised = await self._finalised()
        scored = {battle: known.result_hash for battle, known in said.items() if known.result_hash}
        found = []
        async with self._units.begin(read_only=True) as uow:
            for battle_id in sorted(scored.keys() | finalised.keys()):
                stored = await find_battle(uow, battle_id)
                rebuilt = stored.result_hash if stored else None
                found.append(FinalHash(battle_id, scored.get(battle_id), finalised.get(battle_id), rebuilt))
        return tuple(found)

    async def _finalised(self) -> dict[BattleId, str]:
        """The final hashes in the battles' own log."""
        source, found = self._source(BATTLES), {}
        cursors = dict.fromkeys(range(PARTITIONS), 0)
        while batch := await source.read(cursors, 5000):
            for raw in batch:
                cursors[raw.partition] = raw.position
                if raw.type == BattleFinalised.__name__:
                    event = self._units.catalogue.decode(BATTLES.number, raw)
                    found[event.battle_id] = event.result_hash
        return found

    def _source(self, log: LogDefinition) -> PostgresSource:
        return PostgresSource(self._units.engine, log.number, range(PARTITIONS), self._bell)

    def _count(self, events: int) -> None:
        self._events += events
        self._advance(events)


@contextmanager
def _alone(admin: URL) -> Iterator[Connection]:
    """The administrator's connection, while nobody else works with scoring's tables or begins to."""
    engine = create_engine(admin, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if not connection.scalar(text(f"select pg_try_advisory_lock({_PREPARING})")):
                raise StillRunning
            _wait_until_alone(connection)
            yield connection
    finally:
        engine.dispose()


def _wait_until_alone(connection: Connection) -> None:
    """A session that was just closed may be listed for a moment; one that stays belongs to a platform that runs."""
    asked = text("select exists (select from pg_stat_activity where usename = :role and datname = current_database())")
    deadline = time.monotonic() + _MOMENT
    while connection.scalar(asked, {"role": SCHEMA.role}):
        if time.monotonic() > deadline:
            raise StillRunning
        time.sleep(0.05)


def _prepare(connection: Connection, service: URL) -> None:
    """An empty schema beside the one in use."""
    connection.execute(text(f"drop schema if exists {BESIDE} cascade"))
    connection.execute(text(f"create schema {BESIDE} authorization {SCHEMA.role}"))
    if SCHEMA.versions is None:
        raise RuntimeError("scoring has no migrations")
    engine = create_engine(service)
    try:
        with engine.begin() as own:
            migrate(own, BESIDE, SCHEMA.versions)
    finally:
        engine.dispose()


def _take_the_place(connection: Connection) -> None:
    """Drop the old schema and give its name to the new one, in one transaction; what was once discarded stays on record."""
    name = SCHEMA.name
    kept = f"to_regclass('{name}.discarded') is not null"
    keep = f"insert into {BESIDE}.discarded select * from {name}.discarded" if connection.scalar(text(f"select {kept}")) else "select 1"
    connection.execute(text(f"begin; {keep}; drop schema if exists {name} cascade; alter schema {BESIDE} rename to {name}; commit"))


def _engine(service: URL) -> Any:
    options = f"-c timezone=UTC -c search_path={BESIDE}"
    return create_async_engine(service, pool_size=3, connect_args={"options": options, "connect_timeout": 10})
