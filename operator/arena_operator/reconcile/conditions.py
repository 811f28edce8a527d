"""Conditions: what is judged now, merged into what is stored so that `since` moves only with the status."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from arena_operator.crd.status import BattleStatus, Condition, ConditionType, Truth
from arena_operator.reconcile.words import plain

UNAVAILABLE: Final = "PlatformUnavailable"

_NONSENSE: Final = timedelta(hours=1)
"""No two clocks are so far apart: a `since` further ahead was not stamped by any."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A condition as it is judged now."""

    status: Truth
    reason: str
    message: str


def find(conditions: tuple[Condition, ...], kind: ConditionType) -> Condition | None:
    """The condition of this type."""
    return next((condition for condition in conditions if condition.type is kind), None)


def sound(conditions: tuple[Condition, ...], now: datetime) -> tuple[Condition, ...]:
    """Those of the stored conditions whose `since` can be meant."""
    return tuple(condition for condition in conditions if condition.since.tzinfo is not None and condition.since - now <= _NONSENSE)


def merged(
    stored: tuple[Condition, ...], verdicts: Mapping[ConditionType, Verdict | None], generation: int, now: datetime
) -> tuple[Condition, ...]:
    """The conditions in their order; without a verdict a condition is not there."""
    return tuple(_merged(find(stored, kind), kind, verdict, generation, now) for kind in ConditionType if (verdict := verdicts.get(kind)))


def stored_verdict(status: BattleStatus, kind: ConditionType, generation: int) -> Verdict | None:
    """What is stored of this type for this generation."""
    found = find(status.conditions, kind)
    return Verdict(found.status, found.reason, found.message) if found and found.observed_generation == generation else None


def _merged(before: Condition | None, kind: ConditionType, verdict: Verdict, generation: int, now: datetime) -> Condition:
    since = before.since if before and before.status is verdict.status else now.replace(microsecond=0)
    message = plain(verdict.message)
    if before and verdict.reason == before.reason == UNAVAILABLE:
        message = before.message  # how long a time-out took differs each time, and is no news
    return Condition(kind, verdict.status, verdict.reason, message, generation, since)
