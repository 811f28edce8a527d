"""Taking a backup: one snapshot of the database, whatever goes on beside it."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from psycopg import IsolationLevel
from sqlalchemy import URL

from arena import __version__
from arena.contracts.civil import tzdata_version
from arena.embedded.backup.archive import KEYS, Sink, Writer
from arena.embedded.backup.census import census
from arena.embedded.backup.manifest import FORMAT, Manifest, Part
from arena.embedded.backup.refusals import FileExists, NoInstallation
from arena.embedded.backup.schemas import ROOMS, revisions_of
from arena.embedded.backup.tables import Session, Table, archived, ask, copy_out, disk_size, hold, segments, tables_of
from arena.embedded.backup.where import session_of
from arena.embedded.postgres.files import sync_folder

Advance = Callable[[int], None]


class Taken(NamedTuple):
    """What was written."""

    manifest: Manifest
    seal: str
    bytes: int
    seconds: float


def take(admin: URL, keys: bytes | None, out: Sink, advance: Advance) -> Taken:
    """Write a backup of the database, and the keys, to `out`; the platform may go on meanwhile.

    Args:
        admin: the administrator's address.
        keys: the installation's keys, or None to leave them out.
        out: where it is written, in one pass.
        advance: told the bytes of rows that were read.

    Raises:
        NoInstallation: the database holds none.
        SchemaTooNew: a later version wrote the data.
    """
    began = time.monotonic()
    with session_of(admin) as session:
        tables = _held(session)
        counted = _Counting(out)
        with Writer(counted) as writer:
            kept = writer.add(KEYS, [keys]).sha256 if keys else None
            parts = tuple(_written(session, writer, table, advance) for table in tables)
            manifest = _manifest(session, parts, kept)
            seal = writer.close(manifest)
    return Taken(manifest, seal, counted.bytes, time.monotonic() - began)


def database_size(admin: URL) -> int:
    """About how many bytes there are to read."""
    with session_of(admin) as session:
        return disk_size(session, ROOMS)


@contextmanager
def new_file(path: Path) -> Iterator[Sink]:
    """A file of mode 0600 that has its name only when it is whole and on the disk; until then it is `NAME.part`.

    Raises:
        FileExists: there is one of that name, or somebody is writing it.
    """
    if path.exists():
        raise FileExists(f"{path} exists, and a backup replaces nothing: name another file.")
    beside = path.with_name(f"{path.name}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as other:
            raise FileExists(f"{beside} is being written by another `arena backup`: wait for it, or name another file.") from other
        try:
            file.truncate()
            beside.chmod(0o600)
            yield file
            file.flush()
            os.fsync(file.fileno())
            beside.rename(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)


class _Counting:
    def __init__(self, out: Sink) -> None:
        self._out = out
        self.bytes = 0

    def write(self, data: bytes) -> int:
        self.bytes += len(data)
        return self._out.write(data)

    def flush(self) -> None:
        self._out.flush()


def _held(session: Session) -> list[Table]:
    """The tables in a snapshot whose shape nothing changes any more: they are locked before it is taken."""
    with session.transaction():
        tables = tables_of(session, ROOMS)
    if not tables:
        raise NoInstallation("There is no installation in this database: check ARENA_DATABASE_URL, or ARENA_DATA_DIR.")
    session.isolation_level = IsolationLevel.REPEATABLE_READ
    session.read_only = True
    hold(session, tables)
    return tables_of(session, ROOMS)


def _written(session: Session, writer: Writer, table: Table, advance: Advance) -> Part:
    def counted() -> Iterator[bytes]:
        for rows in copy_out(session, table):
            advance(len(rows))
            yield rows

    part = Part(table.path, table.columns, 0, 0, "")
    written = writer.add(part.name, counted())
    return Part(table.path, table.columns, written.lines, written.bytes, written.sha256)


def _manifest(session: Session, parts: tuple[Part, ...], keys: str | None) -> Manifest:
    revisions = revisions_of(session)
    return Manifest(
        format=FORMAT,
        version=__version__,
        taken_at=ask(session, "select now()"),
        tzdata=tzdata_version(),
        postgres=ask(session, "select current_setting('server_version')"),
        revisions=revisions,
        segments=segments(session),
        tables=parts,
        keys=keys,
        database_bytes=disk_size(session, ROOMS),
        census=census(session),
        archived=archived(session),
    )
