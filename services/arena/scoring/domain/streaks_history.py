"""What a streak is computed from: a habit's facts, the terms it had, and the calendar its owner lives by."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from arena.contracts.habit import HabitKind, Schedule, Target, Weekday
from arena.contracts.ids import FactId


@dataclass(frozen=True, slots=True)
class Calendar:
    """The ledger's settings in force: IANA zone, day start in minutes after midnight, first day of the week."""

    zone: str
    day_start: int = 0
    week_start: Weekday = Weekday.MON


@dataclass(frozen=True, slots=True)
class Terms:
    """Schedule and target from a civil day on, until the next terms; the first ones also hold for any fact before them."""

    from_day: date
    schedule: Schedule
    target: Target | None


@dataclass(frozen=True, slots=True)
class DayFact:
    """A fact in force (neither voided nor replaced), with the civil day decided when it was accepted; value in thousandths."""

    fact_id: FactId
    day: date
    value: int


@dataclass(frozen=True, slots=True)
class History:
    """One habit: at least one terms; facts and terms in any order (of terms from the same day the later in the tuple holds)."""

    kind: HabitKind
    calendar: Calendar
    terms: tuple[Terms, ...]
    facts: tuple[DayFact, ...]

    def on(self, first: date, last: date) -> tuple[DayFact, ...]:
        """The facts of these days, in the order of their days."""
        return tuple(sorted((fact for fact in self.facts if first <= fact.day <= last), key=lambda fact: (fact.day, fact.fact_id)))

    def without(self, fact_id: FactId) -> "History":
        """The same history with one fact taken back."""
        return replace(self, facts=tuple(fact for fact in self.facts if fact.fact_id != fact_id))

    def adding(self, facts: Iterable[DayFact]) -> "History":
        """The same history with further facts."""
        return replace(self, facts=(*self.facts, *facts))
