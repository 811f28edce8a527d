"""The command `arena` as somebody types it, in this process and an environment of its own, with nobody at the keyboard."""

import os
from typing import NamedTuple

import pytest

from arena.cli.main import run


class Answer(NamedTuple):
    """What somebody saw."""

    code: object
    stdout: str
    stderr: str


class Arena:
    """Call it with words and settings; an exception that comes out of it would have been a traceback."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *first: str) -> None:
        self._monkeypatch, self._capsys, self._first = monkeypatch, capsys, first
        for name in [name for name in os.environ if name.startswith("ARENA_")]:
            monkeypatch.delenv(name)

    def __call__(self, *words: str, **environ: str) -> Answer:
        """What it says to these words, after the first ones that are always the same."""
        for name, value in environ.items():
            self._monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            run([*self._first, *words])
        return Answer(ended.value.code, *self._capsys.readouterr())
