"""A process that serves HTTP: its socket, its server, and when it is told to stop."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from arena.chassis.core.settings import Settings
from arena.chassis.core.telemetry_setup import set_up_telemetry
from arena.embedded.ways import SERVER_KEEPS

GRACE: Final = 5
"""Seconds that open requests have to end."""


class CannotStart(Exception):
    """The process cannot start; the message says what to do."""

    slug = "cannot-start"


@contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """The socket to serve on, taken first: whether the port is free is known before anything is started.

    Raises:
        CannotStart: the port is taken, or the host is not of this machine.
    """
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
def telemetry(settings: Settings) -> Iterator[None]:
    """Metrics, and traces where there is a collector; what is left to send is sent at the end."""
    end = set_up_telemetry(settings)
    try:
        yield
    finally:
        end()


class Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: the process decides in which order things end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield


def server_of(app: ASGIApp, settings: Settings, *, lifespan: bool) -> Server:
    """The server of an app; it takes the word of trusted proxies for who visits, and whether by HTTPS."""
    return Server(
        uvicorn.Config(
            app,
            http="httptools",
            loop="none",
            lifespan="on" if lifespan else "off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_keep_alive=SERVER_KEEPS,
            timeout_graceful_shutdown=GRACE,
        )
    )


def told_to_stop() -> asyncio.Event:
    """Is set by SIGINT and SIGTERM from now on."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopping.set)
    return stopping


async def until_started(server: uvicorn.Server, serving: "asyncio.Task[Any]") -> None:
    """Wait until the server serves.

    Raises:
        CannotStart: it ended.
    """
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn tells it by an attribute only
        await asyncio.sleep(0.01)
    if serving.done():
        serving.result()
        raise CannotStart("The web server ended while starting; the log above says why.")


async def until_stopped(serving: "asyncio.Task[Any]", stopping: asyncio.Event) -> None:
    """Wait until somebody says stop, or the server ends by itself."""
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()


def shown(host: str) -> str:
    """A host as it stands in an address."""
    return f"[{host}]" if ":" in host else host
