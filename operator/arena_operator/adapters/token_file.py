"""The projected ServiceAccount token: a file that the kubelet replaces well before the token in it runs out."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

_LOOK_EVERY: Final = 10.0
"""Seconds between two looks at the file."""


class TokenFile:
    """The token as it stands in the file, read again when the file changed; raises OSError when there is none."""

    def __init__(self, path: Path, stopwatch: Callable[[], float] = monotonic) -> None:
        self._path = path
        self._stopwatch = stopwatch
        self._looked = float("-inf")
        self._stamp: tuple[int, int, int] | None = None
        self._token = ""

    def __call__(self) -> str:
        """The token."""
        now = self._stopwatch()
        if now - self._looked >= _LOOK_EVERY:
            self.look()
            self._looked = now
        return self._token

    def look(self) -> None:
        """Read the file if it changed; after a refusal, at once."""
        found = self._path.stat()
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if stamp != self._stamp:
            self._token = self._path.read_text("utf-8").strip()
            self._stamp = stamp
