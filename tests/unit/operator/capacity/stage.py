"""A battle and its namespace at a moment, for the tests of capacity."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from arena.contracts.battle_spec import BattleKind, Phase, WindowSpec
from arena.contracts.events.battles import Timetable
from arena_operator.crd.declared import BattleTerms, DeclaredBattle, Load
from arena_operator.crd.meta import ResourceMeta
from arena_operator.crd.status import BattleStatus, ResolvedWindow
from arena_operator.reconcile.actions import Remove
from arena_operator.reconcile.capacity import obsolete_objects, unmet_objects
from arena_operator.reconcile.capacity_shared import shared_serving
from arena_operator.reconcile.observed import HeldBattle, ObservedBattle, SharedServing
from tests.unit.operator.resources import samples

START = datetime(2026, 12, 1, 8, tzinfo=UTC)
END = START + timedelta(hours=1)
LEAD = timedelta(minutes=10)
BEFORE = START - LEAD - timedelta(seconds=1)
DURING = START + timedelta(minutes=5)
DRAINING = END + timedelta(minutes=10, seconds=30)
AFTER = END + timedelta(minutes=11)
WINDOW = ResolvedWindow(START, END, END + timedelta(minutes=10), END + timedelta(minutes=10), "2026b")
BATTLE_ID = UUID("01935c1f-7b7e-7cc3-9a3e-6f4d5b2a1c00")
META = ResourceMeta("Battle", "arena", "spring-cup", "0f7a6f0e-5a86-4d7e-9d7c-4a1f3f6f2b11", 1, "7", START - timedelta(days=1))
NAME = "live-spring-cup-506ba12b"


def shared(**objects: Iterable[Mapping[str, Any]]) -> SharedServing:
    """A namespace as a chart leaves it; what is named replaces what the chart has of it."""
    chart: dict[str, Any] = {
        "deployments": [samples.deployment("api"), samples.deployment("live")],
        "http_routes": [samples.http_route()],
        "ingresses": [],
        "autoscalers": [samples.autoscaler("api"), samples.autoscaler("live")],
        "budgets": [],
    }
    given = chart | objects
    return shared_serving(given.pop("deployments"), **given)


def battle(*, phase: Phase = Phase.RUNNING, load: Load | None = None, **terms: Any) -> ObservedBattle:
    """A battle that the platform holds, in its namespace."""
    asked = BattleTerms(BattleKind.FREE_FOR_ALL, load=load or Load(), **terms)
    window = WindowSpec(START.replace(tzinfo=None), END.replace(tzinfo=None), "UTC")
    timetable = Timetable(START, END, END + timedelta(minutes=10), END + timedelta(minutes=10), "2026b")
    held = HeldBattle(BATTLE_ID, phase, timetable, 1, 2, 0)
    status = BattleStatus(phase=phase.value.title(), battle_id=BATTLE_ID, window=WINDOW)
    return ObservedBattle(META, DeclaredBattle(asked, window), status, held, shared=shared())


def as_stored(manifest: Mapping[str, Any], ready: int | None = None) -> dict[str, Any]:
    """What the API server makes of a manifest; `ready` replicas of a Deployment."""
    stored: dict[str, Any] = {**manifest, "metadata": {**manifest["metadata"], "uid": "u", "generation": 1}}
    if ready is not None:
        stored["status"] = {"observedGeneration": 1, "readyReplicas": ready, "updatedReplicas": ready}
    return stored


def settled(observed: ObservedBattle, now: datetime, *, ready: int = 99) -> ObservedBattle:
    """The world after all passes at this moment: what is wanted is made, what is obsolete goes, pods become ready."""
    for _ in range(9):
        observed = step(observed, now, ready=ready)
    return observed


def step(observed: ObservedBattle, now: datetime, *, ready: int = 99) -> ObservedBattle:
    """The world after one pass."""
    owned = dict(observed.owned)
    for ensured in unmet_objects(observed, now):
        manifest: Mapping[str, Any] = ensured.manifest
        owned[f"{manifest['kind']}/{manifest['metadata']['name']}"] = as_stored(manifest)
    for removal in obsolete_objects(observed, now):
        del owned[f"{removal.kind}/{removal.name}"]
    for key, found in owned.items():
        if key.startswith("Deployment/"):
            wanted = found["spec"]["replicas"]  # type: ignore[index]  # a manifest of ours
            owned[key] = as_stored(found, min(ready, wanted))
    return replace(observed, owned=owned)


def kinds(observed: ObservedBattle) -> set[str]:
    """The kinds of what is owned."""
    return {key.partition("/")[0] for key in observed.owned}


def removed(removals: Iterable[Remove]) -> set[str]:
    """The kinds of what is to go."""
    return {removal.kind for removal in removals}
