"""Manifest ↔ types, and the body in which operator and laptop declare a battle to the platform."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cronsim import CronSim, CronSimError

from arena.contracts.battle_spec import BattleSpec, DayRule
from arena.contracts.civil import is_zone
from arena_operator.crd.codec import HTTP, Unreadable, decode, encode, lenient
from arena_operator.crd.declared import DeclaredBattle, DeclaredSeries
from arena_operator.crd.meta import ResourceMeta, SpecProblem
from arena_operator.crd.status import BattleStatus, SeriesStatus
from arena_operator.crd.words import parse_instant

API_VERSION: Final = "habitarena.io/v1alpha1"
FINALIZER: Final = "habitarena.io/battle"
ALLOW_DELETE: Final = "habitarena.io/allow-delete"
"""The annotation that lets a battle's resource be deleted while the battle runs, if it says `true`."""


def read_battle(spec: object) -> DeclaredBattle | SpecProblem:
    """What the spec of a `Battle` declares, or the first thing that is wrong with it. What only the platform knows is not checked."""
    try:
        return decode(DeclaredBattle, spec, "spec")
    except Unreadable as problem:
        return SpecProblem(problem.field, problem.message)


def read_series(spec: object) -> DeclaredSeries | SpecProblem:
    """The same of a `BattleSeries`; its schedule and zone are checked too, for the operator itself reckons with them."""
    try:
        series = decode(DeclaredSeries, spec, "spec")
    except Unreadable as problem:
        return SpecProblem(problem.field, problem.message)
    return _reckonable(series) or series


def battle_manifest(declared: DeclaredBattle) -> dict[str, Any]:
    """The spec that declares this battle."""
    return encode(declared)


def series_manifest(declared: DeclaredSeries) -> dict[str, Any]:
    """The spec that declares this series."""
    return encode(declared)


def read_status(status: object) -> BattleStatus:
    """What can be read of a `Battle`'s status; whatever it holds, this answers."""
    return lenient(BattleStatus, status) or BattleStatus()


def read_series_status(status: object) -> SeriesStatus:
    """What can be read of a `BattleSeries`' status; whatever it holds, this answers."""
    return lenient(SeriesStatus, status) or SeriesStatus()


def status_manifest(status: BattleStatus | SeriesStatus) -> dict[str, Any]:
    """The status as it is stored; what is None is left out."""
    return encode(status)


def read_meta(manifest: Mapping[str, Any]) -> ResourceMeta:
    """What every resource carries; raises KeyError or ValueError for what no store hands out (no name, no uid)."""
    meta = manifest["metadata"]
    deleted = meta.get("deletionTimestamp")
    created = meta.get("creationTimestamp")
    return ResourceMeta(
        kind=manifest["kind"],
        namespace=meta.get("namespace") or "default",
        name=meta["name"],
        uid=meta["uid"],
        generation=int(meta.get("generation") or 0),
        resource_version=str(meta.get("resourceVersion") or ""),
        created=parse_instant(created) if created else datetime.fromtimestamp(0, UTC),
        deleting_since=parse_instant(deleted) if deleted else None,
        finalizers=tuple(meta.get("finalizers") or ()),
        annotations=dict(meta.get("annotations") or {}),
    )


def battle_spec(declared: DeclaredBattle) -> BattleSpec:
    """What the platform is asked for, without the name."""
    terms = declared.terms
    return BattleSpec(terms.kind, declared.window, terms.scoring, terms.max_participants, terms.invite_only)


def declaration_body(meta: ResourceMeta, declared: DeclaredBattle, fence: int) -> dict[str, Any]:
    """The body of `PUT /api/battles/declarations/{uid}`."""
    terms = declared.terms
    return {
        "resource": {"kind": meta.kind, "namespace": meta.namespace, "name": meta.name},
        "generation": meta.generation,
        "fence": fence,
        "name": terms.name or meta.name,
        **encode(battle_spec(declared), HTTP),
        "players": [player.email for player in terms.players],
        "protect": terms.protect,
        "adopt": None if declared.battle_id is None else str(declared.battle_id),
    }


def _reckonable(series: DeclaredSeries) -> SpecProblem | None:
    if not is_zone(series.time_zone):
        return SpecProblem("spec.timeZone", f"there is no IANA time zone {series.time_zone}")
    try:
        CronSim(series.schedule, datetime.fromtimestamp(0, UTC))
    except CronSimError as unread:
        return SpecProblem("spec.schedule", f"it is no cron schedule: {unread}")
    if series.window.days is DayRule.OWN and series.duration.seconds:
        return SpecProblem("spec.duration", "under `days: Own` a battle lasts whole days, such as 7d")
    return None
