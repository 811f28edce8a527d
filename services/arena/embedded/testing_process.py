"""`arena up` as a process of its own, for tests that kill it: start, wait for `ready`, kill -9, start again."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 120.0


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that the server's own account can enter too (pytest's are closed to it when root runs the tests)."""
    with tempfile.TemporaryDirectory(prefix="arena-test-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@dataclass(slots=True)
class ArenaProcess:
    """The platform over a data folder; the same ports at every start, so clients come back to it."""

    data_dir: Path
    env: Mapping[str, str] = field(default_factory=dict)
    words: Sequence[str] = ("up",)
    ports: list[int] = field(default_factory=lambda: free_ports(2))
    lines: list[str] = field(default_factory=list)
    _process: "subprocess.Popen[str] | None" = None
    _ready: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def pid(self) -> int:
        """The running process."""
        if self._process is None:
            raise RuntimeError("not started")
        return self._process.pid

    def start(self) -> float:
        """Start and wait until it says `ready`; answers the seconds that took.

        Raises:
            RuntimeError: it ended, or was not ready in time; the message holds what it said.
        """
        self._ready.clear()
        began = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - words of the tests
            [sys.executable, "-m", "arena.cli.main", *self.words],
            env=os.environ | self._environment() | dict(self.env),
            stdout=subprocess.PIPE,
            stderr=(self.data_dir.parent / f"{self.data_dir.name}.log").open("a"),
            text=True,
        )
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        while not self._ready.wait(0.05):
            if self._process.poll() is not None or time.monotonic() - began > START_SECONDS:
                raise RuntimeError(f"arena up did not get ready: {self.lines[-5:]} {self.log()[-2000:]}")
        return time.monotonic() - began

    def kill(self) -> None:
        """Kill -9."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=60)

    def log(self) -> str:
        """What it wrote to stderr so far."""
        path = self.data_dir.parent / f"{self.data_dir.name}.log"
        return path.read_text() if path.exists() else ""

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        if process.stdout is None:
            return
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("ready "):
                self._ready.set()

    def _environment(self) -> dict[str, str]:
        return {
            "ARENA_DATA_DIR": str(self.data_dir),
            "ARENA_PORT": str(self.ports[0]),
            "ARENA_METRICS_PORT": str(self.ports[1]),
            "ARENA_LOG_LEVEL": "warning",
            "ARENA_SIGN_INS_PER_MINUTE": "10000",
            "ARENA_WRITES_PER_SECOND": "10000",
        }
