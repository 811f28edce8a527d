"""Where a consumer reads a log: the Protocol, and its source over the log's tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from arena.chassis.bus.archive.continuation import Continuation, is_archived
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.db.provision import PARTITIONS, LogDefinition

_READ = "select * from log.read(%s::smallint, %s::smallint[], %s::bigint[], %s::integer)"


class EventSource(Protocol):
    """A log as a consumer sees it: total order and gapless positions within a partition, none between partitions."""

    async def partitions(self) -> frozenset[int]:
        """The partitions this consumer is to read now."""

    async def read(self, after: Mapping[int, int], most: int) -> Sequence[RawRecord]:
        """Up to about `most` records that follow the given position of each partition, ordered by (partition, position)."""

    async def original(self, record: RawRecord) -> RawRecord:
        """A record that was read, as the log itself has it.

        Raises:
            Reassigned: the log has not got it; the reader begins anew from where it stands, and is not given it again.
        """

    async def heads(self) -> Mapping[int, int]:
        """The last position of each partition."""

    async def wait(self, seconds: float) -> None:
        """Return when there may be something new, at the latest after `seconds`."""

    async def close(self) -> None:
        """Give back what it holds; nothing is read afterwards."""


class Reassigned(Exception):
    """Other partitions are to be read from now on: ask which, and where they stand."""


class Bus(Protocol):
    """Where this process reads logs."""

    def source(self, engine: AsyncEngine, log: LogDefinition, group: str | None) -> EventSource:
        """A source of the log for a consumer of that name, which shares partitions with its like; None reads them all.

        Args:
            engine: of a service that may read the log.
            log: which.
            group: the consumer.
        """


@dataclass(frozen=True, slots=True)
class LogBus:
    """Reads the log's tables: every reader all partitions, whichever of several that read for one consumer is first."""

    bell: Bell

    def source(self, engine: AsyncEngine, log: LogDefinition, group: str | None) -> EventSource:
        """See `Bus`."""
        del group
        return PostgresSource(engine, log.number, range(PARTITIONS), self.bell)


class PostgresSource:
    """Reads a log's tables through `log.read`, and its archive; woken by the bell, with the caller's time limit as fallback poll."""

    def __init__(self, engine: AsyncEngine, topic: int, partitions: Sequence[int], bell: Bell) -> None:
        self._engine = engine
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        """One statement needs no BEGIN and no ROLLBACK around it: a round trip instead of three."""
        self._topic = topic
        self._archived = Continuation(engine, topic)
        self._partitions = frozenset(partitions)
        self._bell = bell
        self._ticket = bell.ticket(topic)

    async def partitions(self) -> frozenset[int]:
        """All the partitions it was made for."""
        return self._partitions

    async def read(self, after: Mapping[int, int], most: int) -> Sequence[RawRecord]:
        """Shares `most` evenly among the partitions, so that a long backlog in one does not starve the others.

        Goes on into the archive, and raises ArchiveTrouble where that cannot be read.
        """
        self._ticket = self._bell.ticket(self._topic)
        each = max(1, -(-most // max(1, len(after))))
        archived = {partition: position for partition, position in after.items() if self._archived.reaches(partition, position)}
        records = await self._archived.read(archived, each)
        try:
            records += await self._rows({p: position for p, position in after.items() if p not in archived}, each)
        except psycopg.Error as refused:
            if not is_archived(refused):
                raise
            await self._archived.look()
            return await self.read(after, most)
        records.sort(key=_place)
        return records

    async def _rows(self, after: Mapping[int, int], each: int) -> list[RawRecord]:
        """What the table has."""
        if not after:
            return []
        partitions = sorted(after)
        async with self._reading.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            cursor = await driver.execute(_READ, (self._topic, partitions, [after[p] for p in partitions], each), binary=True)
            rows = await cursor.fetchall()
        return [RawRecord(*row) for row in rows]

    async def original(self, record: RawRecord) -> RawRecord:
        """The record: it was read there."""
        return record

    async def heads(self) -> Mapping[int, int]:
        """As the head rows stand now."""
        return await read_heads(self._engine, self._topic)

    async def wait(self, seconds: float) -> None:
        """Until the bell rings for this log after the last read began."""
        await self._bell.wait(self._topic, self._ticket, seconds)

    async def close(self) -> None:
        """Nothing is held."""


async def read_heads(engine: AsyncEngine, topic: int) -> dict[int, int]:
    """The last position of each partition of a log."""
    async with engine.connect() as connection:
        rows = await connection.execute(text("select partition, position from log.heads(cast(:topic as smallint))"), {"topic": topic})
        return {row.partition: row.position for row in rows}


def _place(record: RawRecord) -> tuple[int, int]:
    return record.partition, record.position
