"""The rooms of the database that a backup holds, and the revisions they are at."""

from collections.abc import Mapping
from pathlib import Path

from psycopg import sql

from arena.chassis.db.migrate import SchemaTooNew, revisions_in
from arena.chassis.db.provision import LOG_VERSIONS
from arena.embedded.backup.tables import Session, ask
from arena.embedded.platform import SCHEMAS

LOG = "log"
SERVICES = tuple(schema for schema in SCHEMAS if schema.versions is not None)
ROOMS = (LOG, *(schema.name for schema in SERVICES))


def versions_of(room: str) -> Path:
    """The folder of a room's migrations."""
    return {LOG: LOG_VERSIONS, **{schema.name: schema.versions for schema in SERVICES if schema.versions}}[room]


def known_revisions(session: Session) -> dict[str, str]:
    """At which revision every room is that there is.

    Raises:
        SchemaTooNew: this version does not know one of them.
    """
    found = {room: revision for room in ROOMS if (revision := _revision(session, room)) is not None}
    for room in unknown(found):
        raise SchemaTooNew(room, found[room])
    return found


def unknown(revisions: Mapping[str, str]) -> list[str]:
    """The rooms that are at a revision which this version does not know."""
    return [room for room, revision in revisions.items() if room not in ROOMS or revision not in revisions_in(versions_of(room))]


def _revision(session: Session, room: str) -> str | None:
    if ask(session, "select to_regclass(%s) is null", f"{room}.alembic_version"):
        return None
    return str(ask(session, sql.SQL("select version_num from {}").format(sql.Identifier(room, "alembic_version"))))
