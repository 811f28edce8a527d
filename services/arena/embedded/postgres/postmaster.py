"""One server process: begun as its account, bound to the life of this process, ended fast and, failing that, at once."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from arena.embedded.postgres.account import Account

_LAUNCH = Path(__file__).with_name("launch.py")
# Nothing of the caller's PG* variables may reach the server; messages are English so that they can be recognised.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
_log = logging.getLogger(__name__)


def launched(account: Account, end: signal.Signals, command: Sequence[str]) -> list[str]:
    """Return `command` wrapped so that it runs as `account` and gets the signal `end` when this process dies."""
    uid, gid = (account.uid, account.gid) if account.switched else (-1, -1)
    return [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), str(uid), str(gid), str(int(end)), *command]


class Postmaster:
    """The server process of one cluster."""

    def __init__(self, command: Sequence[str], account: Account, log: Path) -> None:
        self._command = launched(account, FAST, command)
        self._account = account
        self._log = log
        self._log_start = log.stat().st_size if log.exists() else 0
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        self._begun = threading.Event()
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin the process.

        The kernel ties a child to the *thread* that began it, so one thread begins it and stays until it has ended.
        """
        threading.Thread(target=self._own, name="postgres-owner", daemon=True).start()
        self._begun.wait()
        if self._failure is not None:
            raise self._failure

    @property
    def pid(self) -> int:
        """Process id of the server."""
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._ended.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the process has ended; tells whether it has."""
        return self._ended.wait(seconds)

    def stop(self, *, fast_seconds: float = 30, immediate_seconds: float = 10) -> None:
        """End the server: fast (transactions roll back, all is written), then immediate (the next start recovers), then kill."""
        for number, seconds in ((FAST, fast_seconds), (IMMEDIATE, immediate_seconds), (signal.SIGKILL, 5.0)):
            self._send(number)
            if self.wait(seconds):
                return
            _log.warning("PostgreSQL has not ended %s s after %s", seconds, number.name)

    def last_words(self, lines: int = 6) -> str:
        """Return the last log lines written since this start."""
        if not self._log.exists():
            return ""
        with self._log.open("rb") as file:
            file.seek(max(self._log_start, self._log.stat().st_size - 8192))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None and not self.ended:
            self._process.send_signal(number)

    def _own(self) -> None:
        try:
            descriptor = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "ab") as log:
                self._account.give(self._log)
                # A session of its own: Ctrl-C in the terminal is for the parent, which ends the server in its turn.
                self._process = subprocess.Popen(  # noqa: S603 - the command is made by this package
                    self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=ENVIRONMENT, start_new_session=True
                )
        except OSError as error:
            self._failure = error
            self._ended.set()
            return
        finally:
            self._begun.set()
        self._process.wait()
        self._ended.set()
