"""`arena migrate`: brings the database to what this version needs, beside whoever is using it."""

from collections.abc import Callable, Sequence
from time import monotonic, sleep
from typing import Final

import psycopg
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from arena.chassis.core.settings import Settings
from arena.chassis.db.migrate import Fit, SchemaTooNew, find, fit_of
from arena.chassis.db.provision import LOG_VERSIONS, ServiceSchema, provision
from arena.contracts.registry import LOGS
from arena.split.database import NotYet, admin_url, all_schemas, password_folder, require, unreachable
from arena.split.secret_files import SetUpWrong, read_secret

ADMIN_FILE: Final = "admin"
_AGAIN: Final = 1.0
_OPTIONS: Final = {"options": "-c lock_timeout=2s"}
"""Who waits for a lock is waited for by everybody behind: give up early and come again."""
UP_TO_DATE: Final = "The database is up to date."
NEWER: Final = "The database is of a later version, and this version can run on it: nothing was changed."


def migrate_database(settings: Settings, *, wait: float, say: Callable[[str], None]) -> str:
    """Provision and migrate; answers in a sentence what was done. `say` hears what is waited for, at most `wait` seconds.

    Raises:
        NotYet: the database could not be used in time.
        SchemaTooNew: a later version migrated it, on whose schema this one cannot run.
        SetUpWrong: a setting is missing.
    """
    admin = administrator(settings)
    folder = password_folder(settings)
    schemas = all_schemas(settings)
    passwords = {schema.name: read_secret(folder / schema.name, "ARENA_DATABASE_PASSWORDS") for schema in schemas}
    deadline, said = monotonic() + wait, ""
    while True:
        try:
            return _migrate(admin, schemas, passwords)
        except NotYet as reason:
            if monotonic() >= deadline:
                raise
            if str(reason) != said:
                said = str(reason)
                say(said)
        sleep(_AGAIN)


def check_database(settings: Settings) -> str:
    """Only look; answers in a sentence.

    Raises:
        NotYet, SchemaTooNew, SetUpWrong: it is not as it must be.
    """
    admin, schemas = administrator(settings), all_schemas(settings)
    try:
        with create_engine(admin, poolclass=NullPool).connect() as connection:
            if _is_newer(connection, schemas):
                return NEWER
            for schema in schemas:
                require(connection, schema.name, schema.versions)
            require(connection, "log", LOG_VERSIONS)
    except DBAPIError as refused:
        raise _not_yet(admin, refused) from refused
    return UP_TO_DATE


def administrator(settings: Settings) -> URL:
    """The address with the role that may change the database.

    Raises:
        SetUpWrong: it names no role, or its password is nowhere.
    """
    admin = admin_url(settings)
    if not admin.username:
        raise SetUpWrong("ARENA_DATABASE_URL names no user: `arena migrate` needs one that may create roles and schemas.")
    if admin.password is None:
        admin = admin.set(password=read_secret(password_folder(settings) / ADMIN_FILE, "ARENA_DATABASE_PASSWORDS"))
    return admin.update_query_dict(_OPTIONS)


def _migrate(admin: URL, schemas: Sequence[ServiceSchema], passwords: dict[str, str]) -> str:
    try:
        with create_engine(admin, poolclass=NullPool).connect() as connection:
            if _is_newer(connection, schemas):
                return NEWER
        provision(admin, schemas, LOGS, passwords)
    except DBAPIError as refused:
        raise _not_yet(admin, refused) from refused
    except psycopg.Error as refused:  # of what is not sent through SQLAlchemy
        raise NotYet(unreachable(admin, f"{refused}".strip())) from refused
    return UP_TO_DATE


def _is_newer(connection: Connection, schemas: Sequence[ServiceSchema]) -> bool:
    """Whether a later version migrated one of the schemas; ours then changes none.

    Raises:
        SchemaTooNew: and this one cannot run on it.
    """
    rooms = [(schema.name, schema.versions) for schema in schemas if schema.versions] + [("log", LOG_VERSIONS)]
    found = {name: find(connection, name) for name, _ in rooms}
    fits = {name: fit_of(found[name], versions) for name, versions in rooms}
    for name, fit in fits.items():
        if fit is Fit.REFUSED:
            raise SchemaTooNew(name, str(found[name].revision))
    return Fit.NEWER in fits.values()


def _not_yet(admin: URL, refused: DBAPIError) -> NotYet:
    said = f"{refused.orig}".strip()
    if "password authentication failed" in said:
        return NotYet(
            f"The database refuses the user {admin.username}: is its password in ARENA_DATABASE_URL, or in the file {ADMIN_FILE} of "
            "ARENA_DATABASE_PASSWORDS, the right one?"
        )
    return NotYet(unreachable(admin, said))
