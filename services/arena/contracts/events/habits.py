"""Events of `habits.ledger`, keyed by user: everything the civil-day ledger accepted, in order.

The instant of acceptance is the event's stamp in the log (`Recorded.at`), not a field.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from arena.contracts.habit import HabitKind, Schedule, Target, Weekday
from arena.contracts.ids import FactId, HabitId, UserId


class Source(StrEnum):
    """Where a fact came from; imported facts never count in a battle."""

    APP = "app"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """The ledger's settings from here on; `day_start` in minutes after midnight."""

    user_id: UserId
    time_zone: str
    """IANA name."""
    day_start: int
    """Minutes after midnight at which a civil day begins."""
    week_start: Weekday


@dataclass(frozen=True, slots=True)
class HabitCreated:
    """A habit, due from `from_day` on; `day_start` and `time_zone` are those in force."""

    user_id: UserId
    habit_id: HabitId
    kind: HabitKind
    target: Target | None
    schedule: Schedule
    from_day: date
    """The first civil day for which this holds."""


@dataclass(frozen=True, slots=True)
class HabitChanged:
    """Another target or schedule from the civil day `from_day` on; earlier days keep the old ones."""

    user_id: UserId
    habit_id: HabitId
    target: Target | None
    schedule: Schedule
    from_day: date
    """The first civil day for which this holds."""


@dataclass(frozen=True, slots=True)
class HabitDeleted:
    """The habit and its facts are gone from the ledger."""

    user_id: UserId
    habit_id: HabitId


@dataclass(frozen=True, slots=True)
class FactLogged:
    """A fact as accepted. `revision` is 1, and grows with each correction of the same fact.

    `civil_day` was decided once, with `time_zone` and `day_start` (minutes); `instant` is None where only the day is known.
    """

    user_id: UserId
    habit_id: HabitId
    fact_id: FactId
    revision: int
    """1, and one more with each correction."""
    civil_day: date
    """The day it counts for."""
    instant: datetime | None
    """When it happened; null where only the day is known."""
    time_zone: str
    """IANA name, by which the day was decided."""
    day_start: int
    """Minutes after midnight, by which the day was decided."""
    value: int
    """Thousandths of the habit's unit; 1000 is a plain "done"."""
    source: Source


@dataclass(frozen=True, slots=True)
class FactCorrected(FactLogged):
    """Void the revision before and put this one in its place, in one event."""


@dataclass(frozen=True, slots=True)
class FactVoided:
    """The fact is taken back (undo); `revision` names the one that was in force."""

    user_id: UserId
    habit_id: HabitId
    fact_id: FactId
    revision: int
    """The one that was in force."""
