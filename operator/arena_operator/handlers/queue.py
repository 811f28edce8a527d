"""Which resource is looked at next: one entry and one pass at a time for each key, due ones first, failures ever later.

Lives on one event loop; only `take` waits. What is queued is a key and nothing else: a pass looks at the world when it runs.
"""

import asyncio
import heapq
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import IntEnum
from itertools import count
from typing import Final

_NEVER: Final = float("inf")


class Urgency(IntEnum):
    """In which order what is ready is taken."""

    DUE = 0
    """A time has come (a start, an end): players wait for it."""
    CHANGED = 1
    RETRY = 2
    RESYNC = 3


@dataclass(frozen=True, slots=True)
class Turn:
    """A key whose pass runs now; `since` (stopwatch) is when it became ready or was due, so lateness is what passed since."""

    key: Hashable
    urgency: Urgency
    since: float


@dataclass(slots=True)
class _Entry:
    running: bool = False
    ready: tuple[int, int] | None = None
    since: float = 0.0
    version: int = 0
    """The newest version of the object among what woke the running pass; see `done`."""
    again: Urgency | None = None
    at: float = _NEVER
    urgency: Urgency = Urgency.RESYNC
    failures: int = 0


class Queue:
    """Keys, ready or later.

    Args:
        stopwatch: seconds that never go back.
        draw: a number in [0, 1), for the jitter of waits after failures.
        base: seconds of the first such wait, doubled with each failure in a row.
        cap: seconds of the longest.
    """

    def __init__(self, stopwatch: Callable[[], float], draw: Callable[[], float], *, base: float = 0.5, cap: float = 300.0) -> None:
        self._stopwatch = stopwatch
        self._draw = draw
        self._base = base
        self._cap = cap
        self._entries: dict[Hashable, _Entry] = {}
        self._ready: list[tuple[int, int, Hashable]] = []
        self._later: list[tuple[float, int, Hashable]] = []
        self._count = count()
        self._news = asyncio.Event()
        self._closed = False

    def wake(self, key: Hashable, version: int = 0, urgency: Urgency = Urgency.CHANGED) -> None:
        """Something about the key changed: have it looked at, once, however often this is said before that.

        `version` is that of the changed object itself; 0 for what is beside it.
        """
        entry = self._entries.setdefault(key, _Entry())
        if entry.running:
            entry.again = urgency if entry.again is None else min(entry.again, urgency)
            entry.version = max(entry.version, version) if version and entry.version >= 0 else -1
        else:
            self._make_ready(key, entry, urgency, self._stopwatch())

    def later(self, key: Hashable, seconds: float, urgency: Urgency = Urgency.RESYNC) -> None:
        """Have the key looked at in so many seconds, unless it is sooner; a pass that runs is not disturbed."""
        entry = self._entries.setdefault(key, _Entry())
        at = self._stopwatch() + max(0.0, seconds)
        if at < entry.at:
            entry.at, entry.urgency = at, urgency
            heapq.heappush(self._later, (at, next(self._count), key))
            self._news.set()

    def forget(self, key: Hashable) -> None:
        """The key is gone; a pass that runs ends without another."""
        self._entries.pop(key, None)

    async def take(self) -> Turn | None:
        """The next key, which is running until `done` or `failed`; None once the queue is closed."""
        while not self._closed:
            self._ripen()
            while self._ready:
                rank, number, key = heapq.heappop(self._ready)
                entry = self._entries.get(key)
                if entry is not None and entry.ready == (rank, number):
                    entry.ready, entry.running, entry.again, entry.version, entry.at = None, True, None, 0, _NEVER
                    return Turn(key, Urgency(rank), entry.since)
            await self._wait()
        return None

    def done(self, key: Hashable, version: int = 0) -> None:
        """The pass ended well, having seen or written `version`: what woke it meanwhile but is no newer needs no other pass."""
        entry = self._entries.get(key)
        if entry is None:
            return
        entry.failures = 0
        self._end(key, entry, settled=0 < entry.version <= version)

    def failed(self, key: Hashable) -> float | None:
        """The pass did not end well: it is tried again after a wait that doubles; answers the seconds (None: the key is gone)."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        wait: float = min(self._cap, self._base * 2 ** min(entry.failures, 30)) * (0.5 + self._draw() / 2)
        entry.failures += 1
        self._end(key, entry, settled=False)
        self.later(key, wait, Urgency.RETRY)
        return wait

    def open(self) -> None:
        """Begin, empty."""
        self._closed = False
        self._entries.clear()
        self._ready.clear()
        self._later.clear()

    def close(self) -> None:
        """Hand out nothing any more; who waits for a key is told so."""
        self._closed = True
        self._news.set()

    @property
    def depth(self) -> int:
        """Keys that are ready."""
        return sum(entry.ready is not None for entry in self._entries.values())

    @property
    def age(self) -> float:
        """Seconds for which the longest waiting key is ready."""
        now = self._stopwatch()
        return max((now - entry.since for entry in self._entries.values() if entry.ready is not None), default=0.0)

    def _end(self, key: Hashable, entry: _Entry, *, settled: bool) -> None:
        entry.running = False
        again, entry.again = entry.again, None
        if again is not None and not settled:
            self._make_ready(key, entry, again, self._stopwatch())

    def _make_ready(self, key: Hashable, entry: _Entry, urgency: Urgency, since: float) -> None:
        if entry.ready is not None and entry.ready[0] <= urgency:
            return
        entry.since = since if entry.ready is None else min(since, entry.since)
        entry.ready = (int(urgency), next(self._count))
        heapq.heappush(self._ready, (*entry.ready, key))
        self._news.set()

    def _ripen(self) -> None:
        """Move what is due by now to what is ready."""
        now = self._stopwatch()
        while self._later and self._later[0][0] <= now:
            at, _, key = heapq.heappop(self._later)
            entry = self._entries.get(key)
            if entry is None or entry.at != at:
                continue
            entry.at = _NEVER
            if entry.running:
                entry.again = entry.urgency if entry.again is None else min(entry.again, entry.urgency)
                entry.version = -1
            else:
                self._make_ready(key, entry, entry.urgency, at)

    async def _wait(self) -> None:
        if self._closed:
            return
        self._news.clear()
        timeout = self._later[0][0] - self._stopwatch() if self._later else None
        try:
            async with asyncio.timeout(timeout):
                await self._news.wait()
        except TimeoutError:
            pass
