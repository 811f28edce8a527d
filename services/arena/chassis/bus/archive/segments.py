"""The months of the log's table, as the administrator sees them: how far each goes, who still needs it, and how one leaves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import sleep
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from arena.chassis.bus.archive.manifest import Line, Manifest
from arena.chassis.bus.archive.troubles import ArchiveRefused

Session = psycopg.Connection[tuple[Any, ...]]
"""The administrator's, in autocommit."""

_LOCK: Final = "hashtext('arena.archive')"
_FETCH: Final = 5000
_TRIES: Final = 2
_PAUSE: Final = 1.0
_LET_GO: Final = "select log.let_go(%s, %s, %s, %s::smallint[], %s::smallint[], %s::bigint[], %s::bigint[], %s)"


class Segment(NamedTuple):
    """A month in the table."""

    month: str
    begins: datetime
    ends: datetime
    bytes: int
    """On disk, indexes included."""


class Extent(NamedTuple):
    """What a month has of a partition."""

    log: str
    topic: int
    partition: int
    first: int
    last: int
    events: int


class Need(NamedTuple):
    """A consumer that has not applied all of a month."""

    by: str
    log: str
    partition: int
    applied: int
    last: int


class Archived(NamedTuple):
    """A month that has left the table."""

    month: str
    begins: datetime
    ends: datetime
    location: str
    manifest: str
    """SHA-256."""
    events: int
    archived_at: datetime


@contextmanager
def alone(session: Session) -> Iterator[None]:
    """Only one archives at a time.

    Raises:
        ArchiveRefused: somebody does.
    """
    if not session.execute(f"select pg_try_advisory_lock({_LOCK})").fetchone() == (True,):
        raise ArchiveRefused("Another `arena archive run` is at work on this database, or `arena up` archives by itself: wait for it.")
    try:
        yield
    finally:
        if not session.closed:
            session.execute(f"select pg_advisory_unlock({_LOCK})")


def segments(session: Session) -> list[Segment]:
    """All months in the table, oldest first."""
    with session.cursor(row_factory=class_row(Segment)) as cursor:
        return cursor.execute("select month, begins, ends, bytes from log.segments()").fetchall()


def due(session: Session, retention: timedelta) -> list[Segment]:
    """The months that ended so long ago, by the database's clock; oldest first."""
    with session.cursor(row_factory=class_row(Segment)) as cursor:
        asked = "select month, begins, ends, bytes from log.segments() where ends <= now() - %s"
        return cursor.execute(asked, (retention,)).fetchall()


def extents(session: Session, month: str) -> list[Extent]:
    """What a month has, ordered by topic and partition."""
    with session.cursor(row_factory=class_row(Extent)) as cursor:
        asked = (
            "select t.name as log, e.topic, e.partition, e.first, e.last, e.events from log.extent(%s) e "
            "join log.topic t on t.number = e.topic order by e.topic, e.partition"
        )
        return cursor.execute(asked, (month,)).fetchall()


def needs(session: Session, month: str, must: Sequence[str]) -> list[Need]:
    """Who has not applied all of a month; schemas in `must` are to have applied every log."""
    with session.cursor(row_factory=class_row(Need)) as cursor:
        return cursor.execute("select by, log, partition, applied, last from log.needed(%s, %s)", (month, list(must))).fetchall()


def archived(session: Session) -> list[Archived]:
    """The months that have left the table, oldest first."""
    with session.cursor(row_factory=class_row(Archived)) as cursor:
        asked = "select month, begins, ends, location, manifest, events, archived_at from log.archived_month order by month"
        return cursor.execute(asked).fetchall()


def spans(session: Session, month: str) -> dict[tuple[int, int], tuple[int, int]]:
    """First and last position of every (topic, partition) in an archived month."""
    rows = session.execute("select topic, partition, first, last from log.archived where month = %s", (month,)).fetchall()
    return {(topic, partition): (first, last) for topic, partition, first, last in rows}


def close(session: Session, segment: Segment) -> None:
    """Take the barrier of a month's end in every log: whoever was appending has ended, and nothing is stamped before it any more."""
    for (topic,) in session.execute("select number from log.topic order by number").fetchall():
        session.execute("select log.barrier(%s::smallint, %s)", (topic, segment.ends))


def lines(session: Session, month: str, extent: Extent) -> Iterator[Line]:
    """The events of a partition in a closed month, in order. Nothing changes them, so they are read bit by bit, and no snapshot is held."""
    asked = sql.SQL(
        "select partition, position, at, key, type, payload, headers from log.{} "
        "where topic = %s and partition = %s and position > %s order by position limit %s"
    ).format(sql.Identifier(f"event_{month}"))
    after = extent.first - 1
    while rows := session.execute(asked, (extent.topic, extent.partition, after, _FETCH), binary=True).fetchall():
        yield from map(Line._make, rows)
        after = rows[-1][1]


def let_go(session: Session, manifest: Manifest, where: str, sha256: str, must: Sequence[str]) -> None:
    """Take a month out of the table: all or nothing.

    Raises:
        ArchiveRefused: it must stay, or somebody reads the table for so long that the others would have to wait.
    """
    spans = [(log.topic, partition, *span) for log in manifest.logs for partition, span in log.spans.items()]
    columns = [[span[n] for span in spans] for n in range(4)]
    for _ in range(_TRIES):
        try:
            session.execute(_LET_GO, (manifest.month, where, sha256, *columns, list(must)))
        except psycopg.errors.LockNotAvailable:
            sleep(_PAUSE)
        except psycopg.errors.RaiseException as refused:
            raise ArchiveRefused(f"{manifest.month} stays in the table: {refused.diag.message_primary}.") from refused
        else:
            return
    raise ArchiveRefused(
        f"{manifest.month} is in the archive and stays in the table too, as somebody reads that for long (a backup?): run it again later."
    )
