"""Prepares one database for all services: a role and a schema each, the log, its topics and readers.

Safe to repeat and to run from several processes at once (an advisory lock lets them pass one by one).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from psycopg import sql
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text

from arena.chassis.db.migrate import migrate

LOG_VERSIONS = Path(__file__).with_name("log_migrations")
PARTITIONS = 16
RELAY = "relay"
"""The service that carries every log on, and so may read them all."""
_ROLE_SETTINGS = {"lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s", "statement_timeout": "120s"}
"""A client that stalls after its append would block a partition: the server ends it."""


class LogDefinition(Protocol):
    """What the chassis needs to know of a log (the registry lives in the product's contracts)."""

    @property
    def number(self) -> int: ...  # noqa: D102 - described by the registry
    @property
    def name(self) -> str: ...  # noqa: D102 - described by the registry
    @property
    def owner(self) -> str: ...  # noqa: D102 - described by the registry
    @property
    def key(self) -> str: ...  # noqa: D102 - described by the registry
    @property
    def events(self) -> tuple[type, ...]: ...  # noqa: D102 - described by the registry
    @property
    def readers(self) -> tuple[str, ...]: ...  # noqa: D102 - described by the registry


@dataclass(frozen=True, slots=True)
class ServiceSchema:
    """A service's room in the database: its name (= schema) and the folder of its migrations; None where it keeps nothing."""

    name: str
    versions: Path | None

    @property
    def role(self) -> str:
        """The role that owns the schema."""
        return role_of(self.name)


def role_of(service: str) -> str:
    """The database role of a service."""
    return f"arena_{service}"


def service_url(admin: str | URL, service: str, password: str) -> URL:
    """The address under which `service` reaches its schema in the database of `admin`."""
    return make_url(admin).set(username=role_of(service), password=password)


def provision(admin: str | URL, services: Sequence[ServiceSchema], logs: Iterable[LogDefinition], passwords: Mapping[str, str]) -> None:
    """Create or bring up to date everything the services need; `passwords` by service name."""
    engine = create_engine(admin)
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(hashtext('arena.provision'))"))
            for service in services:
                ensure_role(connection, service, passwords[service.name])
            ensure_log(connection, services, list(logs))
        for service in services:
            if service.versions is not None:
                _migrate_service(service_url(admin, service.name, passwords[service.name]), service.name, service.versions)
    finally:
        engine.dispose()


def ensure_role(connection: Connection, service: ServiceSchema, password: str) -> None:
    """Give a service its role, with that password, and its schema."""
    role = sql.Identifier(service.role)
    raw = connection.connection.driver_connection
    if raw is None:
        raise RuntimeError("the connection is closed")
    known = connection.scalar(text("select 1 from pg_roles where rolname = :role"), {"role": service.role})
    verb = sql.SQL("alter" if known else "create")
    raw.execute(sql.SQL("{} role {} login password {}").format(verb, role, sql.Literal(password)))
    for name, value in _ROLE_SETTINGS.items():
        raw.execute(sql.SQL("alter role {} set {} = {}").format(role, sql.Identifier(name), sql.Literal(value)))
    raw.execute(sql.SQL("alter role {} set search_path = {}").format(role, sql.Identifier(service.name)))
    raw.execute(sql.SQL("grant {} to current_user").format(role))
    raw.execute(sql.SQL("create schema if not exists {} authorization {}").format(sql.Identifier(service.name), role))


def ensure_log(connection: Connection, services: Sequence[ServiceSchema], logs: Sequence[LogDefinition]) -> None:
    """Bring the log up to date. Every service may call its functions (each looks after its months): they ask who may append and read."""
    connection.execute(text("create schema if not exists log"))
    migrate(connection, "log", LOG_VERSIONS)
    connection.execute(text("select log.ensure_segments(2)"))
    for log in logs:
        _ensure_topic(connection, log)
    roles = sorted({service.role for service in services} | {role_of(name) for log in logs for name in (log.owner, *log.readers)})
    known = {row[0] for row in connection.execute(text("select rolname from pg_roles"))}
    for role in (role for role in roles if role in known):
        connection.execute(text(f"grant usage on schema log to {role}"))
        connection.execute(text(f"grant select on log.alembic_version to {role}"))
        connection.execute(text(f"grant execute on all functions in schema log to {role}"))


def _ensure_topic(connection: Connection, log: LogDefinition) -> None:
    values = {"number": log.number, "name": log.name, "owner": role_of(log.owner), "last": PARTITIONS - 1}
    connection.execute(
        text(
            "insert into log.topic(number, name, owner) values (:number, :name, :owner) "
            "on conflict (number) do update set owner = excluded.owner"
        ),
        values,
    )
    connection.execute(
        text("insert into log.head(topic, partition) select :number, p from generate_series(0, :last) p on conflict do nothing"),
        values,
    )
    connection.execute(text("delete from log.reader where topic = :number"), values)
    for reader in (*log.readers, RELAY):
        connection.execute(text("insert into log.reader(topic, role) values (:number, :role)"), values | {"role": role_of(reader)})


def _migrate_service(url: URL, schema: str, versions: Path) -> None:
    engine: Engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(hashtext('arena.provision.' || :name))"), {"name": schema})
            migrate(connection, schema, versions)
    finally:
        engine.dispose()
