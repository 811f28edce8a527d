"""Bounds of the fields: those of the contracts are the platform's own (a test compares them), the others are the resource's.

They bound what a rule in the schema may cost, too: the API server refuses rules over texts and lists without an end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from arena.contracts.battle_spec import ScoringSpec, WindowSpec
from arena_operator.crd.declared import BattleTerms, DeclaredSeries, Load, PlayerRef, Results, SeriesWindow, TemplateMeta
from arena_operator.crd.status import BattleStatus, Condition, ResolvedWindow, SeriesStatus, StandingLine
from arena_operator.crd.words import duration_text


@dataclass(frozen=True, slots=True)
class Limit:
    """What a field may hold: `low` to `high` of a number or a duration, `length` of a text, `count` of a list or map.

    `pattern` is written in what Go and Python both understand; `says` is the sentence about it.
    """

    low: int | timedelta | None = None
    high: int | timedelta | None = None
    shortest: int = 0
    length: int | None = None
    count: int | None = None
    pattern: str | None = None
    says: str = ""

    def broken_by(self, value: object) -> str | None:
        """What is wrong with a value that was read, or None; patterns are the reader's."""
        if self.low is not None and self.high is not None and not self.low <= value <= self.high:  # type: ignore[operator]  # numbers meet numbers, durations durations: both are read by the field's type
            return f"it must be {_said(self.low)} to {_said(self.high)}"
        if isinstance(value, str) and self.length is not None and not self.shortest <= len(value) <= self.length:
            return f"it must have {self.shortest} to {self.length} characters"
        if isinstance(value, tuple | Mapping) and self.count is not None and len(value) > self.count:
            return f"it must have at most {self.count} entries"
        return None


def _said(value: int | timedelta) -> str:
    return duration_text(value) if isinstance(value, timedelta) else f"{value:,}"


_HIDDEN = "\\x00-\\x1f\\x7f-\\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""Control characters, line ends, and signs that turn the direction of a text around."""
NAME: Final = Limit(
    shortest=1,
    length=200,
    pattern=f"^[^ {_HIDDEN}]([^{_HIDDEN}]*[^ {_HIDDEN}])?$",
    says="it must be on one line, without control or direction characters, and not begin or end with a space",
)
ZONE: Final = Limit(shortest=1, length=64, pattern="^[A-Za-z][A-Za-z0-9_+/-]*$", says="it must be an IANA time zone such as Europe/Berlin")
EMAIL: Final = Limit(shortest=3, length=254, pattern=f"^[^@ {_HIDDEN}]+@[^@ {_HIDDEN}]+$", says="it must be an e-mail address")
OBJECT_NAME: Final = Limit(
    shortest=1,
    length=253,
    pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    says="it must be the name of a ConfigMap: small letters, digits, hyphens and dots, such as office-week-result",
)
CRON: Final = Limit(
    shortest=5,
    length=100,
    pattern="^[^ ]+( +[^ ]+){4}$",
    says="it must be five cron fields, such as 0 18 * * 5 (Fridays at 18:00)",
)
_POINTS = 1_000_000
_GRACE = Limit(low=0, high=7 * 24 * 60)
_AUDIT = Limit(low=0, high=30 * 24 * 60)
_HISTORY = Limit(low=0, high=1_000)
_LONGEST = timedelta(days=366)
_WORD = Limit(length=64)

LIMITS: Final[Mapping[tuple[type, str], Limit]] = {
    (WindowSpec, "time_zone"): ZONE,
    (WindowSpec, "grace_minutes"): _GRACE,
    (WindowSpec, "audit_minutes"): _AUDIT,
    (ScoringSpec, "rule"): Limit(shortest=3, length=64, pattern="^[a-z0-9-]+@[0-9]+$", says="it must be a rule and its version: points@1"),
    (ScoringSpec, "points"): Limit(low=1, high=_POINTS),
    (ScoringSpec, "streak_bonus"): Limit(low=0, high=_POINTS),
    (ScoringSpec, "streak_bonus_cap"): Limit(low=0, high=_POINTS),
    (ScoringSpec, "tie_breaks"): Limit(count=3),
    (BattleTerms, "name"): NAME,
    (BattleTerms, "max_participants"): Limit(low=2, high=10_000),
    (BattleTerms, "players"): Limit(count=1_000),
    (PlayerRef, "email"): EMAIL,
    (Load, "viewers"): Limit(low=0, high=1_000_000),
    (Load, "logs_per_second"): Limit(low=0, high=100_000),
    (Load, "lead_time"): Limit(low=timedelta(), high=timedelta(days=7)),
    (Results, "config_map"): OBJECT_NAME,
    (SeriesWindow, "grace_minutes"): _GRACE,
    (SeriesWindow, "audit_minutes"): _AUDIT,
    (TemplateMeta, "labels"): Limit(count=50, length=63),
    (TemplateMeta, "annotations"): Limit(count=50, length=4_096),
    (DeclaredSeries, "schedule"): CRON,
    (DeclaredSeries, "time_zone"): ZONE,
    (DeclaredSeries, "duration"): Limit(low=timedelta(minutes=1), high=_LONGEST),
    (DeclaredSeries, "open_before"): Limit(low=timedelta(), high=_LONGEST),
    (DeclaredSeries, "finished_battles_history_limit"): _HISTORY,
    (DeclaredSeries, "cancelled_battles_history_limit"): _HISTORY,
    (Condition, "reason"): Limit(length=1_024),
    (Condition, "message"): Limit(length=32_768),
    (ResolvedWindow, "tzdata"): _WORD,
    (StandingLine, "display_name"): Limit(length=200),
    (BattleStatus, "phase"): _WORD,
    (BattleStatus, "leader"): Limit(length=300),
    (BattleStatus, "standings"): Limit(count=20),
    (BattleStatus, "result_hash"): Limit(length=128),
    (BattleStatus, "conditions"): Limit(count=16),
    (SeriesStatus, "active"): Limit(count=1_000, length=253),
    (SeriesStatus, "conditions"): Limit(count=16),
}
