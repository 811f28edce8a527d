"""The world as one pass sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from arena.contracts.battle_spec import CancelReason, Phase
from arena.contracts.events.battles import Timetable
from arena_operator.crd.declared import DeclaredBattle, DeclaredSeries
from arena_operator.crd.meta import ResourceMeta, SpecProblem
from arena_operator.crd.status import BattleStatus, SeriesStatus, StandingLine

__all__ = [
    "ChildBattle",
    "Held",
    "HeldBattle",
    "LiveView",
    "NotDeclared",
    "ObservedBattle",
    "ObservedSeries",
    "Refused",
    "ResourceMeta",
    "ServingState",
    "SharedServing",
    "SpecProblem",
    "Unavailable",
]


@dataclass(frozen=True, slots=True)
class HeldBattle:
    """The platform's battle as it stands, and the declaration it last took (`generation` of the resource's spec)."""

    battle_id: UUID
    phase: Phase
    timetable: Timetable
    generation: int
    joined: int
    invited: int
    cancelled_for: CancelReason | None = None
    result_hash: str | None = None


@dataclass(frozen=True, slots=True)
class NotDeclared:
    """The platform knows nothing of this resource."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform said no, for good unless something changes: a problem's slug, its sentence, the field if it names one."""

    slug: str
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The platform gave no usable answer; it will be asked again."""

    message: str


Held = HeldBattle | NotDeclared | Unavailable
"""What the platform says of a resource's battle."""


@dataclass(frozen=True, slots=True)
class LiveView:
    """What live says of a battle: viewers, and the top of the standings (names only with consent)."""

    viewers: int
    top: tuple[StandingLine, ...]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ServingState:
    """How one object that serves battles stands: ready replicas, or why it is not ready (`reason` CamelCase, `message` a sentence)."""

    kind: str
    name: str
    wanted: int
    ready: int
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class SharedServing:
    """What serves all battles of a namespace, as it stands in the store; `capacity_shared.shared_serving` picks it from listings."""

    live: Mapping[str, object] | None = None
    """The Deployment labelled `app.kubernetes.io/component: live`; the pattern for one that serves a single battle."""
    api: Mapping[str, object] | None = None
    """The Deployment labelled `app.kubernetes.io/component: api`."""
    route: Mapping[str, object] | None = None
    """The HTTPRoute, or else the Ingress, that leads to live."""
    autoscalers: tuple[Mapping[str, object], ...] = ()
    """The HorizontalPodAutoscalers of the namespace."""
    budgets: tuple[Mapping[str, object], ...] = ()
    """The PodDisruptionBudgets of the namespace."""


@dataclass(frozen=True, slots=True)
class ObservedBattle:
    """One `Battle` and everything about it that a plan may decide upon."""

    meta: ResourceMeta
    declared: DeclaredBattle | SpecProblem
    status: BattleStatus
    """As stored; what cannot be read of it counts as not there."""
    held: Held
    refused: Refused | None = None
    """The platform's answer to the action tried in this pass, if it was a refusal."""
    live: LiveView | None = None
    """Asked only when the standings of the status are due."""
    result: str | None = None
    """The result document as the platform answers it; asked only when it is to be written down."""
    owned: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """The objects this resource owns, by `Kind/name`, as they stand in the store."""
    serving: tuple[ServingState, ...] = ()
    """What serves this battle now; empty where the store runs no pods (the laptop)."""
    shared: SharedServing = field(default_factory=SharedServing)
    """What serves every battle of the namespace; from caches, so that it costs no call."""
    serves_pods: bool = True
    """Whether the store runs pods at all; without them capacity is what the one process gives."""
    unmade: Mapping[str, str] = field(default_factory=dict)
    """The owned objects, by `Kind/name`, that the store refused to make in this pass, and why."""
    tried: frozenset[str] = frozenset()
    """The names of the actions taken in this pass: none is taken twice, whatever was answered."""


@dataclass(frozen=True, slots=True)
class ChildBattle:
    """A battle that a series owns: its window in UTC (None where it cannot be read), its phase as in its status."""

    name: str
    uid: str
    phase: str
    start: datetime | None
    end: datetime | None
    deleting: bool = False


@dataclass(frozen=True, slots=True)
class ObservedSeries:
    """One `BattleSeries` and the battles it owns."""

    meta: ResourceMeta
    declared: DeclaredSeries | SpecProblem
    status: SeriesStatus
    children: tuple[ChildBattle, ...] = ()
    unmade: Mapping[str, str] = field(default_factory=dict)
    """Battles, by name, that the store refused to make in this pass, and why."""
    tried: frozenset[str] = frozenset()
    """Names of the battles acted upon in this pass."""
