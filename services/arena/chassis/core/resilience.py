"""Every wait has an end: deadlines, and retries that keep to them."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from arena.chassis.core.errors import DeadlineExceeded

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant of the monotonic clock after which nobody waits for the answer any more."""

    at: float

    @classmethod
    def after(cls, seconds: float, *, now: Callable[[], float] = time.monotonic) -> "Deadline":
        """The deadline `seconds` from now."""
        return cls(now() + seconds)

    def remaining(self, *, now: Callable[[], float] = time.monotonic) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.at - now())

    def sooner(self, seconds: float, *, now: Callable[[], float] = time.monotonic) -> "Deadline":
        """This deadline, or the one `seconds` from now if that comes first."""
        return Deadline(min(self.at, now() + seconds))

    def check(self, *, now: Callable[[], float] = time.monotonic) -> None:
        """Raise DeadlineExceeded when it has passed."""
        if self.remaining(now=now) <= 0:
            raise DeadlineExceeded("The time allowed for this request is over.")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently; delays are drawn from [0, min(cap, base * 2**n)): "full jitter" (Brooker, AWS, 2015)."""

    attempts: int = 3
    base: float = 0.05
    cap: float = 2.0

    def delay(self, failures: int, draw: Callable[[], float]) -> float:
        """Seconds to wait after the given number of failures (1 or more); `draw` gives a number in [0, 1)."""
        ceiling: float = min(self.cap, self.base * 2 ** (failures - 1))
        return draw() * ceiling


async def retry(
    call: Callable[[], Awaitable[T]],
    *,
    deadline: Deadline,
    retry_on: Callable[[Exception], bool],
    policy: RetryPolicy | None = None,
    draw: Callable[[], float] = random.random,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], float] = time.monotonic,
) -> T:
    """The result of `call`, tried again while `retry_on` says so, attempts are left and the wait fits before the deadline.

    An exception may carry `retry_after` (seconds): then that is the least wait.

    Raises:
        Exception: what the last attempt raised.
    """
    policy = policy or RetryPolicy()
    failures = 0
    while True:
        try:
            return await call()
        except Exception as failure:
            failures += 1
            if failures >= policy.attempts or not retry_on(failure):
                raise
            wait = max(policy.delay(failures, draw), getattr(failure, "retry_after", None) or 0.0)
            if wait >= deadline.remaining(now=now):
                raise
            await sleep(wait)
