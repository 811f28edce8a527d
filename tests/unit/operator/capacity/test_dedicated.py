"""A live of a battle's own: when it is there, what it is led to, in which order it goes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from arena.contracts.battle_spec import Phase
from arena_operator.crd.declared import DeclaredBattle, Load
from arena_operator.crd.meta import SpecProblem
from arena_operator.crd.status import BattleStatus
from arena_operator.reconcile.capacity import obsolete_objects, release, replicas_held, unmet_objects, wanted_objects
from arena_operator.reconcile.capacity_time import capacity_due
from arena_operator.reconcile.observed import ObservedBattle, ServingState, Unavailable
from tests.unit.operator.capacity.stage import (
    AFTER,
    BEFORE,
    DRAINING,
    DURING,
    END,
    LEAD,
    META,
    NAME,
    START,
    WINDOW,
    battle,
    kinds,
    removed,
    settled,
    shared,
    step,
)
from tests.unit.operator.resources import samples

ALL = {"Deployment", "Service", "PodDisruptionBudget", "HTTPRoute"}


def dedicated(**terms: Any) -> ObservedBattle:
    return battle(dedicated=True, load=Load(2500, 0, LEAD), **terms)


def test_nothing_is_made_before_the_lead_time() -> None:
    assert unmet_objects(dedicated(phase=Phase.OPEN), BEFORE) == ()
    assert capacity_due(dedicated(), BEFORE) == START - LEAD


def test_pods_service_and_budget_are_made_from_the_lead_time_on() -> None:
    made = step(dedicated(phase=Phase.OPEN), START - LEAD, ready=0)
    assert kinds(made) == ALL - {"HTTPRoute"}


def test_the_route_is_made_only_when_all_pods_are_ready() -> None:
    partly = settled(dedicated(), DURING, ready=1)
    assert kinds(partly) == ALL - {"HTTPRoute"}
    assert kinds(settled(partly, DURING)) == ALL


def test_the_route_stays_while_one_pod_is_ready_and_goes_with_the_last() -> None:
    routed = settled(dedicated(), DURING)
    assert kinds(settled(routed, DURING, ready=1)) == ALL
    assert kinds(settled(routed, DURING, ready=0)) == ALL - {"HTTPRoute"}


def test_what_is_so_already_is_not_written_again() -> None:
    assert unmet_objects(settled(dedicated(), DURING), DURING) == ()


def test_what_somebody_changed_is_written_again_and_the_reason_names_it() -> None:
    observed = settled(dedicated(), DURING)
    key = f"Deployment/{NAME}"
    found: dict[str, Any] = dict(observed.owned[key])
    scaled = {**found, "spec": {**found["spec"], "replicas": 1}}
    [ensured] = unmet_objects(replace(observed, owned={**observed.owned, key: scaled}), DURING)
    assert ensured.because == f"{key} has another spec.replicas"


def test_a_new_image_of_the_shared_live_reaches_the_dedicated_one() -> None:
    observed = settled(dedicated(), DURING)
    newer = samples.deployment("live")
    newer["spec"]["template"]["spec"]["containers"][0]["image"] = "arena:0.2.0"
    ensured = unmet_objects(replace(observed, shared=shared(deployments=[newer])), DURING)
    assert [manifest.manifest["kind"] for manifest in ensured] == ["Deployment"]


def test_the_route_goes_first_and_the_pods_when_watchers_have_moved() -> None:
    observed = settled(dedicated(), DURING)
    assert removed(obsolete_objects(observed, DRAINING)) == {"HTTPRoute"}
    unrouted = step(observed, DRAINING)
    assert obsolete_objects(unrouted, DRAINING) == ()
    assert unmet_objects(unrouted, DRAINING) == ()
    assert removed(obsolete_objects(unrouted, AFTER)) == ALL - {"HTTPRoute"}


def test_pods_never_go_before_the_route_even_when_nobody_looked_for_long() -> None:
    observed = settled(dedicated(), DURING)
    late = AFTER + timedelta(days=1)
    assert removed(obsolete_objects(observed, late)) == {"HTTPRoute"}
    assert removed(obsolete_objects(step(observed, late), late)) == ALL - {"HTTPRoute"}


def test_a_battle_called_off_or_dedicated_no_more_gives_everything_back() -> None:
    observed = settled(dedicated(), DURING)
    cancelled = replace(observed, held=dedicated(phase=Phase.CANCELLED).held)
    plain = replace(observed, declared=battle().declared)
    for given_back in (cancelled, plain):
        assert removed(obsolete_objects(given_back, DURING)) == {"HTTPRoute"}
        assert settled(given_back, DURING).owned == {}


def test_releasing_takes_the_route_first_whatever_is_wanted() -> None:
    observed = settled(dedicated(), DURING)
    assert removed(release(observed)) == {"HTTPRoute"}
    unrouted = {key: found for key, found in observed.owned.items() if not key.startswith("HTTPRoute/")}
    assert removed(release(replace(observed, owned=unrouted))) == ALL - {"HTTPRoute"}


@pytest.mark.parametrize(
    "blind",
    [
        lambda seen: replace(seen, declared=SpecProblem("load", "is no object")),
        lambda seen: replace(seen, held=Unavailable("no answer"), status=BattleStatus()),
        lambda seen: replace(seen, shared=shared(deployments=[])),
    ],
    ids=["unreadable spec", "unknown window", "pattern gone"],
)
def test_while_it_is_unknown_what_is_wanted_nothing_is_taken_away(blind: Any) -> None:
    assert obsolete_objects(blind(settled(dedicated(), DURING)), DURING) == ()


def test_while_the_platform_is_silent_the_stored_window_decides() -> None:
    silent = replace(dedicated(), held=Unavailable("no answer"))
    assert kinds(settled(silent, DURING)) == ALL
    assert settled(settled(silent, DURING), AFTER).owned == {}


def test_an_object_of_an_earlier_battle_of_that_name_is_left_alone() -> None:
    observed = settled(dedicated(), DURING)
    again = replace(observed, meta=replace(META, uid="another"))
    assert obsolete_objects(again, AFTER) == ()


def test_only_a_protected_battle_that_runs_forbids_evictions() -> None:
    def most(phase: Phase, *, protect: bool) -> object:
        wanted = wanted_objects(dedicated(phase=phase, protect=protect), DURING)
        return next(manifest["spec"]["maxUnavailable"] for manifest in wanted if manifest["kind"] == "PodDisruptionBudget")

    assert [most(Phase.RUNNING, protect=True), most(Phase.OPEN, protect=True), most(Phase.RUNNING, protect=False)] == [0, 1, 1]


def test_without_the_gateway_api_an_ingress_leads_there() -> None:
    observed = replace(dedicated(), shared=shared(http_routes=[], ingresses=[samples.ingress()]))
    assert kinds(settled(observed, DURING)) == ALL - {"HTTPRoute"} | {"Ingress"}


def test_when_the_gateway_api_comes_the_ingress_gives_way() -> None:
    observed = settled(replace(dedicated(), shared=shared(http_routes=[], ingresses=[samples.ingress()])), DURING)
    assert kinds(settled(replace(observed, shared=shared()), DURING)) == ALL


def test_readiness_by_what_was_observed_counts_before_the_stored_status() -> None:
    observed = settled(dedicated(), DURING, ready=0)
    state = ServingState("Deployment", NAME, 3, 3)
    assert kinds(step(replace(observed, serving=(state,)), DURING, ready=0)) == ALL


def test_a_laptop_makes_nothing() -> None:
    assert wanted_objects(replace(dedicated(), serves_pods=False), DURING) == ()
    assert replicas_held(replace(dedicated(), serves_pods=False), DURING) == 0


def test_replicas_are_counted_only_while_they_are_held() -> None:
    both = battle(dedicated=True, load=Load(2500, 1, LEAD))
    declared = both.declared
    assert isinstance(declared, DeclaredBattle)
    assert [replicas_held(both, at) for at in (BEFORE, DURING, AFTER)][::2] == [0, 0]
    assert replicas_held(both, DURING) > replicas_held(dedicated(), DURING) > 0


def test_the_next_look_is_when_time_alone_changes_something() -> None:
    ends = END + timedelta(minutes=10)
    assert [capacity_due(dedicated(), at) for at in (DURING, DRAINING, AFTER)] == [ends, ends + timedelta(minutes=1), None]
    assert capacity_due(battle(), BEFORE) is None
    assert WINDOW.start == START
