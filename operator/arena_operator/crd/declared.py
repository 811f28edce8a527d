"""What a resource declares: the battle of `arena.contracts.battle_spec` and the fields that only a resource has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from arena.contracts.battle_spec import BattleKind, DayRule, Disambiguation, ScoringSpec, WindowSpec


class DeletionPolicy(StrEnum):
    """What becomes of the battle when its resource is deleted: it lives on without it, or is called off (if it has not begun)."""

    RETAIN = "Retain"
    CANCEL = "Cancel"


@dataclass(frozen=True, slots=True)
class PlayerRef:
    """Somebody to invite, by the e-mail of their account; they accept by joining."""

    email: str


@dataclass(frozen=True, slots=True)
class Load:
    """The demand to be ready for, from `lead_time` before the start until shortly after the end."""

    viewers: int = 0
    """How many watch at once."""
    logs_per_second: int = 0
    """How many facts are logged a second."""
    lead_time: timedelta = timedelta(minutes=10)
    """How long before the start everything is to be ready: 10m, 1h30m."""


@dataclass(frozen=True, slots=True)
class Results:
    """Where the result is written when the battle is final: an immutable ConfigMap beside the resource."""

    config_map: str
    """The name of the ConfigMap; it must not exist yet."""


@dataclass(frozen=True, slots=True)
class BattleTerms:
    """Everything of a battle's resource but its window."""

    kind: BattleKind
    name: str | None = None
    """As players see it; the resource's name where left out."""
    scoring: ScoringSpec = field(default_factory=ScoringSpec)
    max_participants: int | None = None
    """Places of a free-for-all; 10,000 where left out. Head to head is between two."""
    invite_only: bool = True
    """Whether joining needs the invite; otherwise anybody who has signed in may."""
    players: tuple[PlayerRef, ...] = ()
    """Who is invited; each accepts by joining."""
    load: Load = field(default_factory=Load)
    dedicated: bool = False
    """Whether pods of its own serve the battle while it runs."""
    deletion_policy: DeletionPolicy = DeletionPolicy.RETAIN
    protect: bool = False
    """While the battle runs, what serves it is not disrupted, and `arena gate deploy` says no."""
    results: Results | None = None


@dataclass(frozen=True, slots=True)
class DeclaredBattle:
    """The spec of a `Battle`."""

    terms: BattleTerms
    window: WindowSpec
    battle_id: UUID | None = None
    """An existing battle to adopt."""


class ConcurrencyPolicy(StrEnum):
    """What a series does when the next battle is due and one still goes on: both, skip the new one, or call the old one off."""

    ALLOW = "Allow"
    FORBID = "Forbid"
    REPLACE = "Replace"


class MissedRunPolicy(StrEnum):
    """What becomes of a run whose start passed while nobody looked: nothing, or it starts as soon as it can (the newest only)."""

    SKIP = "Skip"
    RUN_ONCE = "RunOnce"


@dataclass(frozen=True, slots=True)
class SeriesWindow:
    """The window of each battle but for its start, end and zone, which come from the schedule."""

    days: DayRule = DayRule.INSTANT
    grace_minutes: int = 10
    """Minutes after the end in which facts from before it still arrive."""
    audit_minutes: int = 0
    """Minutes after the grace in which arbiters may decide."""
    disambiguation: Disambiguation = Disambiguation.COMPATIBLE


@dataclass(frozen=True, slots=True)
class TemplateMeta:
    """What each battle of a series carries beside what the operator puts there."""

    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of each battle's resource."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Annotations of each battle's resource."""


@dataclass(frozen=True, slots=True)
class DeclaredSeries:
    """The spec of a `BattleSeries`: `schedule` (cron, civil time in `time_zone`) gives the starts, `duration` the ends."""

    schedule: str
    """When battles start: five cron fields (minute, hour, day, month, weekday), civil time in the zone."""
    time_zone: str
    """IANA name, aliases included."""
    duration: timedelta
    """How long each battle lasts: 90m, 36h, 7d."""
    terms: BattleTerms
    window: SeriesWindow = field(default_factory=SeriesWindow)
    metadata: TemplateMeta = field(default_factory=TemplateMeta)
    open_before: timedelta = timedelta(days=1)
    """How long before its start a battle is made, so that people can join."""
    concurrency_policy: ConcurrencyPolicy = ConcurrencyPolicy.FORBID
    missed_run_policy: MissedRunPolicy = MissedRunPolicy.SKIP
    suspend: bool = False
    """Make no further battles; those that were made go on."""
    finished_battles_history_limit: int = 3
    """How many resources of final battles are kept."""
    cancelled_battles_history_limit: int = 1
    """How many resources of cancelled battles are kept."""
