"""The rooms of the database that a backup holds, and the revisions they are at."""

from collections.abc import Mapping
from pathlib import Path

from psycopg import sql

from arena.chassis.db.migrate import Fit, Found, SchemaTooNew, fit_of, revisions_in
from arena.chassis.db.provision import LOG_VERSIONS
from arena.embedded.backup.tables import Session, ask
from arena.embedded.platform import SCHEMAS

LOG = "log"
SERVICES = tuple(schema for schema in SCHEMAS if schema.versions is not None)
ROOMS = (LOG, *(schema.name for schema in SERVICES))


def versions_of(room: str) -> Path:
    """The folder of a room's migrations."""
    return {LOG: LOG_VERSIONS, **{schema.name: schema.versions for schema in SERVICES if schema.versions}}[room]


def revisions_of(session: Session) -> dict[str, str]:
    """At which revision every room is that there is.

    Raises:
        SchemaTooNew: this version cannot run on one of them.
    """
    found = {room: state for room in ROOMS if (state := _state(session, room)).revision is not None}
    for room, state in found.items():
        if fit_of(state, versions_of(room)) is Fit.REFUSED:
            raise SchemaTooNew(room, str(state.revision))
    return {room: str(state.revision) for room, state in found.items()}


def unknown(revisions: Mapping[str, str]) -> list[str]:
    """The rooms that are at a revision which this version does not know."""
    return [room for room, revision in revisions.items() if room not in ROOMS or revision not in revisions_in(versions_of(room))]


def _state(session: Session, room: str) -> Found:
    """As `migrate.find`, for a session without SQLAlchemy."""
    table = f"{room}.alembic_version"
    if ask(session, "select to_regclass(%s) is null", table):
        return Found(None, None)
    revision = ask(session, sql.SQL("select version_num from {}").format(sql.Identifier(room, "alembic_version")))
    comment = ask(session, "select obj_description(to_regclass(%s))", table)
    return Found(revision, comment.removeprefix("floor ") if comment else None)
