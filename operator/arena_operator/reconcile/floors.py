"""Shared capacity of a namespace: floors of its autoscalers, and budgets that forbid evictions, from all battles whose time it is.

Level-based: from (demands, what serves, now) to the writes that are missing; nothing is added up over passes, and the order of the battles
does not matter. How it is woken: one key a namespace in the queue, put there by whatever may change the answer: an event of a Battle, of an
autoscaler, Deployment or disruption budget of the namespace that no battle owns, the resync, and `look_again_at`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.status import BattleStatus
from arena_operator.reconcile.actions import Remove
from arena_operator.reconcile.capacity_shared import API, LIVE, autoscaler_of
from arena_operator.reconcile.capacity_time import asks, stored_term
from arena_operator.reconcile.observed import SharedServing, SpecProblem
from arena_operator.reconcile.sizing import replicas
from arena_operator.resources import autoscaler_floor, budget_guard
from arena_operator.resources.manifest import Manifest, annotation, difference, mapping_at, name_of, number_at


@dataclass(frozen=True, slots=True)
class Demand:
    """What one battle asks of the shared Deployments, in [begins, ends); `protects`: those that must not be disturbed now."""

    begins: datetime
    ends: datetime
    viewers: int = 0
    logs_per_second: int = 0
    protects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Floors:
    """What is to be written (server-side apply), deleted, and when time alone may change that."""

    patches: tuple[Manifest, ...]
    removes: tuple[Remove, ...]
    look_again_at: datetime | None


def demand_of(declared: DeclaredBattle | SpecProblem, status: BattleStatus) -> Demand | None:
    """What a battle asks for, from its resource alone; None for nothing, or while its window is not known."""
    if not isinstance(declared, DeclaredBattle) or status.phase == "Cancelled":
        return None
    terms = declared.terms
    term = stored_term(status, terms.load)
    if term is None or not (terms.protect or asks(declared)):
        return None
    running = terms.protect and status.phase == "Running"
    serving = {API} if terms.dedicated else {API, LIVE}
    viewers = 0 if terms.dedicated else max(terms.load.viewers, 0)
    protects = frozenset(serving) if running else frozenset[str]()
    return Demand(term.begins, term.ends, viewers, max(terms.load.logs_per_second, 0), protects)


def floors(demands: Iterable[Demand], shared: SharedServing, now: datetime) -> Floors:
    """Every floor is the base or what the demands of this moment need, whichever is more, but never above the autoscaler's maximum."""
    asked = list(demands)
    due = [demand for demand in asked if demand.begins <= now < demand.ends]
    needed = replicas(sum(demand.viewers for demand in due), sum(demand.logs_per_second for demand in due))
    protected = frozenset(component for demand in asked for component in demand.protects)
    patches: list[Manifest] = []
    removes: list[Remove] = []
    for component, found, wanted in ((LIVE, shared.live, needed.live), (API, shared.api, needed.api)):
        if found is not None:
            patches += _floor(autoscaler_of(shared.autoscalers, found), wanted)
            patches += _guards(shared, found, protected=component in protected)
            removes += _unguarded(shared, found, protected=component in protected)
    instants = (at for demand in asked for at in (demand.begins, demand.ends) if at > now)
    return Floors(tuple(patches), tuple(removes), min(instants, default=None))


def base_of(autoscaler: Manifest) -> int:
    """The floor that somebody else gave: what was noted, unless `minReplicas` was changed since we set it."""
    found = number_at(autoscaler, "spec", "minReplicas", default=1)
    noted, ours = _whole(annotation(autoscaler, autoscaler_floor.BASE)), _whole(annotation(autoscaler, autoscaler_floor.FLOOR))
    return noted if noted is not None and ours == found else found


def _floor(autoscaler: Manifest | None, needed: int) -> Iterator[Manifest]:
    if autoscaler is None:
        return
    base, most = base_of(autoscaler), number_at(autoscaler, "spec", "maxReplicas", default=1)
    wanted = max(base, needed)
    floor = min(wanted, most)
    raised = wanted > base
    patch = autoscaler_floor.raised_floor(autoscaler, base, floor, wanted) if raised else autoscaler_floor.returned_floor(autoscaler, base)
    if difference(patch, autoscaler) is not None or _stale(autoscaler, patch):
        yield patch


def _stale(autoscaler: Manifest, patch: Manifest) -> bool:
    """Whether the autoscaler carries a note of ours that is no longer true (the base alone may be the chart's own note)."""
    noted = mapping_at(patch, "metadata", "annotations")
    return any(name not in noted and annotation(autoscaler, name) for name in (autoscaler_floor.FLOOR, autoscaler_floor.WANTED))


def _guards(shared: SharedServing, deployment: Manifest, *, protected: bool) -> Iterator[Manifest]:
    """Patches of budgets that others made, and ours where there is none."""
    theirs = [budget for budget in _budgets(shared, deployment) if not budget_guard.is_ours(budget)]
    for budget in theirs:
        if protected and not budget_guard.is_tight(budget):
            yield budget_guard.tightened(budget)
        elif not protected and budget_guard.is_noted(budget):
            yield budget_guard.returned(budget)
    if protected and not theirs:
        wanted = budget_guard.guard(deployment)
        found = next((budget for budget in shared.budgets if name_of(budget) == budget_guard.guard_name(deployment)), None)
        if found is None or (budget_guard.is_ours(found) and difference(wanted, found) is not None):
            yield wanted


def _unguarded(shared: SharedServing, deployment: Manifest, *, protected: bool) -> Iterator[Remove]:
    """Our budget goes when nothing is protected, or when somebody else made one for these pods."""
    name = budget_guard.guard_name(deployment)
    of_ours = [budget for budget in shared.budgets if name_of(budget) == name and budget_guard.is_ours(budget)]
    doubled = any(not budget_guard.is_ours(budget) for budget in _budgets(shared, deployment))
    if of_ours and (not protected or doubled):
        yield Remove("PodDisruptionBudget", name, "another budget guards these pods" if doubled else "no protected battle runs")


def _budgets(shared: SharedServing, deployment: Manifest) -> list[Mapping[str, object]]:
    """The budgets whose `matchLabels` select this Deployment's pods (one with `matchExpressions` is left alone)."""
    labels = mapping_at(deployment, "spec", "template", "metadata", "labels")

    def selects(budget: Manifest) -> bool:
        selector = mapping_at(budget, "spec", "selector")
        wanted = mapping_at(selector, "matchLabels")
        return bool(wanted) and not selector.get("matchExpressions") and all(labels.get(name) == value for name, value in wanted.items())

    return [budget for budget in shared.budgets if selects(budget)]


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - replicas have at most nine digits
