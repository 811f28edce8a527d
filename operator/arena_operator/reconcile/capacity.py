"""What is made for one battle: a live of its own from shortly before its start to shortly after its end, and its result written down."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from arena_operator.crd.declared import DeclaredBattle
from arena_operator.reconcile.actions import Ensure, Remove
from arena_operator.reconcile.capacity_shared import state_in
from arena_operator.reconcile.capacity_time import Hold, hold, is_running
from arena_operator.reconcile.observed import HeldBattle, ObservedBattle, ResourceMeta
from arena_operator.reconcile.sizing import dedicated_replicas, replicas_for
from arena_operator.resources.deployment import deployment, is_pattern, port_of
from arena_operator.resources.disruption_budget import disruption_budget
from arena_operator.resources.http_route import http_route
from arena_operator.resources.ingress import ingress
from arena_operator.resources.manifest import Manifest, difference, label, text_at
from arena_operator.resources.naming import BATTLE_UID, Owner, dedicated_name, label_value
from arena_operator.resources.result_config_map import LIMIT, fits, result_config_map
from arena_operator.resources.service import service

ROUTES = ("HTTPRoute", "Ingress")
_REST = ("Deployment", "Service", "PodDisruptionBudget")


def owner_of(meta: ResourceMeta) -> Owner:
    """The resource as the owner of what is made for it."""
    return Owner(meta.kind, meta.namespace, meta.name, meta.uid)


def wanted_objects(observed: ObservedBattle, now: datetime) -> tuple[Manifest, ...]:
    """Everything that should be there for this battle now, in the order in which it is to be made."""
    return (*_dedicated(observed, now), *_result(observed))


def unmet_objects(observed: ObservedBattle, now: datetime) -> tuple[Ensure, ...]:
    """What is wanted and not so yet, each with the reason; what is so already is not written again."""
    return tuple(_unmet(observed, now))


def _unmet(observed: ObservedBattle, now: datetime) -> Iterator[Ensure]:
    for manifest in wanted_objects(observed, now):
        key = f"{manifest['kind']}/{manifest['metadata']['name']}"
        found = observed.owned.get(key)
        if found is None:
            yield Ensure(manifest, f"{key} is not there yet")
        elif manifest["kind"] != "ConfigMap" and (path := difference(manifest, found)) is not None:  # a result is immutable
            yield Ensure(manifest, f"{key} has another {path}")


def obsolete_objects(observed: ObservedBattle, now: datetime) -> tuple[Remove, ...]:
    """What should not be there any more: first the route, so that watchers fall back to the shared live, the rest when that is gone.

    While it is not known what is wanted (window or spec unreadable, or the pattern gone while pods serve), nothing is taken away.
    """
    if not isinstance(observed.declared, DeclaredBattle):
        return ()
    asked = observed.declared.terms.dedicated
    stands = hold(observed, now)
    if asked and stands is Hold.UNKNOWN:
        return ()
    wanted = {str(manifest["kind"]) for manifest in _dedicated(observed, now)}
    stay = asked and stands in {Hold.DUE, Hold.DRAINING}
    if stay and _stage(observed) is None:
        return ()
    routes = tuple(_owned(observed, [kind for kind in ROUTES if kind not in wanted], _why_no_route(observed, now)))
    if stay or routes or routed(observed):
        return routes
    return tuple(_owned(observed, _REST, _OVER if asked else "the battle asks for no live of its own"))


def release(observed: ObservedBattle) -> tuple[Remove, ...]:
    """All that serves this battle alone, whatever it asks for: before its resource goes. The route first, as above."""
    return tuple(_owned(observed, _REST if not routed(observed) else ROUTES, "the resource is going"))


def replicas_held(observed: ObservedBattle, now: datetime) -> int:
    """Replicas asked for to serve this battle now; none outside its time and where the store runs no pods."""
    declared = observed.declared
    if not isinstance(declared, DeclaredBattle) or not observed.serves_pods or hold(observed, now) is not Hold.DUE:
        return 0
    load = declared.terms.load
    if not declared.terms.dedicated:
        return replicas_for(load)
    return dedicated_replicas(load) + replicas_for(type(load)(0, load.logs_per_second))


def result_too_large(observed: ObservedBattle) -> str | None:
    """Why the result cannot be written down, in a sentence; None if it can."""
    if observed.result is None or fits(observed.result):
        return None
    size = len(observed.result.encode("utf-8", "surrogatepass"))
    return f"The result has {size} bytes, a ConfigMap holds {LIMIT}: GET /api/battles/<id>/result answers it; leave out spec.results."


_OVER = "the battle's time is over"


@dataclass(frozen=True, slots=True)
class _Stage:
    """What a dedicated live is made from: everything that must be known for it."""

    owner: Owner
    pattern: Manifest
    port: int | str
    battle_id: UUID


def battle_id_of(observed: ObservedBattle) -> UUID | None:
    """The battle's id by the platform, else by the status."""
    return observed.held.battle_id if isinstance(observed.held, HeldBattle) else observed.status.battle_id


