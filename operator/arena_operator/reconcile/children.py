"""The battles of a series: how one is made from the template, and how one is read."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from arena.contracts.battle_spec import WindowSpec
from arena.contracts.civil import resolve
from arena_operator.crd.declared import DeclaredBattle, DeclaredSeries, Results
from arena_operator.crd.manifest import API_VERSION, battle_manifest, read_battle, read_status
from arena_operator.crd.meta import ResourceMeta
from arena_operator.reconcile.capacity import owner_of
from arena_operator.reconcile.observed import ChildBattle
from arena_operator.resources.manifest import mapping_at, objects_at, text_at
from arena_operator.resources.naming import MANAGED_BY, MANAGER, label_value

SERIES: Final = "habitarena.io/series"
"""Label of a series' battles: the series' name."""
NAME_LENGTH: Final = 240
"""Of a series: its battles' names add 13 characters."""


def name_at(series: str, run: datetime) -> str:
    """The name of the battle of a run: the series and the start in UTC, so that a run is never made twice."""
    return f"{series}-{_stamp(run)}"


def child_manifest(meta: ResourceMeta, declared: DeclaredSeries, run: datetime, window: WindowSpec) -> dict[str, Any]:
    """The `Battle` of a run. Its players' name is the template's or the series'; a ConfigMap for its result gets the run's stamp."""
    terms = replace(
        declared.terms,
        name=declared.terms.name or meta.name,
        results=Results(f"{declared.terms.results.config_map}-{_stamp(run)}") if declared.terms.results else None,
    )
    metadata: dict[str, Any] = {
        "name": name_at(meta.name, run),
        "namespace": meta.namespace,
        "labels": {**declared.metadata.labels, SERIES: label_value(meta.name), MANAGED_BY: MANAGER},
        "ownerReferences": [owner_of(meta).reference],
    }
    if declared.metadata.annotations:
        metadata["annotations"] = dict(declared.metadata.annotations)
    return {"apiVersion": API_VERSION, "kind": "Battle", "metadata": metadata, "spec": battle_manifest(DeclaredBattle(terms, window))}


def is_child(meta: ResourceMeta, manifest: Mapping[str, Any]) -> bool:
    """Whether the series owns this battle: by uid, so not one of an earlier series of its name."""
    return any(owner.get("uid") == meta.uid for owner in objects_at(manifest, "metadata", "ownerReferences"))


def child_of(manifest: Mapping[str, Any]) -> ChildBattle:
    """What the series has to know of a battle.

    Its window is that of the spec: under `days: own` the one in the status grows with the zones of those who join, and weeks that follow
    each other would seem to overlap.
    """
    metadata, declared = mapping_at(manifest, "metadata"), read_battle(manifest.get("spec"))
    start, end = bounds(declared.window) if isinstance(declared, DeclaredBattle) else (None, None)
    return ChildBattle(
        name=text_at(manifest, "metadata", "name"),
        uid=text_at(manifest, "metadata", "uid"),
        phase=read_status(manifest.get("status")).phase,
        start=start,
        end=end,
        deleting=bool(metadata.get("deletionTimestamp")),
    )


def bounds(window: WindowSpec) -> tuple[datetime, datetime] | tuple[None, None]:
    """Start and end in UTC; nothing for a window that cannot be resolved."""
    try:
        start, end = (resolve(at, window.time_zone, window.disambiguation) for at in (window.start, window.end))
    except (ValueError, OverflowError):
        return None, None
    return start, end


def _stamp(run: datetime) -> str:
    return f"{run.astimezone(UTC):%Y%m%d%H%M}"
