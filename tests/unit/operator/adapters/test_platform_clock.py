"""The clock that battles go by, learnt from the platform's answers."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from arena.chassis.core.clock import ManualClock
from arena_operator.adapters.platform_clock import PlatformClock

NOW = datetime(2030, 5, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Stage:
    """A machine at ten o'clock, and who is told when its clock is found to be apart."""

    def __init__(self) -> None:
        self.machine = ManualClock(NOW)
        self.clock = PlatformClock(self.machine)
        self.moves = 0
        self.clock.moved = self.told

    def told(self) -> None:
        self.moves += 1

    def hear(self, platform: datetime) -> None:
        self.clock.heard(format_datetime(platform.replace(microsecond=0), usegmt=True))


@pytest.mark.parametrize("apart", [5 * MINUTE, -5 * MINUTE])
def test_a_clock_that_is_minutes_apart_is_moved_to_the_platform_s_and_said_so_once(apart: timedelta) -> None:
    stage = Stage()
    for _ in range(3):
        stage.hear(NOW + apart)
    assert abs(stage.clock.now() - (NOW + apart)) < timedelta(seconds=2)
    assert stage.moves == 1
    stage.machine.advance(30)
    assert abs(stage.clock.now() - (NOW + apart)) - timedelta(seconds=30) < timedelta(seconds=2)


def test_what_whole_seconds_blur_is_no_difference() -> None:
    stage = Stage()
    for tenths in range(0, 20, 3):
        stage.hear(NOW - timedelta(seconds=tenths / 10))
    assert (stage.clock.now(), stage.moves) == (NOW, 0)


def test_clocks_that_agree_again_are_one() -> None:
    stage = Stage()
    stage.hear(NOW + MINUTE)
    stage.hear(NOW)
    assert (stage.clock.now(), stage.moves) == (NOW, 2)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Wed, 99 May 2030 10:00:00 GMT", "\u0001"])
def test_what_is_no_date_says_nothing(date: str | None) -> None:
    stage = Stage()
    stage.clock.heard(date)
    assert (stage.clock.now(), stage.moves) == (NOW, 0)
