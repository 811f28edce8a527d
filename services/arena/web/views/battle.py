"""A battle as pages show it: its rules and times in words, and what can be done now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from arena.client.models import LeaderboardRow
from arena.web.views.today import Place
from arena.web.views.words import Clock, Moment, duration, number, plural

PHASES = {
    "draft": "Draft",
    "open": "Open to join",
    "running": "Running",
    "grace": "Ended, late logs still count",
    "audit": "Ended, being settled",
    "final": "Final",
    "cancelled": "Called off",
}
KINDS = {"head_to_head": "Head to head", "free_for_all": "Free for all"}
_CANCELLED = {
    "owner": "Its owner called it off before it began.",
    "too_few": "It was called off at its start: a battle needs two, and fewer had joined.",
    "everyone_left": "Everybody left while it ran.",
}
_TIES = {"met_days": "more met days", "streak": "the longer streak", "earliest": "who got there first"}
LIVE = frozenset({"running", "grace", "audit", "final"})
CHANGEABLE = frozenset({"draft", "open"})
MOVING = frozenset({"open", "running", "grace", "audit"})
_MINUTE = 60


class Window(msgspec.Struct, frozen=True):
    """When."""

    start: str
    end: str
    time_zone: str
    days: str
    grace_minutes: int
    audit_minutes: int
    starts_at: datetime
    ends_at: datetime
    grace_ends_at: datetime
    audit_ends_at: datetime


class Scoring(msgspec.Struct, frozen=True):
    """For what."""

    rule: str
    per: str | None
    points: int
    streak_bonus: int
    streak_bonus_cap: int
    tie_breaks: list[str]


class MyPart(msgspec.Struct, frozen=True):
    """With what I compete."""

    habits: list[UUID]
    time_zone: str
    left_at: datetime | None = None


class Resource(msgspec.Struct, frozen=True):
    """What declares a battle, where one does."""

    kind: str
    namespace: str
    name: str

    @property
    def words(self) -> str:
        """As its declarer knows it."""
        return f"{self.kind} {self.namespace}/{self.name}"


class Battle(msgspec.Struct, frozen=True):
    """What the API answers of a battle; what a later version adds is passed over."""

    id: UUID
    name: str
    kind: str
    phase: str
    owner_id: UUID
    window: Window
    scoring: Scoring
    participants: int
    max_participants: int | None
    invite_only: bool
    created_at: datetime
    invite: str | None = None
    spectator: str | None = None
    me: MyPart | None = None
    cancelled_for: str | None = None
    result_hash: str | None = None
    invited: bool = False
    declared_by: Resource | None = None

    @property
    def is_live(self) -> bool:
        """Whether there are standings to look at."""
        return self.phase in LIVE

    @property
    def has_places(self) -> bool:
        """Whether it is its owner's to say how many may join."""
        return self.kind == "free_for_all"

    @property
    def is_changeable(self) -> bool:
        """Whether its owner may still change it, or call it off; what a resource declares is changed there."""
        return self.phase in CHANGEABLE and self.declared_by is None

    @property
    def is_moving(self) -> bool:
        """Whether something may still change by itself."""
        return self.phase in MOVING


def read(document: Mapping[str, Any]) -> Battle:
    """A battle from the API's answer."""
    return msgspec.convert(document, Battle)


@dataclass(frozen=True, slots=True)
class BattleLine:
    """A battle in a list."""

    battle: Battle
    phase: str
    when: str
    moment: Moment | None
    place: Place | None = None


def line(battle: Battle, clock: Clock, place: Place | None = None) -> BattleLine:
    """A battle in one line: what comes next, and when."""
    when, at = _next(battle)
    return BattleLine(battle, PHASES.get(battle.phase, battle.phase), when, clock.at(at) if at else None, place)


def _next(battle: Battle) -> tuple[str, datetime | None]:
    window = battle.window
    match battle.phase:
        case "draft" | "open":
            return "starts", window.starts_at
        case "running":
            return "ends", window.ends_at
        case "grace":
            return "late logs count until", window.grace_ends_at
        case "audit":
            return "settled after", window.audit_ends_at
        case "final":
            return "ended", window.ends_at
        case _:
            return "", None


def host_words(battle: Battle, me: UUID, owner: str | None) -> str:
    """By whom a battle is; `owner` is their name, if it is somebody."""
    if battle.owner_id == me:
        return "by you"
    if owner is None and battle.declared_by:
        return f"declared as {battle.declared_by.words}"
    return f"by {owner or 'Someone'}"


def cancelled_words(battle: Battle) -> str:
    """Why it was called off."""
    return _CANCELLED.get(battle.cancelled_for or "", "It was called off.")


def rules(battle: Battle) -> list[str]:
    """How it is scored and what counts, one rule a sentence."""
    scoring, window = battle.scoring, battle.window
    whole_days = window.days == "own"
    per = scoring.per or ("met_day" if whole_days else "fact")
    words = [f"{plural(scoring.points, 'point')} for every {'day whose target is met' if per == 'met_day' else 'log'}."]
    if scoring.streak_bonus:
        words.append(
            f"{number(scoring.streak_bonus)} more for each further day of an unbroken streak inside the battle, "
            f"at most {number(scoring.streak_bonus_cap)}."
        )
    words.append(
        "Whole days count, for each in the zone they joined with."
        if whole_days
        else "A log counts if it was done between start and end, to the second."
    )
    if window.grace_minutes:
        words.append(f"Logs that arrive up to {duration(window.grace_minutes * _MINUTE)} after the end still count.")
    if window.audit_minutes:
        words.append(f"After that an arbiter has {duration(window.audit_minutes * _MINUTE)} to decide.")
    ties = [_TIES.get(tie, tie) for tie in scoring.tie_breaks]
    if ties:
        words.append(f"Equal scores are told apart by {', then '.join(ties)}.")
    words.append("Opponents see your name and score, nothing else; imports never count.")
    return words


def winner_words(rows: list[LeaderboardRow], me: UUID | None) -> str:
    """Who won, in one line."""
    first = [row for row in rows if row.rank == 1]
    if not first:
        return "Nobody took part to the end."
    if len(first) == 1:
        name = "You" if first[0].user_id == me else first[0].display_name
        return f"{name} won with {plural(first[0].score, 'point')}."
    names = ["you" if row.user_id == me else row.display_name for row in first]
    said = f"{', '.join(names[:-1])} and {names[-1]} share the first place."
    return said[0].upper() + said[1:]
