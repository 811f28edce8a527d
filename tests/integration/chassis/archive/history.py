"""Logs that reach back over months: events are appended now, and the administrator moves them into the past, in order."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import IO, Any

import psycopg
from sqlalchemy import URL

from arena.chassis.bus.archive.archiving import Archiving, Kept, Moved
from arena.chassis.bus.archive.reading import Archive
from arena.chassis.bus.archive.store import FolderStore, Store
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.source import PostgresSource
from arena.chassis.db.database import open_units
from arena.chassis.db.unit_of_work import Units
from arena.chassis.testing.databases import TestDatabase, dsn
from arena.chassis.testing.example import COUNTS, Counted, Renamed, catalogue

MONTHS = ("2025_01", "2025_02", "2025_03", "2025_04")
BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 5, 1, tzinfo=UTC)
START: Mapping[int, int] = dict.fromkeys(range(16), 0)
ALL = timedelta(days=1)


@contextmanager
def administrator(admin: URL) -> Iterator[Any]:
    with psycopg.connect(dsn(admin), autocommit=True, options="-c timezone=UTC") as session:
        yield session


@dataclass(slots=True)
class History:
    """An example installation with a past, and a folder to archive it in."""

    database: TestDatabase
    folder: Path
    units: list[Units] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return FolderStore(self.folder)

    def reader(self, store: Store | None = None, *, archive: bool = True) -> Units:
        """The reading service, as a process that has just started."""
        found = Archive(store or self.store) if archive else None
        self.units.append(open_units(self.database.url("reader"), catalogue(), archive=found))
        return self.units[-1]

    def source(self, store: Store | None = None, *, archive: bool = True) -> PostgresSource:
        return PostgresSource(self.reader(store, archive=archive).engine, COUNTS.number, range(16), Bell(""))

    async def happen(self, chance: Random, events: int, keys: int = 40) -> None:
        """Append events, and spread them over the months so that within a partition time never goes back."""
        writer = open_units(self.database.url("writer"), catalogue())
        self.units.append(writer)
        for number in range(events):
            async with writer.begin() as uow:
                for _ in range(chance.randrange(1, 4)):
                    kind = chance.choice((Counted, Renamed))
                    uow.emit(kind(f"key {chance.randrange(keys)} ☃", number))
        with administrator(self.database.admin) as session:
            make_months(session)
            for partition, last in session.execute("select partition, position from log.head where topic = 1").fetchall():
                stamps = sorted(BEGIN + (END - BEGIN) * chance.random() ** chance.choice((1, 3)) for _ in range(last))
                with session.transaction(), session.cursor() as cursor:
                    cursor.executemany(
                        "update log.event set at = %s where topic = 1 and partition = %s and position = %s",
                        [(at, partition, position) for position, at in enumerate(stamps, 1)],
                    )

    def archive(self, store: Store | None = None, must: tuple[str, ...] = (), retention: timedelta = ALL) -> list[Moved | Kept]:
        with administrator(self.database.admin) as session:
            return list(Archiving(session, store or self.store, must).run(retention))

    def archive_one(self, store: Store | None = None) -> Moved | Kept:
        """The oldest month only."""
        with administrator(self.database.admin) as session:
            run = Archiving(session, store or self.store).run(ALL)
            found = next(run)
            run.close()
            return found

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with administrator(self.database.admin) as session:
            found: list[tuple[Any, ...]] = session.execute(question).fetchall()
            return found

    def months(self) -> list[str]:
        """Those in the table."""
        return [month for (month,) in self.ask("select month from log.segments() where ends <= now()")]

    async def close(self) -> None:
        for units in self.units:
            await units.engine.dispose()


def make_months(session: Any) -> None:
    """Cut the table into the months of the past, as it would have been."""
    for month, (begin, end) in zip(MONTHS, bounds(), strict=True):
        session.execute(f"create table if not exists log.event_{month} partition of log.event for values from ('{begin}') to ('{end}')")


def bounds() -> list[tuple[datetime, datetime]]:
    begins = [BEGIN.replace(month=number) for number in range(1, 6)]
    return list(pairwise(begins))


async def everything(source: PostgresSource, after: Mapping[int, int] = START, most: int = 50) -> list[RawRecord]:
    """What a reader sees from some positions on, batch by batch, each continuing the one before it."""
    cursors, seen = dict(after), list[RawRecord]()
    while batch := await source.read(cursors, most):
        assert [(record.partition, record.position) for record in batch] == sorted((r.partition, r.position) for r in batch)
        for record in batch:
            assert record.position == cursors[record.partition] + 1, f"a gap or a repetition at {record}"
            cursors[record.partition] = record.position
        seen += batch
    return sorted(seen, key=lambda record: (record.partition, record.position))


class Failing:
    """A store that fails at its nth operation, as if the process or the disk ended there: a put is left half done."""

    def __init__(self, inner: Store, at: int) -> None:
        self.inner = inner
        self.left = at

    @property
    def where(self) -> str:
        return self.inner.where

    def put(self, name: str, content: IO[bytes]) -> None:
        self._count()
        self.inner.put(name, content)
        self._count()

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        self._count()
        return self.inner.read(name, start, length)

    def _count(self) -> None:
        if self.left == 0:
            raise Ended
        self.left -= 1


class Ended(BaseException):
    """The process ended here."""
