"""A real registry of schemas on this machine: it starts in 6 seconds and can be killed and started again on its data."""

import os
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.broker import leash
from tools import registry

START = 120.0
"""Seconds after which a start has failed; it takes 6 on an idle machine."""


class RegistryFailed(Exception):
    """The registry did not start; the message holds the end of its log."""


@dataclass(slots=True)
class Registry:
    """A registry in a folder of its own, on a free port that it keeps when it is started again."""

    folder: Path
    port: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """Where it speaks Confluent's API."""
        return f"http://127.0.0.1:{self.port}/apis/ccompat/v7"

    def start(self) -> None:
        """Start, on the data of before if there is some, and return when it serves."""
        registry.build()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or _free_port()
        environment = os.environ | {
            "APICURIO_DATASOURCE_URL": f"jdbc:h2:file:{self.folder / 'data'};WRITE_DELAY=0",
            "QUARKUS_HTTP_HOST": "127.0.0.1",
            "QUARKUS_HTTP_PORT": str(self.port),
        }
        with (self.folder / "registry.log").open("wb") as log:
            self._process = leash.start(registry.java_command(), log, environment)
        self._await_start(self._process)

    def kill(self) -> None:
        """Take it away with kill -9; nothing if it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            leash.let_go(self._process)
            self._process = None

    def forget(self) -> None:
        """Lose all that it was told; it does not run."""
        for file in self.folder.glob("data*"):
            file.unlink()

    def _await_start(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START
        while not self._serves():
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RegistryFailed(f"the registry did not start:\n{(self.folder / 'registry.log').read_text('utf-8', 'replace')[-4000:]}")
            time.sleep(0.05)

    def _serves(self) -> bool:
        try:
            return httpx.get(f"{self.url}/subjects", timeout=5).is_success
        except httpx.HTTPError:
            return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])
