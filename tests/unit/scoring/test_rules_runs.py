from datetime import date
from itertools import groupby
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.contracts.habit import Schedule, ScheduleType, Weekday
from arena.contracts.ids import UserId
from arena.scoring.domain.rules_contest import Contestant, HabitTerms
from arena.scoring.domain.rules_runs import due_weekdays, runs

DAILY = Schedule()
MON_FRI = Schedule(ScheduleType.WEEKDAYS, (Weekday.MON, Weekday.FRI))
JUNE = date(2026, 6, 1).toordinal()
"""A Monday."""


def weekly(times: int) -> Schedule:
    return Schedule(ScheduleType.TIMES_PER_WEEK, times=times)


def lengths(schedule: Schedule, *met: int, unlived: tuple[int, ...] = (), week_start: Weekday = Weekday.MON) -> list[int]:
    skipped = frozenset(JUNE + day - 1 for day in unlived)
    someone = Contestant(UserId(UUID(int=1)), {}, "Etc/UTC", 0, week_start, skipped)
    return runs(HabitTerms(schedule), someone, [JUNE + day - 1 for day in met])


@pytest.mark.parametrize(
    ("schedule", "met", "expected"),
    [
        (DAILY, (), []),
        (DAILY, (3,), [1]),
        (DAILY, (1, 2, 3), [3]),
        (DAILY, (3, 1, 2), [3]),
        (DAILY, (1, 2, 4, 6, 7, 8), [2, 1, 3]),
        (MON_FRI, (1, 5, 8), [3]),
        (MON_FRI, (1, 8), [1, 1]),
        (MON_FRI, (1, 2, 3, 5), [2]),
        (MON_FRI, (2, 3), []),
        (MON_FRI, (12, 15, 22), [2, 1]),
        (Schedule(ScheduleType.WEEKDAYS), (1, 2), []),
        (Schedule(ScheduleType.WEEKDAYS, (Weekday.SUN,)), (7, 14, 28), [2, 1]),
        (weekly(1), (1, 8, 15), [3]),
        (weekly(2), (1, 7, 8, 14), [2]),
        (weekly(2), (1, 7, 8, 15, 16), [1, 1]),
        (weekly(2), (1, 8), []),
        (weekly(3), (5, 6, 7, 8), [1]),
    ],
)
def test_runs_are_unbroken_due_days_or_weeks(schedule: Schedule, met: tuple[int, ...], expected: list[int]) -> None:
    assert lengths(schedule, *met) == expected


@pytest.mark.parametrize(
    ("week_start", "met", "expected"),
    [
        (Weekday.MON, (6, 7, 8, 9), [2]),
        (Weekday.SUN, (6, 7, 8, 9), [1]),
        (Weekday.SUN, (7, 13, 14, 20), [2]),
        (Weekday.TUE, (1, 2, 8, 9), [1]),
        (Weekday.TUE, (2, 8, 9, 15), [2]),
    ],
)
def test_weeks_begin_on_the_day_fixed_on_joining(week_start: Weekday, met: tuple[int, ...], expected: list[int]) -> None:
    assert lengths(weekly(2), *met, week_start=week_start) == expected


def test_a_day_that_the_zone_skips_breaks_no_run() -> None:
    assert lengths(DAILY, 1, 2, 4, unlived=(3,)) == [3]
    assert lengths(DAILY, 1, 2, 5, unlived=(3,)) == [2, 1]
    assert lengths(MON_FRI, 1, 8, unlived=(5,)) == [2]


def test_a_skipped_day_that_was_lived_elsewhere_lengthens_the_run() -> None:
    assert lengths(DAILY, 1, 2, 3, 4, unlived=(3,)) == [4]
    assert lengths(DAILY, 3, 4, unlived=(3,)) == [2]


def test_due_weekdays_are_all_or_those_chosen() -> None:
    assert due_weekdays(DAILY) == frozenset(range(7))
    assert due_weekdays(MON_FRI) == {0, 4}


def slow_day_runs(schedule: Schedule, met: set[int], unlived: set[int]) -> list[int]:
    """Walk through every day of two months; a met due day is +, an unmet one breaks."""
    marks = ""
    for day in range(1, 62):
        if date.fromordinal(JUNE + day - 1).weekday() in due_weekdays(schedule) and (day in met or day not in unlived):
            marks += "+" if day in met else "-"
    return [len(list(group)) for mark, group in groupby(marks) if mark == "+"]


days = st.sets(st.integers(1, 60), max_size=40)
chosen = st.sets(st.sampled_from(list(Weekday))).map(lambda picked: Schedule(ScheduleType.WEEKDAYS, tuple(sorted(picked))))


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.just(DAILY), chosen), days, st.sets(st.integers(1, 60), max_size=4))
def test_runs_of_days_are_those_that_a_walk_through_the_calendar_finds(schedule: Schedule, met: set[int], unlived: set[int]) -> None:
    assert lengths(schedule, *met, unlived=tuple(unlived)) == slow_day_runs(schedule, met, unlived)


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 7), days, st.sampled_from(list(Weekday)))
def test_runs_of_weeks_are_those_that_a_walk_through_the_calendar_finds(times: int, met: set[int], week_start: Weekday) -> None:
    first = 1 - (-week_start.number) % 7
    weeks = ["+" if sum(day in met for day in range(start, start + 7)) >= times else "-" for start in range(first, 64, 7)]
    weeks.insert(0, "+" if sum(day in met for day in range(first - 7, first)) >= times else "-")
    expected = [len(list(group)) for mark, group in groupby(weeks) if mark == "+"]
    assert lengths(weekly(times), *met, week_start=week_start) == expected
