"""One program of the test bed: its log, its end, and the promise that it does not outlive the tests."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 20.0
INFORMATION = re.compile(r"I\d{4} ")
"""How Kubernetes begins a line that complains of nothing."""


@dataclass(slots=True)
class Program:
    """A running program; `log` is where it writes, `leash` the signal that it gets when the tests end without stopping it."""

    name: str
    command: list[str]
    log: Path
    leash: str = "TERM"
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it; where the system can, it is told to end when the tests end in any way."""
        leash = ["setpriv", "--pdeathsig", self.leash] if shutil.which("setpriv") else []
        with self.log.open("ab") as output:
            self.process = subprocess.Popen([*leash, *self.command], stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to what does not listen."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        """Kill -9, as a failing machine would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def tail(self, lines: int = 12) -> str:
        """The last warnings and errors that it wrote."""
        written = self.log.read_text("utf-8", "replace").splitlines() if self.log.exists() else []
        return "\n".join([line for line in written if not INFORMATION.match(line)][-lines:])
