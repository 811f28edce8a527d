"""`arena up`: the platform in the foreground, from the first socket to the last word `stopped`."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
import uvloop

from arena.chassis.core.collector import tame_collector
from arena.chassis.core.logging import set_up_logging
from arena.chassis.core.settings import Settings
from arena.chassis.core.tasks import end
from arena.chassis.core.telemetry_setup import trace_engine
from arena.chassis.db.migrate import SchemaTooNew
from arena.chassis.http.metrics_server import MetricsPortTaken, start_metrics_server
from arena.contracts.civil import use_tzdata_wheel
from arena.embedded.archiving import keep_archiving
from arena.embedded.database import Database, DatabaseUnusable
from arena.embedded.platform import SCHEMAS, Assembled, Secrets, assemble
from arena.embedded.postgres import PostgresRefused
from arena.embedded.secrets import SecretFile
from arena.embedded.server import CannotStart, listen, server_of, shown, telemetry, told_to_stop, until_started, until_stopped
from arena.identity.keys import generate_key
from arena.scoring.use_cases.resuming import TablesBehind


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; says `ready http://…` when it serves and `stopped` when all is ended.

    Raises:
        CannotStart: a port is taken, the data folder or the database cannot be used, scoring's tables are behind; the message says
            what to do.
    """
    use_tzdata_wheel()
    set_up_logging(settings.log_level)
    with listen(settings) as listening, telemetry(settings):
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_serve(settings, listening, say))
        except (PostgresRefused, SchemaTooNew, DatabaseUnusable, MetricsPortTaken, TablesBehind) as refused:
            raise CannotStart(str(refused)) from refused
    say("stopped")


async def _serve(settings: Settings, listening: socket.socket, say: Callable[[str], None]) -> None:
    stopping = told_to_stop()
    database = Database(settings, SCHEMAS)
    try:
        opening = asyncio.create_task(asyncio.to_thread(database.open))
        await _first(opening, stopping)
        if stopping.is_set():
            return
        close_metrics = start_metrics_server(settings.metrics_port, settings.host)
        try:
            await _serve_over(settings, database, listening, stopping, say)
        finally:
            await asyncio.to_thread(close_metrics)
    finally:
        await asyncio.to_thread(database.close)


async def _first(opening: "asyncio.Task[None]", stopping: asyncio.Event) -> None:
    """Wait until the database is open, or somebody wants to stop; what is opening is then ended by its `close`."""
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({opening, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if opening.done():
        opening.result()


async def _serve_over(
    settings: Settings, database: Database, listening: socket.socket, stopping: asyncio.Event, say: Callable[[str], None]
) -> None:
    platform = assemble(settings, database, secrets_of(settings))
    tame_collector()
    if settings.otlp_endpoint is not None:
        for units in platform.units.values():
            trace_engine(units.engine)
    server = server_of(platform.http, settings, lifespan=True)
    await _start(platform)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    archiving = asyncio.create_task(keep_archiving(settings, database.admin))
    try:
        await until_started(server, serving)
        say(f"ready http://{shown(settings.host)}:{settings.port}")
        await until_stopped(serving, stopping)
    finally:
        await end([archiving])
        await _wind_down(platform, server, serving)


async def _start(platform: Assembled) -> None:
    """Let the workers run, if no service has anything against it."""
    try:
        await platform.check()
    except BaseException:
        await platform.close()
        raise
    platform.workers.start()


async def _wind_down(platform: Assembled, server: uvicorn.Server, serving: "asyncio.Task[Any]") -> None:
    server.should_exit = True
    platform.begin_to_close()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    await platform.workers.stop()
    await platform.close()


def secrets_of(settings: Settings) -> Secrets:
    """The installation's keys; made on first start."""
    kept = SecretFile(settings.data_dir)
    given = settings.internal_token
    return Secrets(
        signing_keys=kept.find("signing_keys") or kept.keep("signing_keys", generate_key()),
        internal_token=given.get_secret_value() if given else kept.get("internal_token"),
    )
