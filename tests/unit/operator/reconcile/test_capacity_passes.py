"""Passes on a cluster: what serves a battle alone comes before its start, goes after its end, and stays behind for nobody."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from arena_operator.crd.declared import Load
from arena_operator.crd.status import ConditionType
from arena_operator.ports.testing import FakeStore
from arena_operator.reconcile.capacity import owner_of
from arena_operator.reconcile.floors import Demand
from arena_operator.reconcile.observed import SharedServing
from arena_operator.resources.naming import dedicated_name
from tests.unit.operator.capacity.stage import as_stored, shared
from tests.unit.operator.reconcile.stage import END, MINUTE, START, Stage, manifest_of, terms

READY, CAPACITY, RECONCILING = ConditionType.READY, ConditionType.CAPACITY_READY, ConditionType.RECONCILING
LEAD = timedelta(minutes=10)


class Chart:
    """A namespace as the chart leaves it; nobody asks it for more in a battle's pass."""

    async def demands(self, namespace: str) -> Sequence[Demand]:
        raise NotImplementedError

    async def serving(self, namespace: str) -> SharedServing:
        del namespace
        return shared()

    async def patch(self, namespace: str, manifest: Mapping[str, object]) -> None:
        raise NotImplementedError

    async def remove(self, namespace: str, kind: str, name: str) -> None:
        raise NotImplementedError


def on_a_cluster(**changed: Any) -> Stage:
    return Stage(store=FakeStore(manifest_of(terms(dedicated=True, load=Load(viewers=2500, lead_time=LEAD), **changed))), shared=Chart())


def kinds(stage: Stage) -> list[str]:
    return sorted(key.partition("/")[0] for key in stage.store.objects)


def become_ready(stage: Stage) -> None:
    """The controllers of the cluster have done their work."""
    for key, found in stage.store.objects.items():
        if key.startswith("Deployment/"):
            stage.store.objects[key] = as_stored(found, found["spec"]["replicas"])  # type: ignore[index] # a built manifest


async def running() -> Stage:
    stage = on_a_cluster()
    await stage.settle()
    await stage.settle(START - LEAD)
    become_ready(stage)
    await stage.settle(START)
    return stage


async def test_long_before_the_start_nothing_is_made_and_its_time_is_kept() -> None:
    stage = on_a_cluster()
    await stage.settle(START - LEAD - 3 * MINUTE)
    assert stage.store.objects == {}
    assert stage.says(CAPACITY) == ("Unknown", "Scheduled")
    assert stage.says(READY) == ("True", "Open")
    done = await stage.reconcile(START - LEAD - 30 * timedelta(seconds=1))
    assert done.look_again_at == START - LEAD


async def test_from_the_lead_time_on_pods_are_made_and_the_battle_waits_for_them() -> None:
    stage = on_a_cluster()
    await stage.settle()
    await stage.settle(START - LEAD)
    assert kinds(stage) == ["Deployment", "PodDisruptionBudget", "Service"]
    assert (stage.says(CAPACITY), stage.says(RECONCILING)) == (("False", "Starting"), ("True", "Starting"))
    assert stage.status.replicas == 3
    become_ready(stage)
    await stage.settle(START - 5 * MINUTE)
    assert kinds(stage) == ["Deployment", "HTTPRoute", "PodDisruptionBudget", "Service"]
    assert (stage.says(CAPACITY), stage.says(READY)) == (("True", "Held"), ("True", "Open"))
    assert not any(notice.warning for notice in stage.store.told)


async def test_what_is_as_wanted_is_not_written_again() -> None:
    stage = await running()
    writes = stage.store.writes
    for seconds in range(3):
        await stage.reconcile(START + timedelta(seconds=seconds))
    assert stage.store.writes == writes


async def test_what_somebody_deleted_is_made_again() -> None:
    stage = await running()
    stage.store.objects = {key: found for key, found in stage.store.objects.items() if not key.startswith("Service/")}
    await stage.settle()
    assert "Service" in kinds(stage)


async def test_after_the_end_the_route_goes_first_and_then_the_rest() -> None:
    stage = await running()
    await stage.settle(END + LEAD)
    assert kinds(stage) == ["Deployment", "PodDisruptionBudget", "Service"]
    await stage.settle(END + LEAD + MINUTE)
    assert (stage.store.objects, stage.status.replicas) == ({}, 0)


async def test_while_the_platform_is_away_capacity_goes_by_the_clock() -> None:
    stage = await running()
    stage.platform.down = "Away."
    await stage.settle(END)
    assert len(kinds(stage)) == 4
    await stage.settle(END + LEAD + MINUTE)
    await stage.settle(END + LEAD + 2 * MINUTE)
    assert kinds(stage) == []


async def test_a_running_battle_that_may_not_be_deleted_keeps_its_capacity() -> None:
    stage = await running()
    stage.delete()
    await stage.settle(START + MINUTE)
    assert len(kinds(stage)) == 4
    stage.allow_delete()
    await stage.reconcile()
    assert stage.gone
    assert [call for call in stage.platform.calls if call == "withdraw"] == ["withdraw"]


async def test_what_serves_goes_before_the_finaliser_does() -> None:
    stage = await running()
    assert stage.store.manifest is not None
    stage.store.manifest["metadata"]["finalizers"].append("example.org/other")
    stage.delete()
    stage.allow_delete()
    await stage.reconcile(START + MINUTE)
    assert (stage.store.objects, stage.held, stage.gone) == ({}, False, False)


async def test_a_resource_that_waits_for_its_battle_upholds_what_serves_it() -> None:
    stage = await running()
    stage.delete()
    stage.store.objects = {key: found for key, found in stage.store.objects.items() if not key.startswith("Service/")}
    await stage.settle(START + MINUTE)
    assert "Service" in kinds(stage)


async def test_nothing_is_made_for_a_battle_that_is_just_leaving() -> None:
    stage = on_a_cluster()
    await stage.settle()
    stage.delete()
    writes = stage.store.writes
    await stage.reconcile(START - MINUTE)
    assert stage.gone
    assert stage.store.writes == writes + 1


async def test_a_battle_that_the_platform_has_lost_leaves_nothing_running() -> None:
    stage = await running()
    stage.platform.battles.clear()
    await stage.reconcile(START + MINUTE)
    assert stage.says(ConditionType.STALLED) == ("True", "WindowInPast")
    assert (stage.store.objects, stage.status.phase, stage.status.replicas) == ({}, "Pending", 0)


async def test_an_edit_to_no_longer_dedicated_takes_all_of_it_away() -> None:
    stage = await running()
    stage.apply(terms())
    await stage.settle(START + MINUTE)
    assert (stage.store.objects, stage.says(CAPACITY)) == ({}, ("True", "NotNeeded"))


async def test_an_object_that_the_cluster_refuses_is_told_and_tried_again() -> None:
    stage = on_a_cluster()
    await stage.settle()
    await stage.settle(START - LEAD - MINUTE)
    stage.store.unmade = dict.fromkeys(_names(stage), "exceeded quota.")
    done = await stage.settle(START - LEAD)
    assert stage.says(RECONCILING) == ("True", "ObjectRefused")
    assert done.look_again_at is not None
    stage.store.unmade = {}
    await stage.settle(done.look_again_at)
    assert len(kinds(stage)) == 3


def _names(stage: Stage) -> list[str]:
    return [f"{kind}/{dedicated_name(owner_of(stage.store.meta))}" for kind in ("Deployment", "Service", "PodDisruptionBudget")]
