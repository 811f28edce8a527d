"""`arena serve` and `arena work`: a part of the platform in the foreground; it waits for what is not there yet, and ends politely."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from time import monotonic
from typing import Final

import structlog
import uvloop
from sqlalchemy import URL

from arena.chassis.core.collector import tame_collector
from arena.chassis.core.logging import set_up_logging
from arena.chassis.core.settings import Settings
from arena.chassis.core.settings_kafka import NO_CLIENT, Bus, lacks_client
from arena.chassis.core.tasks import end
from arena.chassis.core.telemetry_setup import trace_engine
from arena.chassis.db.trouble import PASSING
from arena.chassis.http.metrics_server import MetricsPortTaken, start_metrics_server
from arena.contracts.civil import use_tzdata_wheel
from arena.embedded.assembling import CARRIED, SERVICES, WORKING, Assembled, Secrets, Share, assemble_share, carried
from arena.embedded.server import CannotStart, listen, server_of, shown, telemetry, told_to_stop, until_started, until_stopped
from arena.embedded.ways import ProvedVisitors
from arena.split.database import SharedDatabase
from arena.split.door import Door
from arena.split.passing import PassOn
from arena.split.secret_files import SetUpWrong, read_secret

_log = structlog.get_logger(__name__)
_LOOK_EVERY = 0.5
_SAY_EVERY = 10.0
CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "habits": ("identity",),
    "scoring": ("identity",),
    "battles": ("identity", "habits"),
    "live": ("identity", "scoring", "battles"),
    "web": ("identity", "habits", "scoring", "battles", "live"),
}
"""Whom the HTTP of a service calls; all ask identity for its keys. A test compares it with charts/arena/edges.yaml."""


def share_of(settings: Settings, *, serve: Sequence[str] = (), work: Sequence[str] = ()) -> Share:
    """What a process is to have; the addresses of the others are the settings'.

    Raises:
        SetUpWrong: a service is unknown or named twice, or has nothing to do beside HTTP.
    """
    for names, known in ((serve, SERVICES), (work, (*WORKING, *carried(settings)))):
        for name in names:
            if name not in known:
                raise SetUpWrong(_why_not(name))
        if len(set(names)) < len(names):
            raise SetUpWrong("A service is named twice.")
    pairs = (pair.partition("=") for pair in (settings.services or "").split(",") if pair)
    addresses = {name: address for name, _, address in pairs}
    if strangers := [name for name in addresses if name not in SERVICES]:
        raise SetUpWrong(f"ARENA_SERVICES names {strangers[0]}, which is no service; there are {', '.join(SERVICES)}.")
    for name in serve:
        if missing := [other for other in CALLS.get(name, ()) if other not in serve and other not in addresses]:
            raise SetUpWrong(f"ARENA_SERVICES names no address of {missing[0]}, which {name} calls: {missing[0]}=http://HOST.")
    return Share(tuple(serve), tuple(work), addresses)


def _why_not(name: str) -> str:
    if name in SERVICES:
        return f"The service {name} has nothing to do beside HTTP: leave it out, as it is served by `arena serve {name}`."
    if name in CARRIED:
        return f"The service {name} carries the log on to Kafka: it is worked for by `arena work {name}`, with ARENA_BUS=kafka."
    return f"There is no service {name}; there are {', '.join(SERVICES)}."


def run(settings: Settings, share: Share, say: Callable[[str], None]) -> None:
    """Serve and work until SIGINT or SIGTERM; says `ready http://…` when it does, and `stopped` when all is ended.

    Raises:
        CannotStart: a port is taken.
        SetUpWrong: a setting that this process needs is missing.
    """
    use_tzdata_wheel()
    set_up_logging(settings.log_level)
    if settings.bus is Bus.KAFKA and lacks_client():
        raise SetUpWrong(NO_CLIENT)
    secrets = _secrets(settings, share)
    database = SharedDatabase.of(settings, share.keeping) if share.keeping else None
    with listen(settings) as listening, telemetry(settings):
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_Process(settings, share, secrets, database, say).run(listening))
        except MetricsPortTaken as taken:
            raise CannotStart(str(taken)) from taken
    say("stopped")


def _secrets(settings: Settings, share: Share) -> Secrets:
    if settings.internal_token_file is not None:
        token = read_secret(settings.internal_token_file, "ARENA_INTERNAL_TOKEN_FILE")
    elif settings.internal_token is not None:
        token = settings.internal_token.get_secret_value()
    else:
        raise SetUpWrong("Neither ARENA_INTERNAL_TOKEN_FILE nor ARENA_INTERNAL_TOKEN is set: the secret that all processes share.")
    keys = None
    if "identity" in share.serve:
        if settings.signing_keys is None:
            raise SetUpWrong("ARENA_SIGNING_KEYS is not set: the file with the keys by which identity signs.")
        keys = read_secret(settings.signing_keys, "ARENA_SIGNING_KEYS")
    return Secrets(keys, token)


class _Nowhere:
    """The database of a process without one."""

    def url(self, service: str) -> URL:
        """Nobody asks."""
        raise LookupError(service)


class _Process:
    """One run of it."""

    def __init__(
        self, settings: Settings, share: Share, secrets: Secrets, database: SharedDatabase | None, say: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._share = share
        self._secrets = secrets
        self._database = database
        self._say = say
        self._door = Door()
        self._said: tuple[str, float] = ("", float("-inf"))

    async def run(self, listening: socket.socket) -> None:
        """From the first probe answered to the last connection closed."""
        stopping = told_to_stop()
        close_metrics = start_metrics_server(self._settings.metrics_port, self._settings.host)
        server = server_of(ProvedVisitors(self._door, self._secrets.internal_token), self._settings, lifespan=False)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with AsyncExitStack() as stack:
                opening = asyncio.create_task(self._open(stack))
                stack.push_async_callback(end, [opening])
                await until_started(server, serving)
                opening.add_done_callback(lambda done: None if done.cancelled() or done.exception() is None else stopping.set())
                told = asyncio.create_task(stopping.wait())
                await asyncio.wait({opening, told, serving}, return_when=asyncio.FIRST_COMPLETED)
                told.cancel()
                if opening.done():
                    platform = opening.result()
                    await until_stopped(serving, stopping)
                    platform.begin_to_close()
                server.should_exit = True
                await serving
        finally:
            server.should_exit = True
            await asyncio.gather(serving, return_exceptions=True)
            await asyncio.to_thread(close_metrics)

    async def _have(self, platform: Assembled, stack: AsyncExitStack) -> None:
        """Let the platform live as long as the stack does: it ends in the opposite order."""
        stack.push_async_callback(platform.close)
        if platform.units:  # without a schema there is no log to hear of
            platform.workers.start()
            stack.push_async_callback(platform.workers.stop)
        await stack.enter_async_context(platform.http.rest.router.lifespan_context(platform.http.rest))
        self._door.inside = PassOn(platform.http, platform.ways) if "web" in self._share.serve else platform.http
        self._say(f"ready http://{shown(self._settings.host)}:{self._settings.port}")

    async def _open(self, stack: AsyncExitStack) -> Assembled:
        """Have the platform once the database can be used and nobody has anything against its workers; however long that takes."""
        while True:
            try:
                if self._database is not None:
                    await asyncio.to_thread(self._database.look)
                platform = await self._construct()
                async with AsyncExitStack() as whole:  # the database may go away while it begins: then all of it ends, and begins again
                    await self._have(platform, whole)
                    stack.push_async_exit(whole.pop_all())
            except PASSING as trouble:
                self._wait_because(str(trouble).splitlines()[0])
            except Exception as reason:
                if not hasattr(reason, "slug"):  # a mistake of ours
                    raise
                self._wait_because(str(reason))
            else:
                return platform
            await asyncio.sleep(_LOOK_EVERY)

    async def _construct(self) -> Assembled:
        platform = assemble_share(self._settings, self._database or _Nowhere(), self._secrets, self._share)
        try:
            await platform.check()
        except BaseException:
            await platform.close()
            raise
        tame_collector()
        if self._settings.otlp_endpoint is not None:
            for units in platform.units.values():
                trace_engine(units.engine)
        return platform

    def _wait_because(self, reason: str) -> None:
        """Say it when it is new, then now and then."""
        self._door.reason = "waiting"
        words, at = self._said
        if reason != words or monotonic() - at >= _SAY_EVERY:
            self._said = (reason, monotonic())
            _log.warning("waiting", reason=reason)
