"""The platform as processes over a PostgreSQL of its own, as the charts start them: on real ports, with real files of secrets."""

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from arena.chassis.core.settings_kafka import Bus
from arena.embedded.assembling import CARRIED, WORKING
from arena.embedded.testing_process import open_folder
from arena.identity.keys import generate_key

SERVICES = ("identity", "habits", "scoring", "battles", "live")
SHAPE = {
    "api": ["serve", "identity", "habits", "battles", "scoring"],
    "live": ["serve", "live"],
    "web": ["serve", "web"],
    "work": ["work"],
}
OVER_KAFKA = {"work": ["work", *WORKING], "relay": ["work", *CARRIED]}


def free_port() -> int:
    """A port that nobody uses and that no connection going out will be given meanwhile: below the kernel's own range."""
    while True:
        port = secrets.randbelow(12_000) + 20_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Ours and the process's own; several processes that each compile every module anew would be measured at nothing else."""
    return {name: value for name, value in ({**os.environ, **own}).items() if name != "PYTHONDONTWRITEBYTECODE"}


def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


@dataclass(slots=True)
class Process:
    """One `arena …` process, started again on the same ports."""

    name: str
    words: Sequence[str]
    env: Mapping[str, str]
    log_file: Path
    ports: list[int] = field(default_factory=lambda: [free_port(), free_port()])
    running: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def log(self) -> str:
        """What it has said."""
        return self.log_file.read_text("utf-8") if self.log_file.exists() else ""

    def begin(self) -> None:
        """Start it; does not wait."""
        ports = {"ARENA_PORT": str(self.ports[0]), "ARENA_METRICS_PORT": str(self.ports[1])}
        with self.log_file.open("ab") as log:
            command = [sys.executable, "-m", "arena.cli.main", *self.words]
            self.running = subprocess.Popen(command, env=environment(ports | dict(self.env)), stdout=log, stderr=log)

    def answers(self, path: str) -> int:
        """The status of a probe; 0 when nobody answers."""
        try:
            return httpx.get(self.url + path, timeout=5).status_code
        except httpx.TransportError:
            return 0

    def until_ready(self, seconds: float = 120.0) -> None:
        """Wait until it is ready; a process that ended will not be."""

        def ready() -> bool:
            assert self.running is not None
            assert self.running.poll() is None, self.log
            return self.answers("/readyz") == 200

        until(ready, seconds)

    def kill(self) -> None:
        """Kill -9."""
        assert self.running is not None
        self.running.kill()
        self.running.wait()

    def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        if self.running is None:
            return 0
        if self.running.poll() is None:
            self.running.send_signal(signal.SIGTERM)
        return self.running.wait(30)


@dataclass(slots=True)
class Split:
    """Processes over one PostgreSQL and one folder of secrets."""

    folder: Path
    env: dict[str, str]
    postgres: Process
    database_port: int
    processes: dict[str, Process] = field(default_factory=dict)

    def process(self, name: str, words: Sequence[str], **env: str) -> Process:
        """A process that is not started yet."""
        made = Process(name, words, self.env | env, self.folder / f"{name}.log")
        self.processes[name] = made
        return made

    def arena(self, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """A command that ends by itself."""
        command = [sys.executable, "-m", "arena.cli.main", *words]
        return subprocess.run(command, env=environment(self.env | env), capture_output=True, text=True, check=False, timeout=120)

    def begin_postgres(self) -> None:
        """Start PostgreSQL, and wait until its role is let in."""
        before = self.postgres.log.count("ready postgresql")
        self.postgres.begin()
        until(lambda: self.postgres.log.count("ready postgresql") > before, 90)

    def begin_all(self) -> None:
        """The default shape of the charts, ready; where Kafka carries the log the relay is a process of its own."""
        for name, words in (SHAPE | (OVER_KAFKA if self.env.get("ARENA_BUS") == Bus.KAFKA else {})).items():
            self.process(name, words)
        where = dict.fromkeys(SERVICES, self.processes["api"].url) | {"live": self.processes["live"].url}
        self.env["ARENA_SERVICES"] = ",".join(f"{service}={url}" for service, url in where.items())
        for process in self.processes.values():
            process.env = self.env
            process.begin()
        for process in self.processes.values():
            process.until_ready()

    def close(self) -> None:
        """End everything, PostgreSQL last."""
        for process in (*self.processes.values(), self.postgres):
            process.stop()


def secret_files(folder: Path) -> None:
    """What a Secret would be mounted as."""
    (folder / "database").mkdir()
    for name in ("admin", *SERVICES, "relay"):
        (folder / "database" / name).write_text(secrets.token_urlsafe(24) + "\n", "utf-8")
    (folder / "internal-token").write_text(secrets.token_urlsafe(32), "utf-8")
    (folder / "signing-keys").write_text(generate_key(), "utf-8")


@pytest.fixture(scope="module")
def split() -> Iterator[Split]:
    """PostgreSQL by `arena postgres`, not migrated, and no process yet."""
    with new_split() as made:
        yield made


@contextlib.contextmanager
def new_split() -> Iterator[Split]:
    """The same, for suites elsewhere."""
    with open_folder() as folder:
        secret_files(folder)
        port = free_port()
        env = {
            "ARENA_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{port}/arena",
            "ARENA_DATABASE_PASSWORDS": str(folder / "database"),
            "ARENA_INTERNAL_TOKEN_FILE": str(folder / "internal-token"),
            "ARENA_SIGNING_KEYS": str(folder / "signing-keys"),
            "ARENA_REGISTRATION": "open",
            "ARENA_LOG_LEVEL": "warning",
            "ARENA_SIGN_INS_PER_MINUTE": "10000",
        }
        own = {"ARENA_DATA_DIR": str(folder / "postgres"), "ARENA_POSTGRES_PASSWORD_FILE": str(folder / "database" / "admin")}
        words = ["postgres", "--host", "127.0.0.1", "--port", str(port)]
        made = Split(folder, env, Process("postgres", words, own, folder / "postgres.log"), port)
        try:
            yield made
        finally:
            made.close()


def sentences(log: str) -> list[str]:
    """The reasons that a process gave for waiting."""
    return re.findall(r'"reason": "((?:[^"\\]|\\.)*)"', log)
