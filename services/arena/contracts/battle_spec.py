"""The one definition of a battle: what is contested, when, and how it is scored.

The HTTP schema (snake_case) and the custom resource (camelCase) are made from these classes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class BattleKind(StrEnum):
    """Who meets whom."""

    HEAD_TO_HEAD = "head_to_head"
    FREE_FOR_ALL = "free_for_all"


class Phase(StrEnum):
    """Where a battle stands; it only ever moves forward."""

    DRAFT = "draft"
    OPEN = "open"
    RUNNING = "running"
    GRACE = "grace"
    AUDIT = "audit"
    FINAL = "final"
    CANCELLED = "cancelled"


class CancelReason(StrEnum):
    """Why a battle was called off."""

    OWNER = "owner"
    TOO_FEW = "too_few"
    EVERYONE_LEFT = "everyone_left"


class DayRule(StrEnum):
    """Which facts the window holds: by instant, or whole civil days in each participant's own zone."""

    INSTANT = "instant"
    OWN = "own"


class Disambiguation(StrEnum):
    """What a civil time means that a transition skips or repeats (the words and meanings of TC39 Temporal).

    `compatible`: the earlier of two, and shifted forward by the gap where there is none.
    """

    COMPATIBLE = "compatible"
    EARLIER = "earlier"
    LATER = "later"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """A time window as people say it: civil times (no offset) in one IANA zone.

    `grace_minutes` after the end facts are still accepted; `audit_minutes` after that an arbiter may decide.
    """

    start: datetime
    end: datetime
    time_zone: str
    days: DayRule = DayRule.INSTANT
    grace_minutes: int = 10
    audit_minutes: int = 0
    disambiguation: Disambiguation = Disambiguation.COMPATIBLE


class Per(StrEnum):
    """What earns points: every counting fact, or every (habit, day) whose target is met."""

    FACT = "fact"
    MET_DAY = "met_day"


class TieBreak(StrEnum):
    """How equal scores are told apart, in the order a battle declares; who is still equal shares the rank."""

    MET_DAYS = "met_days"
    STREAK = "streak"
    EARLIEST = "earliest"


RULES = frozenset({"points@1"})
"""The scoring rules an installation of this version knows: battles accepts these, scoring has a function for each."""


@dataclass(frozen=True, slots=True)
class ScoringSpec:
    """The rule (`name@version`) and its numbers; all points are integers.

    `per` left open means: every fact under `days: instant`, every met day under `days: own`. `streak_bonus` is added
    for each further day (or week) of an unbroken run inside the window, growing linearly up to `streak_bonus_cap`.
    """

    rule: str = "points@1"
    per: Per | None = None
    points: int = 10
    streak_bonus: int = 0
    streak_bonus_cap: int = 0
    tie_breaks: tuple[TieBreak, ...] = (TieBreak.MET_DAYS, TieBreak.STREAK, TieBreak.EARLIEST)


@dataclass(frozen=True, slots=True)
class BattleSpec:
    """What a battle is, without its name: nothing in here needs erasing."""

    kind: BattleKind
    window: WindowSpec
    scoring: ScoringSpec = field(default_factory=ScoringSpec)
    max_participants: int | None = None
    invite_only: bool = True
