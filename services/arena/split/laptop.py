"""`arena up --split`: the platform as processes on one machine, as a cluster runs it, over the same data as `arena up`."""

import asyncio
import os
import signal
import socket
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import structlog

from arena import contracts
from arena.chassis.core.logging import set_up_logging
from arena.chassis.core.settings import Settings, SettingsError
from arena.chassis.core.settings_kafka import NO_CLIENT, Bus, lacks_client
from arena.chassis.core.tasks import end
from arena.chassis.db.migrate import SchemaTooNew
from arena.embedded.archiving import keep_archiving
from arena.embedded.assembling import KEEPING, WORKING, carried
from arena.embedded.database import Database, DatabaseUnusable
from arena.embedded.postgres import PostgresRefused
from arena.embedded.process import secrets_of
from arena.embedded.server import CannotStart, listen, shown, told_to_stop
from arena.split.database import all_schemas

_log = structlog.get_logger(__name__)
_FRONT: Final = "web"
_SERVED: Final[Mapping[str, tuple[str, ...]]] = {
    "api": ("identity", "habits", "battles", "scoring"),
    "live": ("live",),
    _FRONT: ("web",),
}
"""The processes that serve, as the chart has them; the pages' one passes on what the others serve."""
_LOOK_EVERY: Final = 0.1
_LONGEST_PAUSE: Final = 10.0
_GRACE: Final = 15.0
_PATIENCE: Final = 120.0


