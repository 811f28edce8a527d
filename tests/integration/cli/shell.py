"""The `arena` command as somebody types it, for one installation."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from arena.cli.main import run
from arena.embedded.testing_process import ArenaProcess


class Answer(NamedTuple):
    """What somebody saw. An exception that comes out of a command would have been a traceback."""

    returncode: int
    stdout: str
    stderr: str


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter: started by root, the database runs as a user of its own."""
    with TemporaryDirectory(prefix="arena-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell with the settings of an installation."""

    process: ArenaProcess

    def arena(self, *words: str) -> Answer:
        """Run a command, within this process: starting Python each time would take longer than what is tried."""
        out, trouble, handlers = StringIO(), StringIO(), logging.getLogger().handlers[:]
        try:
            with pytest.MonkeyPatch.context() as shell, redirect_stdout(out), redirect_stderr(trouble):
                for name in os.environ.keys() - self.environ.keys():
                    shell.delenv(name)
                for name, value in self.environ.items():
                    shell.setenv(name, value)
                run(list(words))
        except SystemExit as ended:
            return Answer(int(ended.code or 0), out.getvalue(), trouble.getvalue())
        finally:
            logging.getLogger().handlers[:] = handlers
        raise AssertionError("a command ends with an exit code")

    def ask(self, *words: str, code: int = 0) -> Any:
        """The JSON a command answers, and with which exit code."""
        answer = self.arena(*words, "--json")
        assert answer.returncode == code, answer
        return json.loads(answer.stdout)

    def refused(self, *words: str) -> str:
        """The one sentence of a command that is refused."""
        answer = self.arena(*words)
        assert (answer.returncode, answer.stdout) == (1, ""), answer
        return answer.stderr

    @staticmethod
    def command(*words: str) -> list[str]:
        """As the system starts it."""
        return [sys.executable, "-m", "arena.cli.main", *words]

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the shell."""
        mine = {
            "ARENA_DATA_DIR": str(self.process.data_dir),
            "ARENA_PORT": str(self.process.ports[0]),
            "ARENA_METRICS_PORT": str(self.process.ports[1]),
        }
        return {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")} | mine