def _stage(observed: ObservedBattle) -> _Stage | None:
    pattern, battle_id = observed.shared.live, battle_id_of(observed)
    if pattern is None or battle_id is None or not is_pattern(pattern):
        return None
    return _Stage(owner_of(observed.meta), pattern, port_of(pattern) or 0, battle_id)


def _dedicated(observed: ObservedBattle, now: datetime) -> Iterator[dict[str, Any]]:
    declared = observed.declared
    if not isinstance(declared, DeclaredBattle) or not declared.terms.dedicated or not observed.serves_pods:
        return
    stands, stage = hold(observed, now), _stage(observed)
    if stage is None or stands not in {Hold.DUE, Hold.DRAINING}:
        return
    yield deployment(stage.owner, stage.pattern, dedicated_replicas(declared.terms.load))
    yield service(stage.owner, stage.port)
    yield disruption_budget(stage.owner, protected=declared.terms.protect and is_running(observed))
    if stands is Hold.DUE and (shared := observed.shared.route) is not None and serves_alone(observed):
        build = ingress if text_at(shared, "kind") == "Ingress" else http_route
        yield build(stage.owner, shared, stage.battle_id)


def serves_alone(observed: ObservedBattle) -> bool:
    """Whether the dedicated live may be led to: once all its pods are ready; then for as long as one is."""
    found = observed.owned.get(f"Deployment/{dedicated_name(owner_of(observed.meta))}")
    if found is None:
        return False
    state = state_in(observed.serving, found)
    return state.ready >= state.wanted > 0 or (state.ready > 0 and routed(observed))


def routed(observed: ObservedBattle) -> bool:
    """Whether watchers of this battle are led to its own live."""
    name = dedicated_name(owner_of(observed.meta))
    return any(f"{kind}/{name}" in observed.owned for kind in ROUTES)


def _why_no_route(observed: ObservedBattle, now: datetime) -> str:
    if hold(observed, now) is not Hold.DUE:
        return f"{_OVER}: the shared live takes over"
    return "the battle's own live is not ready: the shared one takes over"


def _owned(observed: ObservedBattle, kinds: tuple[str, ...] | list[str], because: str) -> Iterator[Remove]:
    name = dedicated_name(owner_of(observed.meta))
    for kind in kinds:
        found = observed.owned.get(f"{kind}/{name}")
        if found is not None and _is_to_go(observed.meta, found):
            yield Remove(kind, name, because)


def _is_to_go(meta: ResourceMeta, found: Manifest) -> bool:
    """Whether it was made for this very resource, not for an earlier one of its name, and is not going already."""
    return label(found, BATTLE_UID) == label_value(meta.uid) and not text_at(found, "metadata", "deletionTimestamp")


def _result(observed: ObservedBattle) -> Iterator[dict[str, Any]]:
    declared, document = observed.declared, observed.result
    if isinstance(declared, DeclaredBattle) and declared.terms.results and document is not None and fits(document):
        yield result_config_map(owner_of(observed.meta), declared.terms.results.config_map, document)
