"""Loop's frequency ("n times in m days") and target as our schedule and target: the nearest that does not ask for more.

Loop counts in windows of m days that slide; here a week is a calendar week, so only m = 1 and m = 7 come over as they are.
The others are rounded down to whole days a week, so that what kept a streak there does not break one here.
For a measured habit m is the period of the *total*; a target here is a day's.
"""

from typing import Final, NamedTuple

from arena.contracts.habit import Bound, Schedule, ScheduleType, Target
from arena.habits.importing.report import Reason, Tally

WEEK: Final = 7
MAX_FREQUENCY: Final = 3_660
"""Ten years of days; a larger number in a frequency is damage."""
MAX_TARGET: Final = 10**12

DAILY: Final = Schedule()
UNREADABLE_FREQUENCY = Reason("habits whose frequency cannot be read", "they are due every day now")
UNREADABLE_TARGET = Reason("targets that cannot be read", "any amount meets the day now")
NO_TARGET = Reason("targets of at least nothing", "any amount meets the day now")
WEEKLY_TOTAL = Reason(
    "targets for a whole week or month", "a target here is a day's: the habit is due once a week, and any amount meets it"
)
WEEKLY_LIMIT = Reason(
    "limits for a whole week or month", "a limit here is a day's: the habit is due once a week, and no day may go over the whole limit"
)
_BOUNDS: Final = {"AT_LEAST": Bound.AT_LEAST, "AT_MOST": Bound.AT_MOST}


class Goal(NamedTuple):
    """When a habit is due and what meets a day."""

    schedule: Schedule
    target: Target | None


def goal_of(times: int | None, per_days: int | None, target: tuple[str | None, float | None] | None, tally: Tally) -> Goal:
    """Translate a frequency, and for a measured habit its target (type and amount), counting what had to change."""
    if not (times and per_days and 0 < times <= MAX_FREQUENCY and 0 < per_days <= MAX_FREQUENCY):
        tally.change(UNREADABLE_FREQUENCY)
        times = per_days = 1
    day_target = _target(*target, tally) if target else None
    if target is None or times >= per_days:
        return Goal(_schedule(times, per_days, tally), day_target)
    return _period_goal(day_target, tally)


def _schedule(times: int, per_days: int, tally: Tally) -> Schedule:
    if times >= per_days:
        return DAILY
    a_week = max(1, times * WEEK // per_days)
    if per_days != WEEK:
        tally.change(_rounded(times, per_days, a_week))
    return Schedule(ScheduleType.TIMES_PER_WEEK, times=a_week)


def _rounded(times: int, per_days: int, a_week: int) -> Reason:
    why = (
        "such schedules come later; rounded down to whole days a week"
        if times * WEEK >= per_days
        else "such schedules come later; no less is possible here"
    )
    return Reason(f"schedule “{times} in {per_days} days”", f"{why}: now {a_week} a week")


def _period_goal(target: Target | None, tally: Tally) -> Goal:
    """A measured habit whose total is for more than a day: due once a week, the nearest that can be said."""
    limit = target is not None and target.bound is Bound.AT_MOST
    tally.change(WEEKLY_LIMIT if limit else WEEKLY_TOTAL)
    return Goal(Schedule(ScheduleType.TIMES_PER_WEEK, times=1), target if limit else None)


def _target(bound: str | None, amount: float | None, tally: Tally) -> Target | None:
    if bound is None and amount is None:
        return None
    side = _BOUNDS.get(bound or "AT_LEAST")
    # NaN fails every comparison, so it is caught here with the infinities.
    if side is None or amount is None or not 0 <= amount <= MAX_TARGET / 1000:
        tally.change(UNREADABLE_TARGET)
        return None
    thousandths = round(amount * 1000)
    if side is Bound.AT_LEAST and thousandths == 0:
        tally.change(NO_TARGET)
        return None
    return Target(side, thousandths)
