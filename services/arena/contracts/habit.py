"""The words about a habit that several services share: kind, target, schedule.

Quantities are integer thousandths (`1500` is 1.5 of the habit's unit); a yes/no fact is worth 1000.
"""

from dataclasses import dataclass
from enum import StrEnum

ONE = 1000
"""The value of a plain "done", in thousandths."""


class HabitKind(StrEnum):
    """How a fact is worded: done or not, or a quantity."""

    YES_NO = "yes_no"
    MEASURED = "measured"


class Bound(StrEnum):
    """On which side of the amount a day is met."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Target:
    """What a day's total must reach (`at_least`) or may not exceed (`at_most`); amount in thousandths.

    Without a target a day is met by any positive total. An `at_most` day needs one fact at least: silence is not abstinence.
    """

    bound: Bound
    amount: int
    """Thousandths of the habit's unit."""


class Weekday(StrEnum):
    """ISO weekdays, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        """0 for Monday … 6 for Sunday, as `date.weekday()` counts."""
        return list(Weekday).index(self)


class ScheduleType(StrEnum):
    """The kinds of schedule; another kind is one more member, and the fields it needs on `Schedule`."""

    DAILY = "daily"
    WEEKDAYS = "weekdays"
    TIMES_PER_WEEK = "times_per_week"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a habit is due: every day, on chosen weekdays, or `times` met days in each week (any days)."""

    type: ScheduleType = ScheduleType.DAILY
    days: tuple[Weekday, ...] = ()
    """For `weekdays`: which."""
    times: int = 0
    """For `times_per_week`: how many days a week."""
