"""Fresh databases on a test server: one template is provisioned, every test gets a copy."""

import gc
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from sqlalchemy import URL, make_url

from arena.chassis.db.provision import LogDefinition, ServiceSchema, provision, service_url

PASSWORD = "test"  # noqa: S105 - of throw-away roles on a throw-away server
_numbers = itertools.count()


@dataclass(slots=True)
class TestServer:
    """A server for tests; `admin` is the SQLAlchemy URL of its administrator."""

    __test__ = False

    admin: URL
    schemas: Sequence[ServiceSchema]
    logs: Sequence[LogDefinition]
    _template: str | None = field(default=None)

    @classmethod
    def of(cls, admin: str, schemas: Iterable[ServiceSchema], logs: Iterable[LogDefinition]) -> "TestServer":
        """A server with the schemas and logs its databases get."""
        return cls(make_url(admin), tuple(schemas), tuple(logs))

    @contextmanager
    def database(self) -> Iterator["TestDatabase"]:
        """A fresh provisioned database, dropped afterwards."""
        if self._template is None:
            self._template = self._create("template_", None)
            provision(self.admin.set(database=self._template), self.schemas, self.logs, self.passwords)
        name = self._create("test_", self._template)
        try:
            yield TestDatabase(self.admin.set(database=name))
        finally:
            gc.collect()  # a connection that was being opened when its task was cancelled lingers in a traceback, and the drop waits for it
            self._run(f"drop database {name} with (force)")

    @property
    def passwords(self) -> dict[str, str]:
        """The same for every role."""
        return {schema.name: PASSWORD for schema in self.schemas}

    def _create(self, prefix: str, template: str | None) -> str:
        name = f"{prefix}{os.getpid()}_{next(_numbers)}"
        self._run(f"create database {name}" + (f" template {template}" if template else ""))
        return name

    def _run(self, command: str) -> None:
        with psycopg.connect(dsn(self.admin), autocommit=True) as connection:
            connection.execute(command.encode())


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """One database of a test."""

    __test__ = False

    admin: URL

    def url(self, service: str) -> URL:
        """The address of a service's schema."""
        return service_url(self.admin, service, PASSWORD)


def dsn(url: URL) -> str:
    """The libpq form of an address."""
    query = {key: str(value) for key, value in url.query.items()}
    return psycopg.conninfo.make_conninfo(user=url.username, password=url.password, dbname=url.database, **query)
