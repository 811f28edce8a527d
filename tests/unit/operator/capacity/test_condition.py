"""CapacityReady says what is held, or why it is not, in words that a person can act on."""

from dataclasses import replace
from typing import Any

import pytest

from arena.contracts.battle_spec import Phase
from arena_operator.crd.declared import Load
from arena_operator.crd.meta import SpecProblem
from arena_operator.crd.status import BattleStatus, Truth
from arena_operator.reconcile.capacity_condition import capacity_condition
from arena_operator.reconcile.capacity_shared import serving_state
from arena_operator.reconcile.observed import ObservedBattle, Unavailable
from arena_operator.resources.autoscaler_floor import raised_floor
from tests.unit.operator.capacity.stage import AFTER, BEFORE, DURING, LEAD, NAME, battle, settled, shared
from tests.unit.operator.resources import samples

NOBODY = Load(0, 0, LEAD)
SOME = Load(100, 0, LEAD)
MANY = Load(5500, 0, LEAD)


def said(observed: ObservedBattle, now: Any = DURING) -> tuple[str, str, str]:
    found = capacity_condition(observed, now)
    return found.status.value, found.reason, found.message


def dedicated(load: Load = NOBODY) -> ObservedBattle:
    return battle(dedicated=True, load=load)


def pending(deployment: dict[str, Any], message: str = "0/3 nodes are available: 3 Insufficient cpu.") -> Any:
    pod = {
        "metadata": {"name": "live-x-1"},
        "status": {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]},
    }
    return serving_state(deployment, [pod])


def test_who_asks_for_nothing_needs_nothing() -> None:
    assert said(battle())[:2] == ("True", "NotNeeded")


def test_before_its_time_it_is_said_when_capacity_is_made_ready() -> None:
    status, reason, message = said(battle(load=SOME, phase=Phase.OPEN), BEFORE)
    assert (status, reason) == ("Unknown", "Scheduled")
    assert "2026-12-01 07:50:00Z" in message


def test_afterwards_and_when_called_off_nothing_is_needed() -> None:
    assert said(dedicated(), AFTER)[:2] == ("True", "NotNeeded")
    assert said(battle(load=SOME, phase=Phase.CANCELLED))[:2] == ("True", "NotNeeded")


def test_unknown_is_what_cannot_be_known() -> None:
    assert said(replace(dedicated(), held=Unavailable("down"), status=BattleStatus()))[:2] == ("Unknown", "NotAccepted")
    assert said(replace(dedicated(), declared=SpecProblem("load", "is odd")))[:2] == ("Unknown", "NotAccepted")


def test_a_dedicated_live_is_held_when_it_is_ready_and_routed() -> None:
    assert said(dedicated())[:2] == ("False", "Starting")
    assert said(settled(dedicated(), DURING, ready=1))[:2] == ("False", "Starting")
    assert said(settled(dedicated(), DURING)) == ("True", "Held", "2 replicas of a live of its own serve this battle.")


def test_pods_without_a_node_are_told_with_the_scheduler_s_words() -> None:
    observed = settled(dedicated(), DURING, ready=1)
    state = pending(dict(observed.owned[f"Deployment/{NAME}"]))
    status, reason, message = said(replace(observed, serving=(state,)))
    assert (status, reason) == ("False", "Unschedulable")
    assert message == (
        f"Deployment {NAME}: 1 of 2 replicas are ready. Pod live-x-1 finds no node: 0/3 nodes are available: 3 Insufficient cpu."
    )


