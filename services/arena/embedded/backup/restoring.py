"""Restoring: everything in one transaction that is proved before it is committed, so that what is interrupted has changed nothing."""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from psycopg import sql
from sqlalchemy import URL, Connection, create_engine, text

from arena import __version__
from arena.chassis.db.migrate import migrate
from arena.chassis.db.provision import ServiceSchema, ensure_log, ensure_role
from arena.contracts.registry import LOGS
from arena.embedded.backup.archive import Archive
from arena.embedded.backup.census import census
from arena.embedded.backup.manifest import Census, Manifest, Part, newer
from arena.embedded.backup.refusals import BackupTooNew, NoRoom, NotEmpty, NotEqual
from arena.embedded.backup.schemas import LOG, ROOMS, SERVICES, unknown, versions_of
from arena.embedded.backup.tables import Session, Table, ask, copy_in, cut, settle, tables_of
from arena.embedded.backup.where import session_of
from arena.embedded.rebuilding import StillRunning

_PREPARING = "hashtext('arena.provision')"
"""The lock under which schemas are prepared: a platform that starts meanwhile waits for it."""
_MOMENT = 2.0
_WRITTEN_AHEAD = 512 << 20
"""As `max_wal_size` of the embedded server."""
_SPARE = 128 << 20
_OTHERS = "select exists (select from pg_stat_activity where usename = any(%s) and datname = current_database())"
_IDLE = ("alembic_version", "applied", "due")
"""Tables in which an installation that nobody has used may have rows."""

Advance = Callable[[int], None]


class Restored(NamedTuple):
    """What came of it."""

    manifest: Manifest
    seconds: float


def refuse_unusable(manifest: Manifest) -> None:
    """Refuse what this version cannot read.

    Raises:
        BackupTooNew: a later version wrote it.
    """
    if _numbers(manifest.version) > _numbers(__version__):
        raise newer(manifest.version)
    for room in unknown(manifest.revisions):
        revision = manifest.revisions[room]
        raise BackupTooNew(f"The backup has {room} at revision {revision}, which this version does not know: restore it with a later one.")


def restore(admin: URL, archive: Archive, advance: Advance, before: Callable[[], None]) -> Restored:
    """Load a backup into an installation that holds nothing, and bring it up to this version.

    Args:
        admin: the administrator's address.
        archive: the backup.
        advance: told the bytes of rows that were loaded.
        before: called when everything is proved, just before it is committed.

    Raises:
        NotEmpty: the installation holds something.
        StillRunning: a platform works with the database.
        BackupDamaged: the archive is not what was written.
        NotEqual: what was loaded is not what was saved.
    """
    began = time.monotonic()
    manifest = archive.manifest
    with _alone(admin) as (connection, session):
        owners = _owners(connection)
        _make_rooms(connection, owners)
        for room, revision in manifest.revisions.items():
            _bring(connection, room, owners[room], revision)
        with _acting_as(connection, owners[LOG]):
            cut(session, manifest.segments)
        _load(session, archive, advance)
        _prove(manifest.census, census(session))
        for room in ROOMS:
            _bring(connection, room, owners[room], "head")
        ensure_log(connection, SERVICES, LOGS)
        before()
    with session_of(admin) as session:
        session.execute("analyze")
    return Restored(manifest, time.monotonic() - began)


@contextmanager
def _alone(admin: URL) -> Iterator[tuple[Connection, Session]]:
    """A transaction over an empty installation, while nobody else works with it or begins to."""
    engine = create_engine(admin)
    try:
        with engine.begin() as connection:
            session = connection.connection.driver_connection
            if session is None:
                raise RuntimeError("the connection is closed")
            settle(session)
            if not connection.scalar(text(f"select pg_try_advisory_xact_lock({_PREPARING})")):
                raise StillRunning
            _refuse_company(session)
            _refuse_content(session)
            yield connection, session
    finally:
        engine.dispose()


def _refuse_company(session: Session) -> None:
    """A session that was just closed may be listed for a moment; one that stays belongs to a platform that runs."""
    roles = [schema.role for schema in SERVICES]
    deadline = time.monotonic() + _MOMENT
    while ask(session, _OTHERS, roles):
        if time.monotonic() > deadline:
            raise StillRunning
        time.sleep(0.05)


