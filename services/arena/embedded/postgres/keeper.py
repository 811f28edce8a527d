"""Keeps the server running: when it ends and nobody asked it to, it is started again, for as long as that takes."""

import logging
import threading
from collections.abc import Callable

from arena.embedded.postgres.postmaster import Postmaster
from arena.embedded.postgres.refusals import PostgresRefused

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 10.0


class Keeper:
    """Begins a postmaster by `begin` (whose errors reach the caller), watches it and replaces it by another when it ends."""

    def __init__(self, begin: Callable[[], Postmaster], stopping: threading.Event) -> None:
        self._current = begin()
        self._begin = begin
        self._stopping = stopping
        self._thread = threading.Thread(target=self._keep, name="postgres-keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the server; the caller has set `stopping`."""
        while self._thread.is_alive():  # a server that was just being replaced is ended in the next round
            self._current.stop()
            self._thread.join(0.1)

    def _keep(self) -> None:
        while True:
            self._current.wait()
            if self._stopping.is_set():
                return
            _log.error("PostgreSQL ended unexpectedly and is started again: %s", self._current.last_words(3))
            self._replace()

    def _replace(self) -> None:
        pause = 0.2
        while not self._stopping.is_set():
            try:
                self._current = self._begin()
            except (PostgresRefused, OSError) as refusal:
                _log.error("PostgreSQL cannot start, next try in %.1f s: %s", pause, refusal)
            else:
                _log.info("PostgreSQL is back")
                return
            self._stopping.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