def run(settings: Settings, command: Sequence[str], say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; says `ready http://…` when all processes are, and `stopped` when they have ended.

    `command` is how one `arena …` is started that ends when its standard input is closed.

    Raises:
        CannotStart: the port is taken, the data folder or the database cannot be used, or a process ended before it was ready.
    """
    set_up_logging(settings.log_level)
    if settings.bus is Bus.KAFKA and lacks_client():
        raise CannotStart(NO_CLIENT)
    with listen(settings):
        pass  # whether the port is free is known before anything is started
    database = Database(settings, all_schemas(settings))
    try:
        if settings.bus is Bus.KAFKA:
            _apply_topics(settings)
        database.open()
        asyncio.run(_Laptop(settings, database, command, say).run())
    except (PostgresRefused, SchemaTooNew, DatabaseUnusable) as refused:
        raise CannotStart(str(refused)) from refused
    finally:
        database.close()
    say("stopped")


def _apply_topics(settings: Settings) -> None:
    """Make in Kafka what is missing, as `arena topics apply` does."""
    from arena.chassis.bus.kafka import connection, topics  # noqa: PLC0415 - only who has Kafka has its client

    wanted = topics.topics_of(contracts, settings.kafka_prefix)
    try:
        brokers = topics.Administration(connection.reach(settings, "topics"))
        copies = brokers.usual_copies()
        for step in topics.compare(wanted, brokers.found([topic.name for topic in wanted]), copies):
            brokers.take(step, copies)
    except (topics.TopicsUnknown, SettingsError) as unknown:
        raise CannotStart(str(unknown)) from unknown


@dataclass(slots=True)
class _Child:
    """One process, started again when it ends."""

    name: str
    words: Sequence[str]
    environment: Mapping[str, str]
    url: str
    running: "asyncio.subprocess.Process | None" = None
    keeping: "asyncio.Task[None] | None" = field(default=None)

    async def begin(self) -> None:
        self.running = await asyncio.create_subprocess_exec(
            *self.words, env={**os.environ, **self.environment}, stdin=PIPE, stdout=DEVNULL, start_new_session=True
        )

    async def keep(self) -> None:
        """Start it again whenever it ends, as a cluster does."""
        pause = 0.2
        while self.running is not None:
            code = await self.running.wait()
            _log.error("process_ended", process=self.name, code=code, again_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            await self.begin()

    async def is_ready(self, http: httpx.AsyncClient) -> bool:
        """Whether it can be used.

        Raises:
            CannotStart: it has ended.
        """
        if self.running is not None and self.running.returncode is not None:
            raise CannotStart(f"The process {self.name} ended while starting; the log above says why.")
        try:
            return (await http.get(f"{self.url}/readyz")).is_success
        except httpx.TransportError:
            return False

    async def stop(self) -> None:
        if self.keeping is not None:
            self.keeping.cancel()
        if self.running is None or self.running.returncode is not None:
            return
        self.running.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_GRACE):
                await self.running.wait()
        except TimeoutError:
            _log.error("process_does_not_end", process=self.name)
            self.running.kill()
            await self.running.wait()


class _Laptop:
    """All processes over one database."""

    def __init__(self, settings: Settings, database: Database, command: Sequence[str], say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._admin = database.admin
        self._children = _children(settings, _write_secrets(settings, database), database, command)

    async def run(self) -> None:
        stopping = told_to_stop()
        archiving = asyncio.create_task(keep_archiving(self._settings, self._admin))
        try:
            for child in self._children:
                await child.begin()
            starting = asyncio.create_task(self._until_ready())
            told = asyncio.create_task(stopping.wait())
            await asyncio.wait({starting, told}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                for child in self._children:
                    child.keeping = asyncio.create_task(child.keep(), name=child.name)
                self._say(f"ready http://{shown(self._settings.host)}:{self._settings.port}")
                await told
            starting.cancel()
        finally:
            await end([archiving])
            await asyncio.gather(*(child.stop() for child in self._children))

    async def _until_ready(self) -> None:
        async with httpx.AsyncClient(timeout=2) as http, asyncio.timeout(_PATIENCE):
            for child in self._children:
                while not await child.is_ready(http):  # noqa: ASYNC110 - a process tells nobody when it becomes ready
                    await asyncio.sleep(_LOOK_EVERY)


def _write_secrets(settings: Settings, database: Database) -> Path:
    """The files that the processes read, as a cluster would mount them; the values are those of `arena up`."""
    folder = settings.data_dir / "split"
    kept = secrets_of(settings)
    files = {"internal-token": kept.internal_token, "signing-keys": kept.signing_keys or ""}
    files |= {f"database/{schema.name}": database.url(schema.name).password or "" for schema in all_schemas(settings)}
    for name, value in files.items():
        file = folder / name
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(value, "utf-8")
    return folder.resolve()


def _children(settings: Settings, folder: Path, database: Database, command: Sequence[str]) -> list[_Child]:
    """What is started, each with its ports; where the others are, all of them are told."""
    names = [*_SERVED, "work", *carried(settings)]
    free = _free_ports(2 * len(names))
    ports = dict(zip(names, free, strict=False)) | {_FRONT: settings.port}
    metrics = dict(zip(names, free[len(names) :], strict=True)) | {_FRONT: settings.metrics_port}
    where = {service: f"http://127.0.0.1:{ports[name]}" for name, services in _SERVED.items() for service in services if name != _FRONT}
    address = database.url(KEEPING[0]).set(drivername="postgresql", username=None, password=None)
    common = {
        "ARENA_BUS": str(settings.bus),
        "ARENA_DATA_DIR": str(settings.data_dir.resolve()),
        "ARENA_DATABASE_PASSWORDS": str(folder / "database"),
        "ARENA_DATABASE_URL": address.render_as_string(),
        "ARENA_INTERNAL_TOKEN": "",
        "ARENA_INTERNAL_TOKEN_FILE": str(folder / "internal-token"),
        "ARENA_REGISTRATION": str(settings.registration),
        "ARENA_SERVICES": ",".join(f"{service}={url}" for service, url in where.items()),
        "ARENA_SIGNING_KEYS": str(folder / "signing-keys"),
    }
    words = {name: ("serve", *services) for name, services in _SERVED.items()} | {"work": ("work", *WORKING)}
    words |= {name: ("work", name) for name in carried(settings)}
    return [
        _Child(
            name,
            (*command, *words[name]),
            common
            | {
                "ARENA_HOST": settings.host if name == _FRONT else "127.0.0.1",
                "ARENA_PORT": str(ports[name]),
                "ARENA_METRICS_PORT": str(metrics[name]),
                "OTEL_SERVICE_NAME": f"{settings.service_name}-{name}",
            },
            f"http://127.0.0.1:{ports[name]}",
        )
        for name in words
    ]


def _free_ports(number: int) -> list[int]:
    """Ports of this machine that nobody uses, none twice."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
