"""Frequencies and targets: exact where the calendar allows, else never asking for more than was promised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.contracts.habit import Bound, Schedule, ScheduleType, Target
from arena.habits.importing.loop_goal import goal_of
from arena.habits.importing.report import Tally


def weekly(times: int) -> Schedule:
    return Schedule(ScheduleType.TIMES_PER_WEEK, times=times)


def changes(tally: Tally) -> list[str]:
    return [loss.what for loss in tally.export("x", ()).changed]


@pytest.mark.parametrize(("times", "days"), [(1, 1), (7, 7), (3, 3), (9, 7), (30, 30)])
def test_as_often_as_there_are_days_is_daily(times: int, days: int) -> None:
    tally = Tally()
    assert goal_of(times, days, None, tally) == (Schedule(), None)
    assert changes(tally) == []


@pytest.mark.parametrize("times", range(1, 7))
def test_n_in_7_is_n_a_week(times: int) -> None:
    tally = Tally()
    assert goal_of(times, 7, None, tally) == (weekly(times), None)
    assert changes(tally) == []


@pytest.mark.parametrize(
    ("times", "days", "a_week"), [(1, 5, 1), (2, 3, 4), (1, 2, 3), (6, 14, 3), (1, 30, 1), (10, 30, 2), (1, 3, 2), (13, 14, 6), (1, 365, 1)]
)
def test_another_rhythm_is_rounded_down_and_reported(times: int, days: int, a_week: int) -> None:
    tally = Tally()
    assert goal_of(times, days, None, tally) == (weekly(a_week), None)
    assert changes(tally) == [f"schedule “{times} in {days} days”"]


@given(st.integers(1, 60), st.integers(1, 60))
def test_no_more_is_asked_than_was_promised_unless_it_was_less_than_weekly(times: int, days: int) -> None:
    schedule = goal_of(times, days, None, Tally()).schedule
    a_week = 7 if schedule.type is ScheduleType.DAILY else schedule.times
    assert 1 <= a_week <= 7
    assert a_week * days <= times * 7 or a_week == 1


@pytest.mark.parametrize(("times", "days"), [(None, 7), (1, None), (0, 7), (1, 0), (-1, 7), (1, -7), (10**9, 1), (1, 10**9)])
def test_a_frequency_that_cannot_be_read_becomes_daily_and_is_reported(times: int | None, days: int | None) -> None:
    tally = Tally()
    assert goal_of(times, days, None, tally).schedule == Schedule()
    assert changes(tally) == ["habits whose frequency cannot be read"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (("AT_LEAST", 2.5), Target(Bound.AT_LEAST, 2500)),
        (("AT_MOST", 0.0), Target(Bound.AT_MOST, 0)),
        ((None, 3.0), Target(Bound.AT_LEAST, 3000)),
        ((None, None), None),
    ],
)
def test_a_daily_target_comes_over(target: tuple[str | None, float | None], expected: Target | None) -> None:
    tally = Tally()
    assert goal_of(1, 1, target, tally) == (Schedule(), expected)
    assert changes(tally) == []


@pytest.mark.parametrize(
    ("target", "what"),
    [
        (("AT_LEAST", 0.0), "targets of at least nothing"),
        (("AT_LEAST", float("nan")), "targets that cannot be read"),
        (("AT_MOST", float("inf")), "targets that cannot be read"),
        (("AT_LEAST", -1.0), "targets that cannot be read"),
        (("AT_LEAST", 1e300), "targets that cannot be read"),
        (("AT_LEAST", None), "targets that cannot be read"),
        (("EXACTLY", 4.0), "targets that cannot be read"),
    ],
)
def test_a_target_that_means_nothing_is_left_out_and_reported(target: tuple[str | None, float | None], what: str) -> None:
    tally = Tally()
    assert goal_of(1, 1, target, tally).target is None
    assert changes(tally) == [what]


def test_a_total_for_a_week_is_due_once_a_week_without_a_daily_target() -> None:
    tally = Tally()
    assert goal_of(1, 7, ("AT_LEAST", 20.0), tally) == (weekly(1), None)
    assert changes(tally) == ["targets for a whole week or month"]


def test_a_limit_for_a_week_stays_a_limit() -> None:
    tally = Tally()
    assert goal_of(1, 30, ("AT_MOST", 5.0), tally) == (weekly(1), Target(Bound.AT_MOST, 5000))
    assert changes(tally) == ["limits for a whole week or month"]
