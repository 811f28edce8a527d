"""Where a reader of the log's tables goes on in the archive: for positions, and for the instants of barriers."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from arena.chassis.bus.archive.reading import Archive, Span
from arena.chassis.bus.archive.troubles import ArchiveUnnamed
from arena.chassis.bus.catalogue import RawRecord

_OPTION: Final = "arena_archive"
_IN_THE_ARCHIVE: Final = "AR001"
_SPANS = "select * from log.archived_of(cast(:topic as smallint))"


def carrying(archive: Archive | None) -> dict[str, Any]:
    """Execution options of an engine: whoever reads the log by it finds there the archive into which the log goes on."""
    return {_OPTION: archive} if archive is not None else {}


def carried(engine: AsyncEngine) -> Archive | None:
    """The archive that an engine carries."""
    found = engine.sync_engine.get_execution_options().get(_OPTION)
    return found if isinstance(found, Archive) else None


def is_archived(refused: BaseException | None) -> bool:
    """Whether the database refused because what was asked for is in the archive."""
    return isinstance(refused, psycopg.Error) and refused.sqlstate == _IN_THE_ARCHIVE


class Continuation:
    """What of a log is in the archive, as far as a reader had to know so far."""

    def __init__(self, engine: AsyncEngine, topic: int) -> None:
        self._engine = engine
        self._topic = topic
        self._spans: Mapping[int, Sequence[Span]] = {}

    async def look(self) -> None:
        """Ask the database what is in the archive now."""
        async with self._engine.connect() as connection:
            rows = [Span(*row) for row in await connection.execute(text(_SPANS), {"topic": self._topic})]
        self._spans = {partition: [row for row in rows if row.partition == partition] for partition in {row.partition for row in rows}}

    def reaches(self, partition: int, after: int) -> bool:
        """Whether what follows a position is known to be in the archive."""
        return self._span(partition, after) is not None

    async def read(self, after: Mapping[int, int], each: int) -> list[RawRecord]:
        """Up to `each` records of each partition; only for those that it reaches.

        Raises:
            ArchiveTrouble: the archive cannot be read, or nobody named it.
        """
        wanted = [(span, position) for partition, position in after.items() if (span := self._span(partition, position))]
        if not wanted:
            return []
        archive = _named(carried(self._engine), wanted[0][0])

        def fetch() -> list[RawRecord]:
            return [record for span, position in wanted for record in archive.records(span, self._topic, position, each)]

        return await asyncio.to_thread(fetch)

    async def barrier(self, at: datetime, partitions: Iterable[int]) -> dict[int, int]:
        """Per partition the last position stamped before an instant that lies within an archived month.

        Raises:
            ArchiveTrouble: the archive cannot be read, or nobody named it.
        """
        found = {}
        for partition in partitions:
            spans = self._spans.get(partition, ())
            span = next((one for one in spans if at < one.ends), None)  # months before it count whole
            if span is None:
                found[partition] = spans[-1].last if spans else 0
            else:
                archive = _named(carried(self._engine), span)
                found[partition] = await asyncio.to_thread(archive.last_before, span, self._topic, at)
        return found

    def _span(self, partition: int, after: int) -> Span | None:
        return next((one for one in self._spans.get(partition, ()) if after < one.last), None)


def _named(archive: Archive | None, span: Span) -> Archive:
    if archive is None:
        raise ArchiveUnnamed(span.month, span.location)
    return archive
