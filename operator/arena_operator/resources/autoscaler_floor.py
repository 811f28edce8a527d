"""What is applied to a shared HorizontalPodAutoscaler so that it keeps enough replicas for the battles whose time it is."""

from typing import Any

from arena_operator.resources.manifest import Manifest, mapping_at

BASE = "habitarena.io/base-min-replicas"
"""Annotation: the floor that the chart (or a person) gave, to return to."""

FLOOR = "habitarena.io/floor"
"""Annotation: the floor we set; if `minReplicas` is something else, somebody changed it since, and that is the new base."""

WANTED = "habitarena.io/wanted-floor"
"""Annotation, only while it is more than `maxReplicas`: the floor that the battles would need."""


def raised_floor(autoscaler: Manifest, base: int, floor: int, wanted: int) -> dict[str, Any]:
    """Keep at least `floor` replicas; remember `base`, and what is `wanted` where the maximum does not allow it."""
    noted = {BASE: str(base), FLOOR: str(floor)} | ({WANTED: str(wanted)} if wanted > floor else {})
    return _patch(autoscaler, floor, noted)


def returned_floor(autoscaler: Manifest, base: int) -> dict[str, Any]:
    """Back to `base`; our annotations go, since they are not in what is applied."""
    return _patch(autoscaler, base, {})


def _patch(autoscaler: Manifest, floor: int, noted: dict[str, str]) -> dict[str, Any]:
    about = mapping_at(autoscaler, "metadata")
    kept = {name: about[name] for name in ("name", "namespace", "uid", "resourceVersion") if name in about}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": kept | ({"annotations": noted} if noted else {}),
        "spec": {"minReplicas": floor},
    }
