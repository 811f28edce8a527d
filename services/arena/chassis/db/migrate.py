"""Migrations: Alembic, one schema and one version table a service.

Each migration states its `floor`: the oldest revision whose code can run on what it leaves. The floor of the newest one is kept as the
comment of the version table, so that older code finds there what it cannot know by itself: whether it may run on a newer schema.
"""

from enum import Enum
from pathlib import Path
from typing import NamedTuple

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

_ENVIRONMENT = Path(__file__).with_name("alembic")


def _config(schema: str, versions: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_ENVIRONMENT).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.attributes["schema"] = schema
    return config


def migrate(connection: Connection, schema: str, versions: Path, to: str = "head") -> None:
    """Bring `schema` to a revision in the folder `versions`, the newest by default.

    Does nothing when it is there already, or at a later one on which this program can run.

    Raises:
        SchemaTooNew: the database was migrated by a later version of this program, and this one cannot run on it.
    """
    found = find(connection, schema)
    fit = fit_of(found, versions)
    if fit is Fit.REFUSED:
        raise SchemaTooNew(schema, str(found.revision))
    if fit is Fit.NEWER:
        return
    if fit is Fit.OLDER:
        config = _config(schema, versions)
        connection.execute(text("select set_config('search_path', :schema, true)"), {"schema": schema})
        config.attributes["connection"] = connection
        command.upgrade(config, to)
    floor = _floor(versions, to)
    if floor != found.floor:
        run_script(connection, f"comment on table {schema}.alembic_version is 'floor {floor}'")


class Found(NamedTuple):
    """What a database says of a schema: its revision (None: it was never migrated), and the oldest whose code can run on it."""

    revision: str | None
    floor: str | None


class Fit(Enum):
    """How a schema suits this program."""

    READY = "ready"
    OLDER = "older"
    NEWER = "newer"
    """Of a later version, and this one can run on it."""
    REFUSED = "refused"
    """Of a later version that says older ones cannot run on it, or says nothing."""


def find(connection: Connection, schema: str) -> Found:
    """Read it; whoever may use the schema may ask."""
    if connection.scalar(text("select to_regclass(:table)"), {"table": f"{schema}.alembic_version"}) is None:
        return Found(None, None)
    revision = connection.scalar(text(f"select version_num from {schema}.alembic_version"))
    comment = connection.scalar(text("select obj_description(to_regclass(:table))"), {"table": f"{schema}.alembic_version"})
    return Found(revision, comment.removeprefix("floor ") if comment else None)


def fit_of(found: Found, versions: Path) -> Fit:
    """How what was found suits the migrations in the folder `versions`."""
    script = ScriptDirectory(str(_ENVIRONMENT), version_locations=[str(versions)])
    if found.revision == script.get_current_head():
        return Fit.READY
    known = {known.revision for known in script.walk_revisions()}
    if found.revision is None or found.revision in known:
        return Fit.OLDER
    return Fit.NEWER if found.floor in known else Fit.REFUSED


def _floor(versions: Path, revision: str) -> str:
    script = ScriptDirectory(str(_ENVIRONMENT), version_locations=[str(versions)]).get_revision(revision)
    if script is None:
        raise ValueError(f"{versions} has no revision {revision}")
    return str(getattr(script.module, "floor", script.revision))  # who promises nothing lets nobody older run


def revisions_in(versions: Path) -> frozenset[str]:
    """Every revision in the folder `versions`."""
    return frozenset(known.revision for known in ScriptDirectory(str(_ENVIRONMENT), version_locations=[str(versions)]).walk_revisions())


def run_script(connection: Connection, script: str) -> None:
    """Run several SQL statements as they are written (no parameters, so `%` and `:` mean themselves)."""
    connection.execution_options(no_parameters=True).exec_driver_sql(script)


class SchemaTooNew(Exception):
    """The data was written by a later version."""

    slug = "schema-too-new"

    def __init__(self, schema: str, version: str) -> None:
        super().__init__(
            f"The data of {schema} is at revision {version}, which this version does not know: start the newer version that wrote it."
        )
