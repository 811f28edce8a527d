"""Administration without the API: the same units of work, over the running installation's database or one opened for the purpose."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import URL, make_url

from arena.chassis.bus.archive.reading import Archive, open_archive
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.core.logging import set_up_logging
from arena.chassis.core.settings import LogLevel, Settings
from arena.chassis.db.database import open_units
from arena.chassis.db.provision import role_of, service_url
from arena.chassis.db.unit_of_work import Units
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.registry import LOGS, partition_of
from arena.embedded.database import Database
from arena.embedded.platform import SCHEMAS
from arena.embedded.postgres import find_running
from arena.embedded.postgres.folder import DataFolder
from arena.split.database import SharedDatabase


@dataclass(slots=True)
class Offline:
    """The units of work of every service, each signing in as that service: only it may append to its logs."""

    url: Callable[[str], URL]
    archive: Archive | None = None
    opened: dict[str, Units] = field(default_factory=dict)

    def units(self, service: str) -> Units:
        """Units of work of one service."""
        if service not in self.opened:
            self.opened[service] = open_units(self.url(service), Catalogue(LOGS, partition_of), pool_size=1, archive=self.archive)
        return self.opened[service]

    async def close(self) -> None:
        """Give the connections back."""
        for units in self.opened.values():
            await units.engine.dispose()


@asynccontextmanager
async def offline(settings: Settings) -> AsyncIterator[Offline]:
    """The installation, as whoever runs it.

    Where the platform runs as processes (ARENA_DATABASE_PASSWORDS), it signs in as they do and changes no schema: a pod can do it that
    knows no more than its own services' passwords. The database of a running `arena up` is used beside it; otherwise the embedded server
    runs for as long as this takes.

    Raises:
        PostgresRefused, SchemaTooNew, DatabaseUnusable, SetUpWrong: the database cannot be used; the sentence says what to do.
    """
    use_tzdata_wheel()
    set_up_logging(LogLevel.WARNING)
    async with AsyncExitStack() as stack:
        url = _shared(settings) or _running(settings) or await _opened(settings, stack)
        installation = Offline(url, open_archive(settings.archive))
        stack.push_async_callback(installation.close)
        yield installation


@asynccontextmanager
async def offline_units(settings: Settings, service: str) -> AsyncIterator[Units]:
    """Units of work of one service, as whoever runs the installation."""
    async with offline(settings) as installation:
        yield installation.units(service)


async def _opened(settings: Settings, stack: AsyncExitStack) -> Callable[[str], URL]:
    """The addresses over a database that is opened, brought up to date, and closed with the stack."""
    database = Database(settings, SCHEMAS)
    stack.push_async_callback(asyncio.to_thread, database.close)
    await asyncio.to_thread(database.open)
    return database.url


def _shared(settings: Settings) -> Callable[[str], URL] | None:
    """The addresses in the database that processes share, if that is the installation's shape."""
    return SharedDatabase.of(settings, ()).url if settings.database_passwords else None


def _running(settings: Settings) -> Callable[[str], URL] | None:
    """The addresses in the embedded server that another process runs, if one does."""
    endpoint = None if settings.database_url else find_running(settings.data_dir)
    if endpoint is None:
        return None
    admin, passwords = make_url(endpoint.url()), _passwords(settings)
    return lambda service: service_url(admin, service, passwords[role_of(service)])


def _passwords(settings: Settings) -> dict[str, str]:
    kept: dict[str, str] = json.loads(DataFolder(settings.data_dir.resolve()).secrets.read_text())["postgres"]
    return kept
