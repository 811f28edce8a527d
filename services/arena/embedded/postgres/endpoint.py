"""Where a server listens and who may log in."""

from dataclasses import dataclass, field

from psycopg.conninfo import make_conninfo

PORT = 5432
ADMIN = "arena"
DATABASE = "arena"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A PostgreSQL on a Unix socket: `host` is the folder of the socket."""

    host: str
    password: str = field(repr=False)
    port: int = PORT
    user: str = ADMIN
    database: str = DATABASE

    def url(self, database: str | None = None, user: str | None = None, password: str | None = None) -> str:
        """Return the SQLAlchemy URL (psycopg 3), by default the administrator's."""
        from sqlalchemy import URL  # noqa: PLC0415 - 30 MB that `arena postgres`, which asks for no URL, would hold for ever

        # The port is always named: libpq would otherwise take it from PGPORT.
        parts = URL.create(
            "postgresql+psycopg",
            username=user or self.user,
            password=self.password if password is None else password,
            database=database or self.database,
            query={"host": self.host, "port": str(self.port)},
        )
        return parts.render_as_string(hide_password=False)

    def conninfo(self, database: str | None = None) -> str:
        """Return the administrator's connection string for libpq."""
        name = database or self.database
        return make_conninfo(host=self.host, port=self.port, user=self.user, password=self.password, dbname=name)
