"""The database of a process that shares it with others: signed in as its services, waited for, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from arena.chassis.core.settings import Settings
from arena.chassis.core.settings_kafka import NO_CLIENT, Bus, lacks_client
from arena.chassis.db.migrate import Fit, find, fit_of
from arena.chassis.db.provision import LOG_VERSIONS, ServiceSchema, role_of, service_url
from arena.embedded.assembling import KEEPING, carried
from arena.split.secret_files import SetUpWrong, read_secret

_CONNECT_SECONDS: Final = 3


class NotYet(Exception):
    """The database cannot be used now; the message says why and what to do."""

    slug = "not-yet"


def schema_of(service: str) -> ServiceSchema:
    """A service's room in the database; only that service is loaded."""
    schema: ServiceSchema = import_module(f"arena.{service}.app").SCHEMA
    return schema


def all_schemas(settings: Settings) -> tuple[ServiceSchema, ...]:
    """The rooms of all services that an installation with these settings has.

    Raises:
        SetUpWrong: what some of them need is not installed.
    """
    if settings.bus is Bus.KAFKA and lacks_client():
        raise SetUpWrong(NO_CLIENT)
    return tuple(map(schema_of, (*KEEPING, *carried(settings))))


@dataclass(frozen=True, slots=True)
class SharedDatabase:
    """Where the services of a process find their schemas."""

    admin: URL
    schemas: Sequence[ServiceSchema]
    passwords: Path
    _read: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, services: Sequence[str]) -> "SharedDatabase":
        """The one that the settings name.

        Raises:
            SetUpWrong: a setting is missing.
        """
        return cls(admin_url(settings), tuple(map(schema_of, services)), password_folder(settings))

    def url(self, service: str) -> URL:
        """The address of a service's schema.

        Raises:
            SetUpWrong: its password cannot be read.
        """
        if service not in self._read:
            self._read[service] = read_secret(self.passwords / service, "ARENA_DATABASE_PASSWORDS")
        return service_url(self.admin, service, self._read[service])

    def look(self) -> None:
        """See whether every schema of this process can be used; blocks.

        Raises:
            NotYet: one cannot; passwords are read anew the next time.
            SetUpWrong: a password cannot be read.
        """
        self._read.clear()
        for schema in self.schemas:
            self._look_at(schema)

    def _look_at(self, schema: ServiceSchema) -> None:
        engine = create_engine(self.url(schema.name), poolclass=NullPool, connect_args={"connect_timeout": _CONNECT_SECONDS})
        try:
            with engine.connect() as connection:
                require(connection, schema.name, schema.versions)
                require(connection, "log", LOG_VERSIONS)
        except DBAPIError as refused:
            raise NotYet(self._words(schema.name, f"{refused.orig}".strip())) from refused

    def _words(self, service: str, said: str) -> str:
        if "password authentication failed" in said:
            return (
                f"The database refuses the role {role_of(service)}: the password in {self.passwords / service} (ARENA_DATABASE_PASSWORDS) "
                "is not its own, or `arena migrate` has not run yet."
            )
        return unreachable(self.admin, said)


def require(connection: Connection, schema: str, versions: Path | None) -> None:
    """See whether this program can run on a schema.

    Raises:
        NotYet: it cannot.
    """
    if versions is None:
        return
    found = find(connection, schema)
    match fit_of(found, versions):
        case Fit.OLDER if found.revision is None:
            raise NotYet(f"The schema {schema} is not there yet: run `arena migrate`.")
        case Fit.OLDER:
            raise NotYet(f"The schema {schema} is at revision {found.revision}, older than this version needs: run `arena migrate`.")
        case Fit.REFUSED:
            raise NotYet(
                f"The schema {schema} is at revision {found.revision}, on which this version cannot run: "
                "start the newer version that made it."
            )


def unreachable(admin: URL, said: str) -> str:
    """The sentence for a database that does not let us in; `said` is what the driver says."""
    where = admin.set(username=None, password=None, query={}).render_as_string().replace("+psycopg", "")
    reason = said.splitlines()[-1].removeprefix("\t").rstrip(".") if said else "no answer"
    return f"The database {where} (ARENA_DATABASE_URL) cannot be used: {reason}."


def admin_url(settings: Settings) -> URL:
    """The address of the database, as the settings have it.

    Raises:
        SetUpWrong: there is none.
    """
    if settings.database_url is None:
        raise SetUpWrong("ARENA_DATABASE_URL is not set; such as postgresql://HOST:5432/arena.")
    return make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+psycopg")


def password_folder(settings: Settings) -> Path:
    """Where the passwords of the services are.

    Raises:
        SetUpWrong: nobody said.
    """
    if settings.database_passwords is None:
        raise SetUpWrong("ARENA_DATABASE_PASSWORDS is not set: the folder with a file per service, the password of its role.")
    return settings.database_passwords
