"""Administration without the API: the same units of work, over the running installation's database or one opened for the purpose."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, make_url

from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.core.settings import Settings
from arena.chassis.db.database import open_units
from arena.chassis.db.migrate import SchemaTooNew
from arena.chassis.db.unit_of_work import Units
from arena.cli.console import fail
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.registry import LOGS, partition_of
from arena.embedded.database import Database
from arena.embedded.platform import SCHEMAS
from arena.embedded.postgres import PostgresRefused, find_running


@asynccontextmanager
async def offline_units(settings: Settings, service: str) -> AsyncIterator[Units]:
    """Units of work of one service, as whoever runs the installation.

    The database of a running `arena up` is used beside it; otherwise the embedded server runs for as long as this takes.
    """
    use_tzdata_wheel()
    database = None
    try:
        url = _running(settings, service)
        if url is None:
            database = Database(settings, SCHEMAS)
            await asyncio.to_thread(database.open)
            url = database.url(service)
        units = open_units(url, Catalogue(LOGS, partition_of), pool_size=1)
        yield units
        await units.engine.dispose()
    except (PostgresRefused, SchemaTooNew) as refused:
        fail(str(refused))
    finally:
        if database is not None:
            await asyncio.to_thread(database.close)


def _running(settings: Settings, service: str) -> URL | None:
    """The administrator's address of a running server, working in the service's schema."""
    endpoint = None if settings.database_url else find_running(settings.data_dir)
    if endpoint is None:
        return None
    return make_url(endpoint.url()).update_query_dict({"options": f"-c role=arena_{service} -c search_path={service}"})
