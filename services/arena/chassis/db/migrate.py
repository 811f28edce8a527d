"""Migrations: Alembic, one schema and one version table a service."""

from pathlib import Path

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
    """Bring `schema` to a revision in the folder `versions`, the newest by default; does nothing when it is there already.

    Raises:
        SchemaTooNew: the database was migrated by a later version of this program.
    """
    config = _config(schema, versions)
    script = ScriptDirectory.from_config(config)
    present = _version(connection, schema)
    if present == script.get_current_head():
        return
    if present is not None and present not in {known.revision for known in script.walk_revisions()}:
        raise SchemaTooNew(schema, present)
    connection.execute(text("select set_config('search_path', :schema, true)"), {"schema": schema})
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def revisions_in(versions: Path) -> frozenset[str]:
    """Every revision in the folder `versions`."""
    return frozenset(known.revision for known in ScriptDirectory(str(_ENVIRONMENT), version_locations=[str(versions)]).walk_revisions())


def _version(connection: Connection, schema: str) -> str | None:
    if connection.scalar(text("select to_regclass(:table)"), {"table": f"{schema}.alembic_version"}) is None:
        return None
    version: str | None = connection.scalar(text(f"select version_num from {schema}.alembic_version"))
    return version


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