def _refuse_content(session: Session) -> None:
    tables = tables_of(session, ROOMS)
    used = [table.path for table in tables if table.schema != LOG and table.name not in _IDLE and _has_rows(session, table)]
    if any(table.path == "log.head" for table in tables) and ask(session, "select exists (select from log.head where position > 0)"):
        used.append("log.event")
    if used:
        raise NotEmpty(
            f"This installation is not empty (there are rows in {', '.join(used[:3])}{' …' if used[3:] else ''}). Nothing was changed: "
            "restore into a new one, with an empty ARENA_DATA_DIR or a new database in ARENA_DATABASE_URL."
        )


def _has_rows(session: Session, table: Table) -> bool:
    return bool(ask(session, sql.SQL("select exists (select from {})").format(table.words)))


def _owners(connection: Connection) -> dict[str, str]:
    """Who owns each schema, quoted; the log is whoever's it is, or ours."""
    log = "select coalesce((select nspowner::regrole::text from pg_namespace where nspname = 'log'), quote_ident(current_user))"
    return {LOG: str(connection.scalar(text(log)))} | {service.name: service.role for service in SERVICES}


def _make_rooms(connection: Connection, owners: Mapping[str, str]) -> None:
    """Every schema anew, and empty."""
    for room in ROOMS:
        connection.execute(text(f"drop schema if exists {room} cascade"))
    connection.execute(text(f"create schema {LOG} authorization {owners[LOG]}"))
    known = set(connection.scalars(text("select rolname from pg_roles")))
    for service in SERVICES:
        _make_room(connection, service, known=service.role in known)


def _make_room(connection: Connection, service: ServiceSchema, *, known: bool) -> None:
    """A role that is there keeps its password; a new one gets one that nobody knows, until a platform starts and sets its own."""
    if known:
        connection.execute(text(f"create schema {service.name} authorization {service.role}"))
    else:
        ensure_role(connection, service, secrets.token_urlsafe(32))


def _bring(connection: Connection, room: str, owner: str, revision: str) -> None:
    """Migrate a room as the role that owns it."""
    with _acting_as(connection, owner):
        migrate(connection, room, versions_of(room), revision)


@contextmanager
def _acting_as(connection: Connection, owner: str) -> Iterator[None]:
    connection.execute(text(f"set local role {owner}"))
    yield
    connection.execute(text("reset role"))


def _load(session: Session, archive: Archive, advance: Advance) -> None:
    parts = archive.manifest.tables
    names = [sql.Identifier(*part.table.split(".", 1)) for part in parts]
    session.execute(sql.SQL("truncate {}").format(sql.SQL(", ").join(names)))
    for part in parts:
        copy_in(session, _table(part), _counted(archive.blocks(part.name, part.sha256), advance))
    session.execute("set constraints all immediate")


def _counted(blocks: Iterator[bytes], advance: Advance) -> Iterator[bytes]:
    for block in blocks:
        advance(len(block))
        yield block


def _table(part: Part) -> Table:
    schema, name = part.table.split(".", 1)
    return Table(schema, name, part.columns)


def _prove(saved: Census, found: Census) -> None:
    if found == saved:
        return
    logs = [name for name in saved.logs if saved.logs[name] != found.logs.get(name)]
    battles = [battle for battle in saved.results if saved.results[battle] != found.results.get(battle)]
    raise NotEqual(
        f"What was loaded is not what was saved (logs: {', '.join(logs) or 'equal'}; results: {', '.join(battles) or 'equal'}). "
        "Nothing was changed; please report this."
    )


def refuse_small_disk(folder: Path, manifest: Manifest) -> None:
    """Refuse a disk that cannot take what the tables took where they came from, and the log of writing them.

    Raises:
        NoRoom: with what is needed.
    """
    needed = manifest.database_bytes + min(manifest.database_bytes, _WRITTEN_AHEAD) + _SPARE
    free = shutil.disk_usage(next(place for place in (folder.resolve(), *folder.resolve().parents) if place.exists())).free
    if free < needed:
        raise NoRoom(
            f"The disk of {folder} has {free >> 20:,} MB free, and this backup needs {needed >> 20:,} MB. Free some space, or name "
            "another folder in ARENA_DATA_DIR. Nothing was changed."
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3])
