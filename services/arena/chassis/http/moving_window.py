"""How many came in the last seconds, exactly, by name, in memory."""

import time
from collections import deque
from collections.abc import Callable

_SWEEP = 4096
"""After so many hits the names that have been quiet for a window are forgotten."""


class MovingWindow:
    """Lets `most` pass in any stretch of `seconds`.

    (The library `limits` keeps its windows tidy by starting a thread every ten milliseconds: 400 µs a request under load.)
    """

    def __init__(self, most: int, seconds: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self._seconds = seconds
        self._now = now
        self._hits: dict[str, deque[float]] = {}
        self._until_sweep = _SWEEP

    def hit(self, who: str) -> float:
        """Count one now and answer 0; or, where the window is full, count nothing and answer in how many seconds there is room."""
        now = self._now()
        hits = self._hits.setdefault(who, deque())
        gone = now - self._seconds
        while hits and hits[0] <= gone:
            hits.popleft()
        if len(hits) >= self.most:
            return hits[0] - gone
        hits.append(now)
        self._until_sweep -= 1
        if not self._until_sweep:
            self._sweep(gone)
        return 0.0

    def __len__(self) -> int:
        return len(self._hits)

    def _sweep(self, gone: float) -> None:
        self._until_sweep = _SWEEP
        self._hits = {who: hits for who, hits in self._hits.items() if hits and hits[-1] > gone}
