"""Calls of Kafka's client that wait: in a thread of their own, which nobody waits for for ever.

librdkafka waits by the wall clock (its `cnd_timedwait_abs` goes by CLOCK_REALTIME): where that is set back in the middle of a wait of
100 ms, the call sleeps until the clock is where it was. Nothing wakes it, so it is left behind, and whoever asked begins anew.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar, TypeVarTuple

A = TypeVarTuple("A")
T = TypeVar("T")

SECONDS: Final = 20.0
"""After which a call does not come back: each has a limit of its own that is below it."""
_STEP: Final = 1.0
"""Seconds by which a wall clock is set, not only slowed down; what is less only makes a wait so much longer."""
_LOOK: Final = 0.002
_never = threading.Event()


class NoAnswer(Exception):
    """A call of the client did not come back."""


async def apart(work: Callable[[*A], T], *args: *A, seconds: float = SECONDS) -> T:
    """What `work` answers or raises.

    Raises:
        NoAnswer: it does neither in so many seconds. Its thread stays behind, and does not keep the process from ending.
    """
    answer: Future[T] = Future()
    answer.set_running_or_notify_cancel()  # from here on nobody can cancel it: who no longer waits is only not told

    def call() -> None:
        try:
            answer.set_result(work(*args))
        except BaseException as raised:  # noqa: BLE001 - handed on to who waits
            answer.set_exception(raised)

    threading.Thread(target=call, name=f"apart {getattr(work, '__name__', work)}", daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.wrap_future(answer)
    except TimeoutError:
        raise NoAnswer(f"Kafka's client did not come back in {seconds:.0f} s: was the clock of this machine set back?") from None


def look_until(ready: Callable[[], bool], seconds: float) -> None:
    """Blocks until `ready` or so many seconds have passed by the monotonic clock: the way to wait for a client that is never let wait."""
    deadline = time.monotonic() + seconds
    while not ready() and time.monotonic() < deadline:
        pause(_LOOK)


def pause(seconds: float) -> None:
    """Blocks by the monotonic clock. Not `time.sleep`: libfaketime, under which this is tested, leads it astray when a clock is set."""
    _never.wait(seconds)


class WallClock:
    """Notices that the wall clock was set back."""

    def __init__(self) -> None:
        self._ahead = self._now()

    def was_set_back(self) -> bool:
        """Whether it was since the last call (the first: since this was made)."""
        before, self._ahead = self._ahead, self._now()
        return before - self._ahead > _STEP

    @staticmethod
    def _now() -> float:
        return time.time() - time.monotonic()
