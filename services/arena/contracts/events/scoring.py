"""Events of `scoring.standings` (keyed by battle) and `scoring.streaks` (keyed by user)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from arena.contracts.ids import BattleId, HabitId, UserId


@dataclass(frozen=True, slots=True)
class StandingRow:
    """One line of a leaderboard; equal ranks are shared (1, 2, 2, 4)."""

    user_id: UserId
    rank: int
    """1 is the first."""
    score: int
    """Points."""


@dataclass(frozen=True, slots=True)
class StandingsChanged:
    """All rows of a battle's leaderboard as of a change; `revision` grows by one a change."""

    battle_id: BattleId
    revision: int
    """One more with each change."""
    as_of: datetime
    """When the rows were computed."""
    rows: tuple[StandingRow, ...]
    """The whole leaderboard, the first rank first."""


@dataclass(frozen=True, slots=True)
class BattleScored:
    """The last word on a battle: the result document (`contracts.result`) and its hash."""

    battle_id: BattleId
    result: dict[str, Any]
    """The result document without its hash."""
    result_hash: str
    """SHA-256 of `result` in RFC 8785 form: 64 hex digits."""


@dataclass(frozen=True, slots=True)
class StreakExtended:
    """The streak grew to `length` (days, or weeks for `times_per_week`)."""

    user_id: UserId
    habit_id: HabitId
    length: int
    """Days, or weeks for `times_per_week`."""
    day: date
    """The civil day, or the first of the week, that decided it."""


@dataclass(frozen=True, slots=True)
class StreakAtRisk:
    """The current day (or week) ends at `deadline` and is not met yet."""

    user_id: UserId
    habit_id: HabitId
    length: int
    """Days, or weeks for `times_per_week`."""
    day: date
    """The civil day, or the first of the week, that is not met yet."""
    deadline: datetime
    """When it ends."""


@dataclass(frozen=True, slots=True)
class StreakBroken:
    """`day` ended unmet; `length` is what was lost."""

    user_id: UserId
    habit_id: HabitId
    length: int
    """Days, or weeks for `times_per_week`."""
    day: date
    """The civil day, or the first of the week, that decided it."""


@dataclass(frozen=True, slots=True)
class StreakRestored:
    """A late fact or a correction healed a broken streak; `length` is what it is now."""

    user_id: UserId
    habit_id: HabitId
    length: int
    """Days, or weeks for `times_per_week`."""
    day: date
    """The civil day, or the first of the week, that decided it."""
