"""`arena up`: the platform in the foreground, from the first socket to the last word `stopped`."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
import uvicorn
import uvloop

from arena.chassis.core.collector import tame_collector
from arena.chassis.core.logging import set_up_logging
from arena.chassis.core.settings import Settings
from arena.chassis.core.telemetry_setup import set_up_telemetry, trace_engine
from arena.chassis.db.migrate import SchemaTooNew
from arena.chassis.http.metrics_server import MetricsPortTaken, start_metrics_server
from arena.contracts.civil import use_tzdata_wheel
from arena.embedded.database import Database, DatabaseUnusable
from arena.embedded.platform import SCHEMAS, Assembled, Secrets, assemble
from arena.embedded.postgres import PostgresRefused
from arena.embedded.secrets import SecretFile
from arena.identity.keys import generate_key
from arena.scoring.use_cases.resuming import TablesBehind

_log = structlog.get_logger(__name__)
_GRACE = 5
"""Seconds that open requests have to end."""


class CannotStart(Exception):
    """The platform cannot start; the message says what to do."""


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; says `ready http://…` when it serves and `stopped` when all is ended.

    Raises:
        CannotStart: a port is taken, the data folder or the database cannot be used, scoring's tables are behind; the message says
            what to do.
    """
    use_tzdata_wheel()
    set_up_logging(settings.log_level)
    with _listen(settings) as listening, _telemetry(settings):
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_serve(settings, listening, say))
        except (PostgresRefused, SchemaTooNew, DatabaseUnusable, MetricsPortTaken, TablesBehind) as refused:
            raise CannotStart(str(refused)) from refused
    say("stopped")


@contextmanager
def _listen(settings: Settings) -> Iterator[socket.socket]:
    """The socket to serve on, taken first: whether the port is free is known before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((settings.host, settings.port))
        except OSError as taken:
            raise CannotStart(
                f"Port {settings.port} on {settings.host} cannot be used ({taken.strerror}): is arena running already? "
                "Choose another with ARENA_PORT."
            ) from taken
        listening.listen(2048)
        yield listening


@contextmanager
def _telemetry(settings: Settings) -> Iterator[None]:
    """Metrics, and traces where there is a collector; what is left to send is sent at the end."""
    end = set_up_telemetry(settings)
    try:
        yield
    finally:
        end()


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: this process decides in which order things end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield


async def _serve(settings: Settings, listening: socket.socket, say: Callable[[str], None]) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopping.set)
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
    server = _Server(
        uvicorn.Config(
            platform.http,
            http="httptools",
            loop="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
    )
    await _start(platform)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await _until_started(server, serving)
        say(f"ready http://{_shown(settings.host)}:{settings.port}")
        await _until_stopped(serving, stopping)
    finally:
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


async def _until_started(server: uvicorn.Server, serving: "asyncio.Task[Any]") -> None:
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn tells it by an attribute only
        await asyncio.sleep(0.01)
    if serving.done():
        serving.result()
        raise CannotStart("The web server ended while starting; the log above says why.")


async def _until_stopped(serving: "asyncio.Task[Any]", stopping: asyncio.Event) -> None:
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()


def secrets_of(settings: Settings) -> Secrets:
    """The installation's keys; made on first start."""
    kept = SecretFile(settings.data_dir)
    given = settings.internal_token
    return Secrets(
        signing_keys=kept.find("signing_keys") or kept.keep("signing_keys", generate_key()),
        internal_token=given.get_secret_value() if given else kept.get("internal_token"),
    )


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
