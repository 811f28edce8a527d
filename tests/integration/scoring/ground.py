"""Scoring alone over its two logs: the tests append what habits and battles would, and step the runners by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue, RawRecord
from arena.chassis.bus.consumer import Consumer, ConsumerRunner
from arena.chassis.bus.due import DueRunner
from arena.chassis.bus.source import PostgresSource
from arena.chassis.core.settings import Settings
from arena.chassis.db.database import open_units
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.tokens import GivenKeys, TokenVerifier
from arena.chassis.testing.databases import TestDatabase
from arena.contracts.events.scoring import BattleScored
from arena.contracts.ids import BattleId
from arena.contracts.registry import LOGS, PARTITIONS, STANDINGS, partition_of
from arena.embedded.rebuilding.building import UpTo
from arena.scoring.app import assemble

ALL = frozenset(range(PARTITIONS))
Standings = dict[str, tuple[int, int]]


@dataclass(slots=True)
class Some(UpTo):
    """A source that shows only some partitions, and only so many records at a time."""

    shown: frozenset[int] = ALL
    most: int = 10_000

    async def read(self, after: Mapping[int, int], most: int) -> Sequence[RawRecord]:
        wanted = {partition: position for partition, position in after.items() if partition in self.shown}
        records = await self.inner.read(wanted, min(most, self.most)) if wanted else []
        return records[: self.most]


@dataclass(slots=True)
class Ground:
    """The units of three services, and scoring's runners."""

    scoring: Units
    owners: dict[str, Units]
    runners: dict[str, ConsumerRunner] = field(default_factory=dict)
    due: DueRunner | None = None

    @classmethod
    def over(cls, database: TestDatabase) -> "Ground":
        catalogue = Catalogue(LOGS, partition_of)
        owners = {name: open_units(database.url(name), catalogue) for name in ("habits", "battles", "scoring")}
        ground = cls(owners["scoring"], owners)
        ground.restart()
        return ground

    def restart(self, *, muted: bool = False) -> None:
        """New runners with nothing in memory, as after a new start of the process."""
        limits = RateLimits(writes_per_second=1, sign_ins_per_minute=1)
        service = assemble(Settings(), self.scoring, Authenticator(TokenVerifier(GivenKeys({}))), limits)
        self.due = DueRunner(self.scoring, service.due, muted=muted)
        self.runners = {consumer.log.name.partition(".")[0]: self._runner(consumer, muted=muted) for consumer in service.consumers}

    def _runner(self, consumer: Consumer, *, muted: bool) -> ConsumerRunner:
        source = Some(PostgresSource(self.scoring.engine, consumer.log.number, range(PARTITIONS), Bell("")))
        return ConsumerRunner(self.scoring, consumer, source, muted=muted)

    async def close(self) -> None:
        for units in self.owners.values():
            await units.engine.dispose()

    async def append(self, *events: object) -> None:
        """What the owners of these logs would have committed, each event in a transaction of its own and so with a stamp of its own."""
        for event in events:
            owner = next(log.owner for log in LOGS if type(event) in log.events)
            async with self.owners[owner].begin() as uow:
                uow.emit(event)

    async def now(self) -> datetime:
        """The database clock."""
        async with self.scoring.engine.connect() as connection:
            stamp: datetime = (await connection.execute(text("select clock_timestamp()"))).scalar_one()
            return stamp

    async def apply(self, owner: str, *, most: int = 10_000, partitions: frozenset[int] = ALL) -> int:
        """One batch of a log."""
        runner = self.runners[owner]
        assert isinstance(runner.source, Some)
        runner.source.shown, runner.source.most = partitions, most
        return await runner.step()

    async def drain(self) -> None:
        """Everything there is in both logs."""
        while await self.apply("habits") + await self.apply("battles"):
            pass

    async def act(self) -> int:
        """What is due now."""
        assert self.due is not None
        return await self.due.step()

    async def standings(self, battle_id: BattleId) -> Standings:
        """By user: rank and score."""
        return {
            str(row.user_id): (row.rank, row.score) for row in await self.rows("select * from standing where battle_id = :id", id=battle_id)
        }

    async def result_hash(self, battle_id: BattleId) -> str | None:
        [row] = await self.rows("select result_hash from battle where battle_id = :id", id=battle_id)
        found: str | None = row.result_hash
        return found

    async def scored(self) -> list[BattleScored]:
        """Every last word in the log."""
        records = await PostgresSource(self.scoring.engine, STANDINGS.number, range(PARTITIONS), Bell("")).read(
            dict.fromkeys(ALL, 0), 100_000
        )
        events = [self.scoring.catalogue.decode(STANDINGS.number, record) for record in records]
        return [event for event in events if isinstance(event, BattleScored)]

    async def parked(self) -> int:
        """How many events could not be applied."""
        return len(await self.rows("select from parked"))

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.scoring.engine.connect() as connection:
            return list(await connection.execute(text(statement), values))

    async def forget(self) -> None:
        """Empty every table of scoring, as if it had never run."""
        tables = await self.rows("select tablename from pg_tables where schemaname = 'scoring' and tablename <> 'alembic_version'")
        async with self.scoring.engine.begin() as connection:
            await connection.execute(text(f"truncate {', '.join(row.tablename for row in tables)}"))
