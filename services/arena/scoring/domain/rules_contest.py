"""What a rule is told: the contest, a contestant with frozen terms, the facts; and what it answers, a score."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Self

from arena.contracts.battle_spec import BattleSpec, DayRule, Per, ScoringSpec
from arena.contracts.civil import lived
from arena.contracts.events.battles import Timetable
from arena.contracts.events.habits import Source
from arena.contracts.habit import Bound, Schedule, Target, Weekday
from arena.contracts.ids import FactId, HabitId, UserId

ANYTHING = Target(Bound.AT_LEAST, 1)
"""A habit without a target is met by any positive total: by a thousandth."""


class CountedFact(NamedTuple):
    """One revision of a fact, in force from `accepted_at` until it was corrected or voided (`ended_at`).

    A named tuple, since they are made by the thousand on the consumer's path. `value` in thousandths.
    """

    fact_id: FactId
    revision: int
    habit_id: HabitId
    civil_day: date
    instant: datetime | None
    value: int
    accepted_at: datetime
    ended_at: datetime | None = None
    source: Source = Source.APP

    @property
    def at(self) -> datetime:
        """When it happened, as far as known: without an instant, when it was accepted."""
        return self.instant or self.accepted_at


@dataclass(frozen=True, slots=True)
class HabitTerms:
    """When a habit is due and when a day of it is met, as frozen at the start of the battle."""

    schedule: Schedule = field(default_factory=Schedule)
    target: Target | None = None

    @property
    def measure(self) -> Target:
        """The target; without one, anything at all."""
        return self.target or ANYTHING


@dataclass(frozen=True, slots=True)
class TermsChange:
    """Terms that the ledger accepted, for the civil days from `from_day` on."""

    accepted_at: datetime
    from_day: date
    terms: HabitTerms


@dataclass(frozen=True, slots=True)
class Contest:
    """What of a battle decides about points: the window, when facts must have arrived, and the scoring with `per` settled."""

    days: DayRule
    start: datetime
    end: datetime
    grace_ends: datetime
    first_day: date
    end_day: date
    scoring: ScoringSpec
    per: Per

    @classmethod
    def of(cls, spec: BattleSpec, timetable: Timetable) -> Self:
        """Read a battle's definition and its timetable."""
        window = spec.window
        default = Per.MET_DAY if window.days is DayRule.OWN else Per.FACT
        return cls(
            days=window.days,
            start=timetable.start,
            end=timetable.end,
            grace_ends=timetable.grace_ends,
            first_day=window.start.date(),
            end_day=window.end.date(),
            scoring=spec.scoring,
            per=spec.scoring.per or default,
        )


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody who competes: habits with frozen terms; zone, day start (minutes) and week start as fixed on joining.

    `unlived` holds the ordinals of the days of the window that this zone skips; `excluded` the facts an arbiter took out.
    """

    user_id: UserId
    habits: Mapping[HabitId, HabitTerms]
    time_zone: str
    day_start: int
    week_start: Weekday
    unlived: frozenset[int] = frozenset()
    excluded: frozenset[FactId] = frozenset()
    disqualified: bool = False


class Score(NamedTuple):
    """What a contestant has reached. `longest_streak` counts days, or weeks for a habit due so many times a week.

    `last_counted_at` is when the score was reached: the instant of the last fact that earned points; None as long as there are none.
    """

    user_id: UserId
    score: int
    met_days: int
    longest_streak: int
    facts: int
    last_counted_at: datetime | None


def frozen_terms(changes: Mapping[HabitId, list[TermsChange]], contest: Contest) -> dict[HabitId, HabitTerms]:
    """The terms at the start, per habit: of the changes accepted before it the last one that holds on the first day.

    A habit that begins later than the first day has its first terms; one accepted after the start does not compete.
    """
    frozen = {}
    for habit_id, history in changes.items():
        known = sorted((change for change in history if change.accepted_at < contest.start), key=lambda change: change.accepted_at)
        if known:
            frozen[habit_id] = next((change for change in reversed(known) if change.from_day <= contest.first_day), known[0]).terms
    return frozen


@lru_cache(maxsize=4096)
def unlived_days(first_day: date, end_day: date, time_zone: str, day_start: int) -> frozenset[int]:
    """The ordinals of the civil days in [first_day, end_day + 1] that no instant maps to.

    The two days after the window's last can be among those of a contestant far to the east of the window's zone.
    """
    days = (first_day + timedelta(days=offset) for offset in range((end_day - first_day).days + 2))
    return frozenset(day.toordinal() for day in days if not lived(day, time_zone, day_start))
