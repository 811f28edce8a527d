"""Deadlines and retries."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.chassis.core.clock import ManualClock, SystemClock
from arena.chassis.core.errors import DeadlineExceeded
from arena.chassis.core.resilience import Deadline, RetryPolicy, retry


class Passing(Exception):
    """A failure that may pass."""

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("passing")
        self.retry_after = retry_after


class World:
    """A call that fails a number of times, on a clock that moves when somebody sleeps."""

    def __init__(self, *failures: Exception) -> None:
        self.clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.failures = list(failures)
        self.calls = 0
        self.naps: list[float] = []

    async def call(self) -> int:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.calls

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.clock.advance(seconds)

    async def retried(self, seconds: float, policy: RetryPolicy | None = None) -> int:
        now = self.clock.monotonic
        return await retry(
            self.call,
            deadline=Deadline.after(seconds, now=now),
            retry_on=lambda failure: isinstance(failure, Passing),
            policy=policy,
            draw=lambda: 0.5,
            sleep=self.sleep,
            now=now,
        )


async def test_what_passes_is_tried_until_it_works() -> None:
    world = World(Passing(), Passing())
    assert await world.retried(10) == 3
    assert world.naps == [0.025, 0.05]


async def test_attempts_are_bounded_and_the_last_failure_is_told() -> None:
    world = World(*[Passing() for _ in range(9)])
    with pytest.raises(Passing):
        await world.retried(10, RetryPolicy(attempts=4))
    assert world.calls == 4


async def test_another_failure_is_not_tried_again() -> None:
    world = World(KeyError("no"))
    with pytest.raises(KeyError):
        await world.retried(10)
    assert world.calls == 1


async def test_no_wait_goes_beyond_the_deadline() -> None:
    world = World(Passing(), Passing())
    with pytest.raises(Passing):
        await world.retried(0.03)
    assert world.naps == [0.025]
    world = World(Passing(retry_after=5))
    with pytest.raises(Passing):
        await world.retried(4)
    assert world.naps == []


async def test_a_wait_asked_for_is_the_least_that_is_waited() -> None:
    world = World(Passing(retry_after=5))
    await world.retried(10)
    assert world.naps == [5]


@given(st.integers(1, 40), st.floats(0, 1, exclude_max=True))
def test_delays_lie_between_nothing_and_the_doubling_ceiling(failures: int, drawn: float) -> None:
    policy = RetryPolicy(base=0.1, cap=3.0)
    assert 0 <= policy.delay(failures, lambda: drawn) <= min(3.0, 0.1 * 2 ** (failures - 1))


def test_a_deadline_counts_down_to_nothing_and_then_refuses() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    deadline = Deadline.after(2, now=clock.monotonic)
    assert deadline.sooner(1, now=clock.monotonic).remaining(now=clock.monotonic) == 1
    assert deadline.sooner(9, now=clock.monotonic) == deadline
    clock.advance(1.5)
    deadline.check(now=clock.monotonic)
    assert deadline.remaining(now=clock.monotonic) == 0.5
    clock.advance(5)
    assert deadline.remaining(now=clock.monotonic) == 0
    with pytest.raises(DeadlineExceeded):
        deadline.check(now=clock.monotonic)


def test_a_manual_clock_moves_both_its_hands_and_never_back() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.advance(90)
    assert (clock.now(), clock.monotonic()) == (datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC), 90)
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)


def test_the_systems_clock_is_in_utc_and_goes_forward() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
