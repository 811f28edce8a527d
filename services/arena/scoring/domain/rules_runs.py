"""Unbroken runs inside a window: of due days, or of weeks for a habit due so many times a week. Days are proleptic ordinals here."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from arena.contracts.habit import Schedule, ScheduleType
from arena.scoring.domain.rules_contest import Contestant, HabitTerms

_EVERY_DAY = frozenset(range(7))


def runs(terms: HabitTerms, contestant: Contestant, met: Iterable[int]) -> list[int]:
    """The lengths of the unbroken runs, in order of time; `met` are the ordinals of the met days.

    A due day of the window that is not met ends a run; a met day that is not due neither ends nor lengthens one.
    A day that the zone skips is not due, unless it is met: then it was lived somewhere else.
    """
    schedule = terms.schedule
    if schedule.type is ScheduleType.TIMES_PER_WEEK:
        return _week_runs(met, schedule.times, contestant.week_start.number)
    return _day_runs(met, due_weekdays(schedule), contestant.unlived)


@lru_cache(maxsize=1024)
def due_weekdays(schedule: Schedule) -> frozenset[int]:
    """The weekdays on which a habit is due, Monday being 0."""
    if schedule.type is ScheduleType.DAILY:
        return _EVERY_DAY
    return frozenset(day.number for day in schedule.days)


def _day_runs(met: Iterable[int], weekdays: frozenset[int], unlived: frozenset[int]) -> list[int]:
    lengths: list[int] = []
    due_next = None
    for day in sorted(met):
        if _weekday(day) not in weekdays:
            continue
        if due_next is not None and day <= due_next:
            lengths[-1] += 1
        else:
            lengths.append(1)
        due_next = _next_due(day, weekdays, unlived)
    return lengths


def _next_due(day: int, weekdays: frozenset[int], unlived: frozenset[int]) -> int:
    """The day by which a run must go on: the next one that is due and that exists."""
    day += 1
    while _weekday(day) not in weekdays or day in unlived:
        day += 1
    return day


def _week_runs(met: Iterable[int], times: int, week_start: int) -> list[int]:
    """A week is met by so many met days of it that lie inside the window, also where the window cuts the week."""
    weeks = Counter((day - 1 - week_start) // 7 for day in met)
    lengths: list[int] = []
    previous = None
    for week in sorted(week for week, days in weeks.items() if days >= times):
        if previous is not None and week == previous + 1:
            lengths[-1] += 1
        else:
            lengths.append(1)
        previous = week
    return lengths


def _weekday(ordinal: int) -> int:
    """Monday is 0: the first of January of year 1 (ordinal 1) was one."""
    return (ordinal + 6) % 7
