"""CapacityReady in words: what is held for a battle, or why it is not."""

from collections.abc import Iterator
from datetime import datetime

from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.status import Truth
from arena_operator.reconcile.capacity import owner_of, routed
from arena_operator.reconcile.capacity_shared import API, LIVE, STARTING, autoscaler_of, state_in
from arena_operator.reconcile.capacity_time import Hold, asks, hold, term_of
from arena_operator.reconcile.conditions import Verdict
from arena_operator.reconcile.observed import ObservedBattle, ServingState
from arena_operator.reconcile.sizing import MEASURED, dedicated_replicas, one_process_serves, replicas
from arena_operator.resources.autoscaler_floor import WANTED
from arena_operator.resources.deployment import is_pattern
from arena_operator.resources.manifest import Manifest, annotation, name_of, number_at
from arena_operator.resources.naming import dedicated_name


def capacity_condition(observed: ObservedBattle, now: datetime) -> Verdict:
    """Whether what the battle asks for is held ready. Of several troubles the first is told."""
    declared = observed.declared
    if not isinstance(declared, DeclaredBattle):
        return Verdict(Truth.UNKNOWN, "NotAccepted", "The spec cannot be read, so nothing is held ready.")
    if not observed.serves_pods:
        return _one_process(declared)
    if not asks(declared):
        return Verdict(Truth.TRUE, "NotNeeded", "The battle asks for nothing beyond what is there.")
    if hold(observed, now) is Hold.DUE:
        return next(_troubles(observed, declared), None) or Verdict(Truth.TRUE, "Held", _held_words(declared))
    return _not_due(observed, now)


def _not_due(observed: ObservedBattle, now: datetime) -> Verdict:
    stands, held = hold(observed, now), term_of(observed)
    if stands is Hold.BEFORE and held is not None:
        return Verdict(Truth.UNKNOWN, "Scheduled", f"Capacity is made ready from {_instant(held.begins)} on.")
    if stands is Hold.UNKNOWN:
        return Verdict(Truth.UNKNOWN, "NotAccepted", "Capacity is planned once the platform has taken the battle.")
    return Verdict(Truth.TRUE, "NotNeeded", "The battle is over or called off, what was held for it is given back.")


def _one_process(declared: DeclaredBattle) -> Verdict:
    load = declared.terms.load
    table = f"{MEASURED.viewers_of_one_process} viewers and {MEASURED.logs_of_one_process} logs a second"
    if one_process_serves(load):
        alone = " It makes no live of the battle's own." if declared.terms.dedicated else ""
        return Verdict(Truth.TRUE, "SingleProcess", f"One process serves everything here, measured for {table}.{alone}")
    asked = f"{load.viewers} viewers and {load.logs_per_second} logs a second"
    words = f"{asked} are asked for, but one process was measured to serve {table}: run it on a cluster, or ask for less."
    return Verdict(Truth.FALSE, "TooSmall", words)


def _troubles(observed: ObservedBattle, declared: DeclaredBattle) -> Iterator[Verdict]:
    load = declared.terms.load
    if declared.terms.dedicated:
        yield from _dedicated_troubles(observed)
    elif load.viewers > 0:
        yield from _shared_troubles(observed, LIVE, observed.shared.live, replicas(load.viewers, 0).live)
    if load.logs_per_second > 0:
        yield from _shared_troubles(observed, API, observed.shared.api, replicas(0, load.logs_per_second).api)


def _dedicated_troubles(observed: ObservedBattle) -> Iterator[Verdict]:
    pattern = observed.shared.live
    if pattern is None or not is_pattern(pattern):
        what = "no Deployment is" if pattern is None else f"Deployment {name_of(pattern)} names no port, though it is"
        words = (
            f"In namespace {observed.meta.namespace} {what} labelled app.kubernetes.io/component: live, to make one for this battle from."
        )
        yield Verdict(Truth.FALSE, "NoTemplate", words)
        return
    found = observed.owned.get(f"Deployment/{dedicated_name(owner_of(observed.meta))}")
    if found is None:
        yield Verdict(Truth.FALSE, STARTING, "A live of the battle's own is being made.")
        return
    state = state_in(observed.serving, found)
    yield from _state_troubles(state, state.wanted)
    if observed.shared.route is None:
        words = "Neither an HTTPRoute nor an Ingress leads to /api/live here, so watchers stay with the shared live: make one of them."
        yield Verdict(Truth.FALSE, "NoRoute", words)
    elif not routed(observed):
        yield Verdict(Truth.FALSE, STARTING, "The battle's own live is ready, its route is being made.")


def _shared_troubles(observed: ObservedBattle, component: str, found: Manifest | None, needed: int) -> Iterator[Verdict]:
    if found is None:
        words = (
            f"In namespace {observed.meta.namespace} no Deployment is labelled app.kubernetes.io/component: {component}: install the chart."
        )
        yield Verdict(Truth.FALSE, "NothingServes", words)
        return
    state = state_in(observed.serving, found)
    scaler = autoscaler_of(observed.shared.autoscalers, found)
    if scaler is not None:
        yield from _floor_troubles(scaler, state, needed)
        yield from _state_troubles(state, number_at(scaler, "spec", "minReplicas", default=1))
        return
    if state.wanted < needed:
        words = f"No HorizontalPodAutoscaler scales Deployment {state.name}: give it {needed} replicas yourself, or an autoscaler."
        yield Verdict(Truth.FALSE, "NoAutoscaler", words)
    yield from _state_troubles(state, needed)


def _floor_troubles(scaler: Manifest, state: ServingState, needed: int) -> Iterator[Verdict]:
    name, most = name_of(scaler), number_at(scaler, "spec", "maxReplicas", default=1)
    floor = number_at(scaler, "spec", "minReplicas", default=1)
    wanted = max(needed, int(noted) if (noted := annotation(scaler, WANTED)).isascii() and noted.isdigit() else 0)
    if wanted > most:
        words = f"The battles of this time need {wanted} replicas, HorizontalPodAutoscaler {name} allows {most}: raise its maxReplicas."
        yield Verdict(Truth.FALSE, "AboveMaximum", words)
    elif floor < needed:
        yield Verdict(Truth.FALSE, STARTING, f"HorizontalPodAutoscaler {name} is being raised from {floor} to {needed} replicas.")
    elif state.wanted < floor:
        yield Verdict(Truth.FALSE, STARTING, f"HorizontalPodAutoscaler {name} is scaling Deployment {state.name} to {floor} replicas.")


def _state_troubles(state: ServingState, needed: int) -> Iterator[Verdict]:
    """Fewer ready than are needed; what an autoscaler adds beyond that, on its own account, may still be starting."""
    if state.ready < needed:
        words = f"Deployment {state.name}: {state.ready} of {needed} replicas are ready. {state.message}".rstrip(". ") + "."
        yield Verdict(Truth.FALSE, state.reason or STARTING, words)


def _held_words(declared: DeclaredBattle) -> str:
    load, words = declared.terms.load, []
    if declared.terms.dedicated:
        words.append(f"{dedicated_replicas(load)} replicas of a live of its own serve this battle")
    elif load.viewers:
        words.append(f"the shared live is ready for {load.viewers} viewers")
    if load.logs_per_second:
        words.append(f"the shared api is ready for {load.logs_per_second} logs a second")
    return (", ".join(words)[:1].upper() + ", ".join(words)[1:]) + "."


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ")
