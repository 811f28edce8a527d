"""The database: reachable, of the right version, migrated, with every role, its clock, and how far the consumers are."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, text

from arena.chassis.bus.consumer import Consumer
from arena.chassis.db.provision import LOG_VERSIONS, ServiceSchema
from arena.cli.checkup.finding import Finding, fail, ok, warn
from arena.embedded.consumers import consumers_of
from arena.embedded.platform import SCHEMAS

MAJOR = 18
_BEHIND = 10_000
"""Events a consumer may be behind before somebody should look."""
_SHIFT, _GREAT_SHIFT = 1.0, 5.0
"""Seconds between the clocks of process and database."""


def look(admin: URL) -> Iterator[Finding]:
    """Every finding about the database at the administrator's address."""
    engine = create_engine(admin, connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            yield version(connection.scalar(text("show server_version")), connection.scalar(text("show server_encoding")))
            yield clocks(datetime.now(UTC), connection.scalar(text("select clock_timestamp()")))
            yield from _schemas(connection)
            yield from _consumers(connection, running=_is_used(connection))
    finally:
        engine.dispose()


def _is_used(connection: Connection) -> bool:
    """Whether a platform works on the database."""
    asked = text("select exists (select from pg_stat_activity where usename = any(:roles) and datname = current_database())")
    return bool(connection.scalar(asked, {"roles": [schema.role for schema in SCHEMAS]}))


def version(server: str, encoding: str) -> Finding:
    """The server's version and encoding."""
    if encoding != "UTF8":
        return fail("database", f"PostgreSQL {server}, {encoding}", "Use a database with encoding UTF8.")
    if int(server.partition(".")[0]) < MAJOR:
        return warn("database", f"PostgreSQL {server}", f"HabitArena is tested on PostgreSQL {MAJOR}: upgrade it.")
    return ok("database", f"PostgreSQL {server}, reachable")


def clocks(here: datetime, there: datetime) -> Finding:
    """The clocks of process and database: what is due goes by the database's, what people log by theirs."""
    shift = abs((there - here).total_seconds())
    words = f"{shift:.3f} s apart"
    if shift >= _GREAT_SHIFT:
        return fail("clocks", words, "Set the clocks of both machines by NTP.")
    if shift >= _SHIFT:
        return warn("clocks", words, "Set the clocks of both machines by NTP.")
    return ok("clocks", words)


def _schemas(connection: Connection) -> Iterator[Finding]:
    roles = {row[0] for row in connection.execute(text("select rolname from pg_roles where rolcanlogin"))}
    missing = [schema.role for schema in SCHEMAS if schema.role not in roles]
    if missing:
        yield warn("roles", f"missing: {', '.join(missing)}", "`arena up` makes them at its next start.")
    else:
        yield ok("roles", f"{len(SCHEMAS)}, one a service")
    yield migrations({name: (_present(connection, name), head(folder)) for name, folder in _folders(SCHEMAS)})


def migrations(states: Mapping[str, tuple[str | None, str | None]]) -> Finding:
    """The schemas' revisions, each as it is and as this version wants it."""
    behind = [
        name for name, (present, wanted) in states.items() if present != wanted and (present is None or wanted is None or present < wanted)
    ]
    ahead = [name for name, (present, wanted) in states.items() if present != wanted and name not in behind]
    if ahead:
        return fail("migrations", f"written by a newer version: {', '.join(ahead)}", "Start the newer HabitArena that wrote it.")
    if behind:
        return warn("migrations", f"not at the newest revision: {', '.join(behind)}", "`arena up` brings them there at its next start.")
    return ok("migrations", "at the newest revision")


def _folders(schemas: tuple[ServiceSchema, ...]) -> Iterator[tuple[str, Path]]:
    yield "log", LOG_VERSIONS
    yield from ((schema.name, schema.versions) for schema in schemas if schema.versions is not None)


def head(folder: Path) -> str | None:
    """The newest revision in a folder of migrations."""
    return ScriptDirectory(str(folder.parent), version_locations=[str(folder)]).get_current_head()


def _present(connection: Connection, schema: str) -> str | None:
    if connection.scalar(text("select to_regclass(:table)"), {"table": f"{schema}.alembic_version"}) is None:
        return None
    found: str | None = connection.scalar(text(f"select version_num from {schema}.alembic_version"))
    return found


def _consumers(connection: Connection, *, running: bool) -> Iterator[Finding]:
    if connection.scalar(text("select to_regclass('log.head')")) is None:
        return
    heads = _heads(connection)
    for name, consumer in sorted(consumers_of().items()):
        schema = name.partition(".")[0]
        if connection.scalar(text("select to_regclass(:table)"), {"table": f"{schema}.applied"}) is not None:
            yield lag(name, _behind(connection, schema, consumer, heads), running=running)
            yield from _parked(connection, schema, name)


def lag(consumer: str, behind: int, *, running: bool) -> Finding:
    """How many events a consumer has before it."""
    words = f"{consumer}: {behind} events behind"
    if behind and not running:
        return ok("consumer", f"{words} (the platform is stopped; it catches up at the next start)")
    if behind > _BEHIND:
        return warn("consumer", words, "If it does not fall, look into the log of `arena up` for consumer_paused or log_gap.")
    return ok("consumer", words)


def _heads(connection: Connection) -> dict[tuple[int, int], int]:
    rows = connection.execute(text("select topic, partition, position from log.head"))
    return {(row.topic, row.partition): row.position for row in rows}


def _behind(connection: Connection, schema: str, consumer: Consumer, heads: Mapping[tuple[int, int], int]) -> int:
    topic = consumer.log.number
    asked = text(f"select partition, position from {schema}.applied where consumer = :name and topic = :topic")
    applied: dict[Any, int] = {row.partition: row.position for row in connection.execute(asked, {"name": consumer.name, "topic": topic})}
    return sum(position - applied.get(partition, 0) for (log, partition), position in heads.items() if log == topic)


def _parked(connection: Connection, schema: str, name: str) -> Iterator[Finding]:
    keys = connection.scalar(text(f"select count(distinct key) from {schema}.parked where consumer = :name"), {"name": name})
    if keys:
        yield fail("parked", f"{name}: {keys} keys wait behind an event that could not be applied", "`arena dlq list` says why.")
