"""Events of `battles.battle`, keyed by battle."""

from dataclasses import dataclass
from datetime import datetime

from arena.contracts.battle_spec import BattleSpec, CancelReason, Phase
from arena.contracts.habit import Weekday
from arena.contracts.ids import BattleId, FactId, HabitId, UserId


@dataclass(frozen=True, slots=True)
class Timetable:
    """The window resolved to UTC, once: facts count in [start, end), are accepted before `grace_ends`, decided before `audit_ends`."""

    start: datetime
    """The first instant that counts."""
    end: datetime
    """The first instant that does not."""
    grace_ends: datetime
    """From here on no fact is accepted for the battle."""
    audit_ends: datetime
    """From here on no arbiter decides; equal to `grace_ends` where there is no audit."""
    tzdata: str
    """Version of the zone data by which the civil times were resolved: `2025b`."""


@dataclass(frozen=True, slots=True)
class BattleOpened:
    """People can join from now on."""

    battle_id: BattleId
    owner_id: UserId
    spec: BattleSpec
    timetable: Timetable


@dataclass(frozen=True, slots=True)
class BattleChanged:
    """The owner edited an open battle."""

    battle_id: BattleId
    spec: BattleSpec
    timetable: Timetable


@dataclass(frozen=True, slots=True)
class ParticipantJoined:
    """Somebody competes with these habits; zone, day start (minutes) and week start are fixed from here on."""

    battle_id: BattleId
    user_id: UserId
    habits: tuple[HabitId, ...]
    """Whose facts count."""
    time_zone: str
    """IANA name."""
    day_start: int
    """Minutes after midnight at which a civil day begins."""
    week_start: Weekday


@dataclass(frozen=True, slots=True)
class ParticipantLeft:
    """Somebody went before the end; they do not appear in the standings."""

    battle_id: BattleId
    user_id: UserId


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """The battle moved on (also to cancelled, with its reason); `timetable` is the one in force, final once running."""

    battle_id: BattleId
    phase: Phase
    timetable: Timetable
    reason: CancelReason | None = None


@dataclass(frozen=True, slots=True)
class FactExcluded:
    """An arbiter decided that a fact does not count in this battle."""

    battle_id: BattleId
    user_id: UserId
    fact_id: FactId


@dataclass(frozen=True, slots=True)
class ParticipantDisqualified:
    """An arbiter took a participant out of the standings."""

    battle_id: BattleId
    user_id: UserId


@dataclass(frozen=True, slots=True)
class BattleFinalised:
    """The result stands; `result_hash` is the SHA-256 of the result document."""

    battle_id: BattleId
    result_hash: str
    """64 hex digits."""