@pytest.mark.parametrize(
    ("status", "pods", "words"),
    [
        ({"conditions": [{"type": "Progressing", "status": "False", "message": "no progress in 300 s"}]}, [], "no progress in 300 s"),
        ({"conditions": [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: pods"}]}, [], "exceeded quota"),
        (
            {},
            [{"metadata": {"name": "p"}, "status": {"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]}}],
            "Pod p: ImagePullBackOff",
        ),
    ],
)
def test_a_stuck_rollout_is_told_with_its_reason(status: dict[str, Any], pods: list[Any], words: str) -> None:
    state = serving_state(samples.deployment() | {"status": status}, pods)
    _, reason, message = said(replace(battle(load=SOME), serving=(state,)))
    assert reason == "RolloutStuck"
    assert words in message


def test_pods_of_an_older_template_do_not_count_as_ready() -> None:
    rolling = samples.deployment()
    rolling["status"]["updatedReplicas"] = 1
    unseen = samples.deployment()
    unseen["metadata"]["generation"] = 4
    assert [serving_state(found).ready for found in (samples.deployment(), rolling, unseen)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ({"deployments": []}, "NoTemplate"),
        ({"deployments": [samples.deployment(template={"spec": {"containers": [{"name": "live"}]}})]}, "NoTemplate"),
        ({"http_routes": []}, "NoRoute"),
    ],
)
def test_what_a_dedicated_live_lacks_is_named(objects: dict[str, Any], reason: str) -> None:
    observed = replace(settled(replace(dedicated(), shared=shared(http_routes=[])), DURING), shared=shared(**objects))
    assert said(observed)[:2] == ("False", reason)


def test_the_shared_live_is_ready_when_its_floor_and_pods_are() -> None:
    assert said(battle(load=SOME)) == ("True", "Held", "The shared live is ready for 100 viewers.")
    low = battle(load=MANY)
    assert said(low)[:2] == ("False", "Starting")
    raised = samples.autoscaler(minReplicas=6)
    scaling = replace(low, shared=shared(autoscalers=[raised]))
    assert said(scaling)[:2] == ("False", "Starting")
    ready = samples.deployment("live", replicas=6) | {"status": {"observedGeneration": 3, "readyReplicas": 6, "updatedReplicas": 6}}
    assert said(replace(low, shared=shared(deployments=[ready], autoscalers=[raised])))[:2] == ("True", "Held")


def test_shared_pods_without_a_node_are_told_with_the_scheduler_s_words() -> None:
    short = samples.deployment() | {"status": {"observedGeneration": 3, "readyReplicas": 1, "updatedReplicas": 2}}
    seen = replace(battle(load=SOME), shared=shared(deployments=[short]), serving=(pending(short),))
    status, reason, message = said(seen)
    assert (status, reason) == ("False", "Unschedulable")
    assert message.startswith("Deployment arena-live: 1 of 2 replicas are ready. Pod live-x-1 finds no node: 0/3 nodes")


def test_what_an_autoscaler_adds_beyond_the_floor_need_not_be_ready() -> None:
    growing = samples.deployment("live", replicas=5)
    assert said(replace(battle(load=SOME), shared=shared(deployments=[growing])))[:2] == ("True", "Held")


def test_without_an_autoscaler_enough_replicas_are_enough() -> None:
    few = replace(battle(load=MANY), shared=shared(autoscalers=[]))
    assert said(few)[:2] == ("False", "NoAutoscaler")
    assert said(replace(battle(load=SOME), shared=shared(autoscalers=[])))[:2] == ("True", "Held")


def test_more_than_the_autoscaler_allows_is_told_to_everybody_concerned() -> None:
    beyond = battle(load=Load(1_000_000, 0, LEAD))
    assert said(beyond)[:2] == ("False", "AboveMaximum")
    others = samples.autoscaler()
    noted = {**others, **raised_floor(others, 2, 10, 14), "spec": {**others["spec"], "minReplicas": 10}}
    status, reason, message = said(replace(battle(load=SOME), shared=shared(autoscalers=[noted])))
    assert (status, reason) == ("False", "AboveMaximum")
    assert "need 14 replicas" in message
    assert "arena-live allows 10" in message


def test_a_namespace_without_the_product_is_named() -> None:
    observed = replace(battle(load=Load(0, 5, LEAD)), shared=shared(deployments=[]))
    assert said(observed)[:2] == ("False", "NothingServes")


def test_on_a_laptop_one_process_serves_what_it_was_measured_for() -> None:
    small = replace(battle(load=Load(10, 5, LEAD)), serves_pods=False)
    assert said(small)[:2] == ("True", "SingleProcess")
    status, reason, message = said(replace(battle(load=Load(100_000, 5, LEAD)), serves_pods=False))
    assert (status, reason) == ("False", "TooSmall")
    assert "100000 viewers" in message
    alone = capacity_condition(replace(dedicated(), serves_pods=False), DURING)
    assert alone.status is Truth.TRUE
    assert "no live of the battle's own" in alone.message
