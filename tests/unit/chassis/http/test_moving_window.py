"""A moving window counts exactly, whatever the rhythm, and forgets who has gone."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from arena.chassis.http.moving_window import MovingWindow


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_the_one_too_many_is_told_in_how_many_seconds_there_is_room_and_is_not_counted() -> None:
    clock = Clock()
    window = MovingWindow(2, 10.0, now=clock)
    assert window.hit("a") == 0.0
    clock.at += 4
    assert window.hit("a") == 0.0
    clock.at += 3
    assert window.hit("a") == 3.0
    assert window.hit("b") == 0.0
    clock.at += 3
    assert window.hit("a") == 0.0
    assert window.hit("a") == 4.0


@given(st.lists(st.floats(min_value=0.0, max_value=3.0), max_size=200))
def test_no_stretch_of_the_window_lets_more_pass_and_none_is_refused_that_would_fit(pauses: list[float]) -> None:
    clock = Clock()
    window = MovingWindow(5, 2.0, now=clock)
    passed: deque[float] = deque()
    for pause in pauses:
        clock.at += pause
        inside = sum(at > clock.at - 2.0 for at in passed)
        if window.hit("a"):
            assert inside == 5
        else:
            assert inside < 5
            passed.append(clock.at)


def test_names_that_are_quiet_are_forgotten() -> None:
    clock = Clock()
    window = MovingWindow(1, 1.0, now=clock)
    for number in range(20_000):
        clock.at += 0.01
        window.hit(f"{number}")
    assert len(window) < 5000
