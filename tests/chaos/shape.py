"""The split shape for bad days: each process reaches PostgreSQL over a connection that can be cut, and goes by a clock that can jump."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from arena.embedded.assembling import WORKING
from arena.embedded.postgres.account import server_account
from arena.embedded.postgres.cluster import Listening, server_command
from arena.embedded.postgres.programs import find_programs
from tests.chaos.carrying import Carrier
from tests.chaos.clocks import WallClock
from tests.chaos.proxy import Proxy
from tests.integration.split.conftest import SERVICES, Process, Split

WORDS = {
    "api": ["serve", "identity", "habits", "battles", "scoring"],
    "live": ["serve", "live"],
    "work": ["work", *WORKING],
    "second": ["work", *WORKING],
}
CARRYING = {"relay": ["work", "relay"], "relief": ["work", "relay"]}
NARROW = {"relief": {"ARENA_KAFKA_WINDOW": "3"}}
"""Whose queue is full again and again: it was 180 times in one battle."""
LIMITS = {"ARENA_WRITES_PER_SECOND": "10000", "ARENA_SIGN_INS_PER_MINUTE": "10000"}
PATIENCE = 300.0
"""Seconds; whoever is not back after them will not come back."""
IMPATIENT = "5s"
"""After which PostgreSQL ends a transaction whose client is silent, so that somebody who is stopped meanwhile wakes up without it."""


@dataclass(slots=True)
class Server:
    """The PostgreSQL that `arena postgres` made, started again without it: its processes are ours to kill, its clock ours to set."""

    folder: Path
    port: int
    password: str
    clock: WallClock
    running: "subprocess.Popen[bytes] | None" = None

    @property
    def login(self) -> dict[str, Any]:
        """How the administrator gets in, past every proxy."""
        return {"host": "127.0.0.1", "port": self.port, "dbname": "arena", "user": "postgres", "password": self.password}

    def begin(self) -> None:
        """Start it and wait until it lets somebody in; what a killed one left behind is waited for."""
        deadline = time.monotonic() + 60
        while not self._lets_in():
            assert time.monotonic() < deadline, (self.folder / "server.log").read_text("utf-8")[-2000:]
            if self.running is None or self.running.poll() is not None:
                self._launch()
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill -9 its first process; the others see it and end."""
        assert self.running is not None
        self.running.kill()
        self.running.wait()

    def stop(self) -> None:
        """Roll back, write, end."""
        if self.running is not None and self.running.poll() is None:
            self.running.send_signal(signal.SIGINT)
            self.running.wait(30)

    def _launch(self) -> None:
        account = server_account()
        [pgdata] = {found.parent for found in self.folder.glob("**/PG_VERSION") if (found.parent / "global").is_dir()}
        switch = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.switched else {}
        listening = Listening("127.0.0.1", self.port)
        command = [*server_command(find_programs(account), pgdata, listening=listening), "--unix_socket_directories="]
        env = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"} | dict(self.clock.env)
        with (self.folder / "server.log").open("ab") as log:
            self.running = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd="/", **switch)  # type: ignore[call-overload]  # typeshed cannot follow ** of mixed types

    def _lets_in(self) -> bool:
        try:
            psycopg.connect(**self.login, connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True


@dataclass(slots=True)
class Shape:
    """All of it, running."""

    split: Split
    server: Server
    carrier: Carrier | None = None
    proxies: dict[str, Proxy] = field(default_factory=dict)
    clocks: dict[str, WallClock] = field(default_factory=dict)

    @property
    def processes(self) -> dict[str, Process]:
        """By name."""
        return self.split.processes

    @property
    def url(self) -> str:
        """Where the API is."""
        return self.processes["api"].url

    async def add(self, name: str, words: Sequence[str]) -> None:
        """A process that is not started yet."""
        proxy = self.proxies[name] = Proxy(self.server.port)
        await proxy.start()
        clock = self.clocks[name] = WallClock(self.split.folder / f"{name}.clock")
        database = f"postgresql://postgres@127.0.0.1:{proxy.listening_on}/arena"
        self.split.process(name, words, ARENA_DATABASE_URL=database, PGAPPNAME=name, **LIMITS, **NARROW.get(name, {}), **clock.env)

    async def begin(self) -> None:
        """Start every process, all at once, and wait until they are ready."""
        where = dict.fromkeys(SERVICES, self.url) | {"live": self.processes["live"].url}
        addresses = ",".join(f"{service}={url}" for service, url in where.items())
        for process in self.processes.values():
            process.env = dict(process.env) | {"ARENA_SERVICES": addresses}
            process.begin()
        await asyncio.gather(*map(ready, self.processes.values()))

    async def close(self) -> None:
        """End everything, PostgreSQL last; whoever does not end when told is a failure, and ends, too."""
        async with AsyncExitStack() as ending:
            ending.push_async_callback(asyncio.to_thread, self.server.stop)
            if self.carrier is not None:
                ending.push_async_callback(self.carrier.proxy.close)
                ending.push_async_callback(asyncio.to_thread, self.carrier.kill)
            for proxy in self.proxies.values():
                ending.push_async_callback(proxy.close)
            for process in self.processes.values():
                ending.push_async_callback(asyncio.to_thread, ended, process)


def ended(process: Process) -> None:
    """Tell it to stop; blocks until it has."""
    try:
        process.stop()
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"{process.name} did not end when told: {process.log[-3000:]}") from None


async def ready(process: Process) -> None:
    """Wait until it is; where it does not become so, its log says why. Asked without a client: proxies live in this process, too."""
    deadline = time.monotonic() + PATIENCE
    while not await _says_ready(process.ports[0]):
        assert process.running is not None
        assert process.running.poll() is None, f"{process.name} ended: {process.log[-3000:]}"
        assert time.monotonic() < deadline, f"{process.name} is not ready: {process.log[-3000:]}"
        await asyncio.sleep(0.2)


async def _says_ready(port: int) -> bool:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return b" 200 " in await reader.readline()
            finally:
                writer.transport.abort()
    return False


@contextmanager
def migrated(split: Split) -> Iterator[Server]:
    """A database with every schema, whose server is ours."""
    split.begin_postgres()
    done = split.arena("migrate")
    assert done.returncode == 0, done.stderr
    assert split.postgres.stop() == 0
    password = (split.folder / "database" / "admin").read_text("utf-8").strip()
    server = Server(split.folder / "postgres", split.database_port, password, WallClock(split.folder / "postgres.clock"))
    server.begin()
    with psycopg.connect(**server.login, autocommit=True) as database:
        roles = database.execute("select rolname from pg_roles where rolname like 'arena\\_%'").fetchall()
        for (role,) in roles:
            database.execute(f"alter role {role} set idle_in_transaction_session_timeout = '{IMPATIENT}'".encode())
    try:
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.stop()


@asynccontextmanager
async def running(split: Split, bus: str) -> AsyncIterator[Shape]:
    """The shape over a new database, ready; with two relays and a broker where Kafka carries the log."""
    carrier = await Carrier.start(split.folder / "kafka") if bus == "kafka" else None
    if carrier is not None:
        split.env |= carrier.env
    with migrated(split) as server:
        shape = Shape(split, server, carrier)
        try:
            if carrier is not None:
                made = await asyncio.to_thread(split.arena, "topics", "apply")
                assert made.returncode == 0, made.stderr
            for name, words in (WORDS | (CARRYING if carrier else {})).items():
                await shape.add(name, words)
            await shape.begin()
            yield shape
        finally:
            await shape.close()
