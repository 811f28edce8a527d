"""The database of an installation: the embedded server, or the one that ARENA_DATABASE_URL names; prepared for all services."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError

from arena.chassis.core.settings import Settings
from arena.chassis.db.provision import ServiceSchema, provision, role_of, service_url
from arena.contracts.registry import LOGS
from arena.embedded.postgres import EmbeddedPostgres
from arena.embedded.secrets import SecretFile


class DatabaseUnusable(Exception):
    """The database of ARENA_DATABASE_URL cannot be used; the message says why and what to do."""

    slug = "database-unusable"

    def __init__(self, admin: URL, why: str) -> None:
        where = admin.render_as_string(hide_password=True)
        super().__init__(
            f"The database {where} cannot be used: {why} "
            "Check ARENA_DATABASE_URL; its role must be allowed to create roles and schemas, and the database must exist."
        )


@dataclass(slots=True)
class Database:
    """Where each service finds its schema. `open` and `close` block: call them in a thread."""

    settings: Settings
    schemas: Sequence[ServiceSchema]
    _server: EmbeddedPostgres | None = None
    _urls: dict[str, URL] = field(default_factory=dict)
    _admin: URL | None = None

    def open(self) -> None:
        """Start the embedded server where none is given, then bring roles, schemas and log up to date.

        Raises:
            PostgresRefused: the embedded server cannot start; the sentence says what to do.
            SchemaTooNew: the data was written by a later version.
            DatabaseUnusable: the given database cannot be reached, or its role may not do what is needed.
        """
        admin, passwords = self._given() if self.settings.database_url else self._embedded()
        try:
            provision(admin, self.schemas, LOGS, passwords)
        except DBAPIError as refused:
            raise DatabaseUnusable(admin, f"{refused.orig}".strip().splitlines()[0] + ".") from refused
        self._admin = admin
        self._urls = {schema.name: service_url(admin, schema.name, passwords[schema.name]) for schema in self.schemas}

    def url(self, service: str) -> URL:
        """The address of a service's schema."""
        return self._urls[service]

    @property
    def admin(self) -> URL:
        """The administrator's address."""
        if self._admin is None:
            raise RuntimeError("the database is not open")
        return self._admin

    def close(self) -> None:
        """Stop the embedded server, if it is ours."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def _embedded(self) -> tuple[URL, dict[str, str]]:
        self._server = EmbeddedPostgres(self.settings.data_dir)
        endpoint = self._server.start()
        server = self._server
        return make_url(endpoint.url()), {schema.name: server.password(role_of(schema.name)) for schema in self.schemas}

    def _given(self) -> tuple[URL, dict[str, str]]:
        if self.settings.database_url is None:
            raise ValueError("no ARENA_DATABASE_URL")
        self.settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = SecretFile(Path(self.settings.data_dir))
        admin = make_url(self.settings.database_url.get_secret_value()).set(drivername="postgresql+psycopg")
        return admin, {schema.name: kept.get(role_of(schema.name)) for schema in self.schemas}
