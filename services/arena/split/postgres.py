"""`arena postgres`: the PostgreSQL of the wheel in the foreground, on TCP, for clusters that have none."""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from arena.embedded.postgres import EmbeddedPostgres, Endpoint, PostgresRefused
from arena.embedded.postgres.cluster import Listening
from arena.split.secret_files import SetUpWrong, read_secret

ROLE = "postgres"


@dataclass(frozen=True, slots=True)
class PostgresOptions:
    """Where it listens, where its data is, and where its administrator's password."""

    host: str
    port: int
    data_dir: Path
    password_file: Path | None


def run_postgres(options: PostgresOptions, say: Callable[[str], None]) -> None:
    """Run it until SIGINT or SIGTERM; then transactions are rolled back, all is written, and it ends.

    Raises:
        PostgresRefused: it cannot start; the sentence says what to do.
        SetUpWrong: there is no password.
    """
    if options.password_file is None:
        raise SetUpWrong("ARENA_POSTGRES_PASSWORD_FILE is not set: the file with the password of the role postgres.")
    password = read_secret(options.password_file, "ARENA_POSTGRES_PASSWORD_FILE")
    stopping = threading.Event()
    server = EmbeddedPostgres(options.data_dir, Listening(options.host, options.port))

    def stop(*_: object) -> None:
        stopping.set()
        server.interrupt()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
    try:
        let_in(server.start(), password)
        say(f"ready postgresql://{ROLE}@{options.host}:{options.port}/arena")
        stopping.wait()
    except PostgresRefused:
        if not stopping.is_set():
            raise
    finally:
        server.stop()
    say("stopped")


def let_in(endpoint: Endpoint, password: str) -> None:
    """Give the role `postgres` that password; it is made on first need, and rotated by another start."""
    with psycopg.connect(endpoint.conninfo(), autocommit=True) as connection:
        known = connection.execute("select 1 from pg_roles where rolname = %s", (ROLE,)).fetchone()
        verb = sql.SQL("alter" if known else "create")
        connection.execute(sql.SQL("{} role {} superuser login password {}").format(verb, sql.Identifier(ROLE), sql.Literal(password)))
