"""What a resource's status says; written by the operator only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class ConditionType(StrEnum):
    """Conditions: the first three in the kstatus way (Reconciling and Stalled are there only while true), then our own."""

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    ACCEPTED = "Accepted"
    CAPACITY_READY = "CapacityReady"
    FINALISED = "Finalised"


class Truth(StrEnum):
    """A condition's status."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; `reason` is a CamelCase word for programs, `message` a sentence for people that says what to do.

    `since` (lastTransitionTime) changes only when `status` does.
    """

    type: ConditionType
    status: Truth
    reason: str
    message: str
    observed_generation: int
    since: datetime


@dataclass(frozen=True, slots=True)
class ResolvedWindow:
    """The window in UTC."""

    start: datetime
    end: datetime
    grace_ends: datetime
    audit_ends: datetime
    tzdata: str


@dataclass(frozen=True, slots=True)
class StandingLine:
    """One line of the standings; `display_name` only with the player's consent."""

    user_id: UUID
    rank: int
    score: int
    display_name: str | None = None


PENDING: Final = "Pending"
"""The phase of a resource whose battle is not there yet; the others are those of the battle (Draft, Open, Running, …)."""


@dataclass(frozen=True, slots=True)
class BattleStatus:
    """The status of a `Battle`. `standings` are the top lines, refreshed at most once a minute (`standings_at`)."""

    observed_generation: int = 0
    phase: str = PENDING
    battle_id: UUID | None = None
    window: ResolvedWindow | None = None
    participants: int = 0
    viewers: int = 0
    leader: str = ""
    """For the printer column: the first line in words ("Ada, 120", or "120" without consent; "" while nobody leads)."""
    standings: tuple[StandingLine, ...] = ()
    standings_at: datetime | None = None
    result_hash: str | None = None
    replicas: int = 0
    """Replicas asked for to serve this battle, while capacity is held."""
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesStatus:
    """The status of a `BattleSeries`."""

    observed_generation: int = 0
    active: tuple[str, ...] = ()
    """Names of the battles that are not over."""
    last_schedule: datetime | None = None
    """The newest run that was decided about (made or skipped)."""
    next_schedule: datetime | None = None
    missed: int = 0
    """Runs skipped so far."""
    conditions: tuple[Condition, ...] = ()
