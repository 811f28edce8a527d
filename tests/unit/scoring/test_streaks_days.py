from datetime import date, timedelta
from itertools import count
from uuid import UUID

from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.habit import ONE, Bound, HabitKind, Schedule, ScheduleType, Target, Weekday
from arena.contracts.ids import FactId
from arena.scoring.domain.streaks_days import DayReason, DayState, DayView, days
from arena.scoring.domain.streaks_history import Calendar, DayFact, History, Terms

use_tzdata_wheel()

DAILY = Schedule()
MON_FRI = Schedule(ScheduleType.WEEKDAYS, (Weekday.MON, Weekday.FRI))
THRICE = Schedule(ScheduleType.TIMES_PER_WEEK, times=3)
AT_LEAST_30 = Target(Bound.AT_LEAST, 30 * ONE)
AT_MOST_2 = Target(Bound.AT_MOST, 2 * ONE)


def june(day: int) -> date:
    """June 2026 begins on a Monday."""
    return date(2026, 6, 1) + timedelta(days=day - 1)


def habit(schedule: Schedule, target: Target | None, *entries: tuple[int, int], since: int = 1) -> History:
    facts = tuple(DayFact(FactId(UUID(int=n)), june(day), value * ONE) for n, (day, value) in zip(count(1), entries, strict=False))
    return History(HabitKind.MEASURED, Calendar("Etc/UTC"), (Terms(june(since), schedule, target),), facts)


def look(history: History, today: int, day: int) -> tuple[DayState, bool, DayReason]:
    view = days(history, june(day), june(day), june(today))[0]
    return view.state, view.due, view.reason


def test_the_days_of_a_daily_habit() -> None:
    history = habit(DAILY, AT_LEAST_30, (2, 30), (3, 10), (3, 5), (4, 0), since=2)
    assert days(history, june(1), june(7), june(6)) == [
        DayView(june(1), DayState.BEFORE, None, due=False, reason=DayReason.NOT_BEGUN),
        DayView(june(2), DayState.DONE, 30 * ONE, due=True, reason=DayReason.MET),
        DayView(june(3), DayState.PARTLY, 15 * ONE, due=True, reason=DayReason.TOO_LITTLE),
        DayView(june(4), DayState.MISSED, 0, due=True, reason=DayReason.TOO_LITTLE),
        DayView(june(5), DayState.MISSED, None, due=True, reason=DayReason.NOTHING_LOGGED),
        DayView(june(6), DayState.PENDING, None, due=True, reason=DayReason.NOTHING_LOGGED),
        DayView(june(7), DayState.FUTURE, None, due=True, reason=DayReason.NOT_YET),
    ]


def test_no_days_are_asked_for_and_none_are_given() -> None:
    assert days(habit(DAILY, None), june(2), june(1), june(2)) == []


def test_a_limit_exceeded_is_a_missed_day_not_a_partly_done_one() -> None:
    assert look(habit(DAILY, AT_MOST_2, (1, 3)), 2, 1) == (DayState.MISSED, True, DayReason.TOO_MUCH)
    assert look(habit(DAILY, AT_MOST_2, (1, 3)), 1, 1) == (DayState.PENDING, True, DayReason.TOO_MUCH)


def test_rest_days_are_not_due_and_a_met_one_is_extra() -> None:
    history = habit(MON_FRI, AT_LEAST_30, (2, 30), (3, 10))
    assert look(history, 7, 1) == (DayState.MISSED, True, DayReason.NOTHING_LOGGED)
    assert look(history, 7, 2) == (DayState.DONE, False, DayReason.EXTRA)
    assert look(history, 7, 3) == (DayState.NOT_DUE, False, DayReason.REST_DAY)
    assert look(history, 4, 4) == (DayState.NOT_DUE, False, DayReason.REST_DAY)
    assert look(history, 4, 5) == (DayState.FUTURE, True, DayReason.NOT_YET)
    assert look(history, 4, 6) == (DayState.FUTURE, False, DayReason.NOT_YET)


def test_a_tomorrow_that_is_met_already_is_done() -> None:
    assert look(habit(DAILY, None, (2, 1)), 1, 2) == (DayState.DONE, True, DayReason.MET)


def test_a_day_the_zone_never_lived_is_not_due() -> None:
    history = History(HabitKind.YES_NO, Calendar("Pacific/Apia"), (Terms(date(2011, 12, 28), DAILY, None),), ())
    lost = date(2011, 12, 30)
    assert days(history, lost, lost, date(2012, 1, 1)) == [DayView(lost, DayState.NOT_DUE, None, due=False, reason=DayReason.NOT_LIVED)]


def test_the_days_of_a_week_that_is_open() -> None:
    history = habit(THRICE, AT_LEAST_30, (1, 30), (2, 10))
    assert look(history, 4, 1) == (DayState.DONE, True, DayReason.MET)
    assert look(history, 4, 2) == (DayState.PARTLY, False, DayReason.WEEK_OPEN)
    assert look(history, 4, 3) == (DayState.NOT_DUE, False, DayReason.WEEK_OPEN)
    assert look(history, 4, 4) == (DayState.PENDING, True, DayReason.WEEK_OPEN)
    assert look(history, 4, 5) == (DayState.FUTURE, False, DayReason.NOT_YET)


def test_the_days_of_a_week_that_is_met() -> None:
    history = habit(THRICE, None, (1, 1), (2, 1), (3, 1))
    assert look(history, 4, 4) == (DayState.NOT_DUE, False, DayReason.WEEK_MET)


def test_the_days_of_a_week_that_was_missed() -> None:
    assert look(habit(THRICE, None, (1, 1)), 8, 4) == (DayState.NOT_DUE, False, DayReason.WEEK_MISSED)


def test_the_days_of_a_week_that_was_not_whole() -> None:
    assert look(habit(THRICE, None, since=3), 8, 4) == (DayState.NOT_DUE, False, DayReason.WEEK_NOT_WHOLE)
    assert look(habit(THRICE, None, since=3), 4, 4) == (DayState.NOT_DUE, False, DayReason.WEEK_NOT_WHOLE)
