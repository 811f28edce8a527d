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

    start: datetime = field(metadata={"local": True})
    """Civil time in the window's zone, without offset; under `days: own` the first civil day, at 00:00."""
    end: datetime = field(metadata={"local": True})
    """Civil time, not part of the window any more; under `days: own` the day after the last one, at 00:00."""
    time_zone: str
    """IANA name, aliases included."""
    days: DayRule = DayRule.INSTANT
    grace_minutes: int = 10
    """Minutes after the end in which facts from before it still arrive."""
    audit_minutes: int = 0
    """Minutes after the grace in which arbiters may decide."""
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
    """The rule and its version; a rule that has scored a battle never changes."""
    per: Per | None = None
    points: int = 10
    """Points for each."""
    streak_bonus: int = 0
    """Added for each further day of an unbroken run, growing up to the cap."""
    streak_bonus_cap: int = 0
    """The most that a streak adds to one day."""
    tie_breaks: tuple[TieBreak, ...] = (TieBreak.MET_DAYS, TieBreak.STREAK, TieBreak.EARLIEST)


@dataclass(frozen=True, slots=True)
class BattleSpec:
    """What a battle is, without its name: nothing in here needs erasing."""

    kind: BattleKind
    window: WindowSpec
    scoring: ScoringSpec = field(default_factory=ScoringSpec)
    max_participants: int | None = None
    """Places of a free-for-all; 10,000 where left out. Head to head is between two."""
    invite_only: bool = True
    """Whether joining needs the invite; otherwise anybody who has signed in may."""
