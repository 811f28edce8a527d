"""What keeps the shared pods from being evicted while a protected battle runs.

A pod under two disruption budgets cannot be evicted at all (the eviction API answers 500, which `kubectl drain` takes for a failure), so
where the chart has a budget for these pods, that one is tightened and later returned; only where there is none, one is made.
"""

import json
from typing import Any

from arena_operator.resources.manifest import Manifest, annotation, fresh, mapping_at, name_of, text_at
from arena_operator.resources.naming import COMPONENT, MANAGED_BY, MANAGER

BASE = "habitarena.io/base-disruption"
"""Annotation: the budget that the chart (or a person) gave, to return to, as JSON."""

_LIMITS = ("maxUnavailable", "minAvailable")


def tightened(budget: Manifest) -> dict[str, Any]:
    """No pod of this budget may be evicted; the limit it had is remembered."""
    had = _limit(budget)
    name = "minAvailable" if "minAvailable" in had else "maxUnavailable"
    limit: dict[str, Any] = {name: "100%" if name == "minAvailable" else 0}
    return _patch(budget, {BASE: json.dumps(had or {"maxUnavailable": 1}, sort_keys=True)}, limit)


def returned(budget: Manifest) -> dict[str, Any]:
    """The limit it had before, or the one that somebody gave it since."""
    return _patch(budget, {}, remembered(budget) if is_tight(budget) else _limit(budget))


def remembered(budget: Manifest) -> dict[str, Any]:
    """The limit that a tightened budget had; one pod at a time where the note cannot be read."""
    try:
        noted = json.loads(annotation(budget, BASE))
    except ValueError:
        noted = {}
    limits = {name: value for name, value in mapping_at(noted).items() if name in _LIMITS and isinstance(value, int | str)}
    return dict(list(limits.items())[:1]) or {"maxUnavailable": 1}


def is_noted(budget: Manifest) -> bool:
    """Whether we tightened it once and have not returned it."""
    return bool(annotation(budget, BASE))


def is_tight(budget: Manifest) -> bool:
    """Whether no pod may be evicted under it."""
    return _limit(budget) in ({"maxUnavailable": 0}, {"maxUnavailable": "0%"}, {"minAvailable": "100%"})


def is_ours(budget: Manifest) -> bool:
    """Whether we made it, so that it is deleted instead of returned."""
    return text_at(budget, "metadata", "labels", MANAGED_BY) == MANAGER


def guard(deployment: Manifest) -> dict[str, Any]:
    """A budget of our own for the pods of a shared Deployment; with that Deployment, it is deleted."""
    about = mapping_at(deployment, "metadata")
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name_of(deployment), "uid": text_at(deployment, "metadata", "uid")}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {
            "name": guard_name(deployment),
            "namespace": about.get("namespace", ""),
            "labels": {MANAGED_BY: MANAGER, COMPONENT: text_at(deployment, "metadata", "labels", COMPONENT)},
            "ownerReferences": [owner],
        },
        "spec": {
            "maxUnavailable": 0,
            "selector": fresh(dict(mapping_at(deployment, "spec", "selector"))),
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def guard_name(deployment: Manifest) -> str:
    """The name of the budget of our own for a shared Deployment."""
    return f"{name_of(deployment)[:50].rstrip('-.')}-protected"


def _limit(budget: Manifest) -> dict[str, Any]:
    return {name: fresh(value) for name, value in mapping_at(budget, "spec").items() if name in _LIMITS}


def _patch(budget: Manifest, noted: dict[str, str], limit: dict[str, Any]) -> dict[str, Any]:
    about = mapping_at(budget, "metadata")
    kept = {name: about[name] for name in ("name", "namespace", "uid", "resourceVersion") if name in about}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": kept | ({"annotations": noted} if noted else {}),
        "spec": limit,
    }
