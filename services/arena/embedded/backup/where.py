"""The database of an installation that a backup is taken from or restored into: running, started for the purpose, or external."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import OperationalError, connect
from sqlalchemy import URL, make_url

from arena.chassis.core.settings import Settings
from arena.embedded.backup.refusals import NoInstallation
from arena.embedded.backup.tables import Session, settle
from arena.embedded.database import DatabaseUnusable
from arena.embedded.platform import conninfo
from arena.embedded.postgres import EmbeddedPostgres, find_running
from arena.embedded.postgres.folder import DataFolder


@contextmanager
def administrator(settings: Settings, *, existing: bool) -> Iterator[URL]:
    """The administrator's address of the installation's database.

    Args:
        settings: say which installation.
        existing: refuse where there is none yet, instead of making it.

    Raises:
        NoInstallation: there is none.
        PostgresRefused: the embedded server cannot start.
    """
    if settings.database_url is not None:
        yield given(settings.database_url.get_secret_value(), settings.database_passwords)
    elif (running := find_running(settings.data_dir)) is not None:
        yield make_url(running.url())
    elif existing and not DataFolder(settings.data_dir.resolve()).pgdata.exists():
        raise NoInstallation(f"There is no installation in {settings.data_dir}: name its folder in ARENA_DATA_DIR.")
    else:
        with EmbeddedPostgres(settings.data_dir) as server:
            yield make_url(server.endpoint.url())


def given(address: str, passwords: Path | None) -> URL:
    """A URL without a password has it in the file `admin`, as for `arena migrate`."""
    url = make_url(address).set(drivername="postgresql+psycopg")
    file = passwords / "admin" if passwords and url.password is None else None
    return url.set(password=file.read_text("utf-8").strip()) if file and file.is_file() else url


@contextmanager
def session_of(admin: URL) -> Iterator[Session]:
    """A session of the administrator's.

    Raises:
        DatabaseUnusable: it cannot be had.
    """
    try:
        session = connect(conninfo(admin), connect_timeout=10)
    except OperationalError as refused:
        raise DatabaseUnusable(admin, f"{str(refused).strip().splitlines()[0]}.") from refused
    with session:
        with session.transaction():
            settle(session)
        yield session
