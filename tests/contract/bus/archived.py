"""The same log, of which everything is archived before each read: whatever a consumer is told comes out of the archive."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from arena.chassis.bus.archive.archiving import Archiving
from arena.chassis.bus.archive.reading import Archive
from arena.chassis.bus.archive.store import FolderStore
from arena.chassis.bus.archive.troubles import ArchiveRefused
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.source import EventSource
from arena.chassis.db.database import open_units
from arena.chassis.testing.databases import TestDatabase, dsn
from arena.chassis.testing.example import catalogue
from tests.contract.bus.ground import OnLog

_UNNEEDED = """
create or replace function log.needed(wanted text, must text[])
returns table (by text, log text, partition smallint, applied bigint, last bigint)
language sql as $$ select '', '', 0::smallint, 0, 0 where false $$
"""
"""Otherwise nothing is archived that the consumer has not applied."""
_ENOUGH = 30
"""Months; what comes then is read beside them, from the table."""
_NOW = "select month, begins, ends, clock_timestamp() from log.segments() where clock_timestamp() between begins and ends"


@dataclass(slots=True)
class OnArchive(OnLog):
    """The reader reads the archive, and the table as long as nothing can be archived."""

    folder: Path
    months: int = 0
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def into(cls, folder: Path, database: TestDatabase) -> "OnArchive":
        writer = open_units(database.url("writer"), catalogue(), pool_size=10, overflow=40)
        reader = open_units(database.url("reader"), catalogue(), pool_size=10, archive=Archive(FolderStore(folder)))
        with psycopg.connect(dsn(database.admin), autocommit=True) as session:
            session.execute(_UNNEEDED.encode())
        return cls(database, writer, reader, Bell(dsn(database.url("reader"))), folder)

    def _source(self, group: str | None) -> EventSource:
        return _ArchivingFirst(self, OnLog._source(self, group))

    def archive_all(self) -> None:
        """Let what was appended so far be a month, and archive it; a log with a hole in it stays as it is."""
        with psycopg.connect(dsn(self.database.admin), autocommit=True, options="-c timezone=UTC") as session:
            if self.months == _ENOUGH or session.execute("select from log.event limit 1").fetchone() is None:
                return
            self._cut(session)
            with suppress(ArchiveRefused):
                list(Archiving(session, FolderStore(self.folder)).run(timedelta(0)))

    def _cut(self, session: Any) -> None:
        self.months += 1
        with session.transaction():
            session.execute("lock table log.event")
            [(now, begins, ends, at)] = session.execute(_NOW).fetchall()
            for statement in (
                f"alter table log.event detach partition log.event_{now}",
                f"alter table log.event_{now} rename to whole",
                f"create table log.event_{1000 + self.months}_01 partition of log.event for values from ('{begins}') to ('{at}')",
                f"create table log.event_{now} partition of log.event for values from ('{at}') to ('{ends}')",
                "insert into log.event select * from log.whole",
                "drop table log.whole",
            ):
                session.execute(statement)


@dataclass
class _ArchivingFirst:
    ground: OnArchive
    inner: EventSource

    async def partitions(self) -> frozenset[int]:
        return await self.inner.partitions()

    async def read(self, after: Mapping[int, int], most: int) -> Sequence[RawRecord]:
        async with self.ground.alone:
            await asyncio.to_thread(self.ground.archive_all)
        return await self.inner.read(after, most)

    async def original(self, record: RawRecord) -> RawRecord:
        return await self.inner.original(record)

    async def heads(self) -> Mapping[int, int]:
        return await self.inner.heads()

    async def wait(self, seconds: float) -> None:
        await self.inner.wait(seconds)

    async def close(self) -> None:
        await self.inner.close()
