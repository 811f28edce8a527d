"""The words of judging a habit: units, verdicts, and when a day's total is enough."""

from enum import StrEnum

from arena.contracts.habit import Bound, Schedule, ScheduleType, Target, Weekday

_NUMBERS = {weekday: weekday.number for weekday in Weekday}
_EVERY_DAY = frozenset(_NUMBERS.values())


class Unit(StrEnum):
    """What a streak is counted in."""

    DAY = "day"
    WEEK = "week"


class Verdict(StrEnum):
    """How a day or week stands. Not due: a rest day, a day the zone never lived, an unmet week that is not whole."""

    MET = "met"
    MISSED = "missed"
    OPEN = "open"
    NOT_DUE = "not_due"


def is_met(target: Target | None, total: int | None) -> bool:
    """Whether a day's total (None: no fact that day) meets the target. Silence never does."""
    if total is None:
        return False
    if target is None:
        return total > 0
    return total <= target.amount if target.bound is Bound.AT_MOST else total >= target.amount


def unit_of(schedule: Schedule) -> Unit:
    """Days, or weeks for `times_per_week`."""
    return Unit.WEEK if schedule.type is ScheduleType.TIMES_PER_WEEK else Unit.DAY


def due_weekdays(schedule: Schedule) -> frozenset[int]:
    """The weekdays (Monday is 0) on which a schedule counted in days makes a day due."""
    return frozenset(_NUMBERS[day] for day in schedule.days) if schedule.type is ScheduleType.WEEKDAYS else _EVERY_DAY
