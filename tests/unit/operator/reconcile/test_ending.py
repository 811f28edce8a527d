"""Deleting a resource, in every phase and under either policy."""

from dataclasses import replace

import pytest

from arena.contracts.battle_spec import CancelReason, Phase
from arena_operator.crd.declared import DeletionPolicy
from arena_operator.crd.meta import ResourceMeta
from arena_operator.crd.status import ConditionType
from arena_operator.ports.testing import FakePlatform
from arena_operator.reconcile.observed import Held, Refused
from tests.unit.operator.reconcile.stage import AUDIT, END, GRACE, HOUR, MAY, MINUTE, SECOND, START, Stage, terms

READY, STALLED, RECONCILING = ConditionType.READY, ConditionType.STALLED, ConditionType.RECONCILING
RETAIN, CANCEL = terms(), terms(deletion_policy=DeletionPolicy.CANCEL)


async def declared(policy: object = RETAIN) -> Stage:
    stage = Stage()
    stage.store.manifest["spec"] = {}  # type: ignore[index] # a stage begins with a manifest
    stage.apply(policy)  # type: ignore[arg-type] # parametrized specs
    await stage.settle()
    return stage


def phase_of(stage: Stage) -> Phase:
    (battle,) = stage.platform.battles.values()
    return battle.held.phase


def is_declared(stage: Stage) -> bool:
    (battle,) = stage.platform.battles.values()
    return battle.uid is not None


@pytest.mark.parametrize(
    ("policy", "at", "phase"),
    [
        (RETAIN, MAY, Phase.OPEN),
        (CANCEL, MAY, Phase.CANCELLED),
        (RETAIN, END, Phase.GRACE),
        (CANCEL, END, Phase.GRACE),
        (RETAIN, GRACE, Phase.AUDIT),
        (CANCEL, GRACE, Phase.AUDIT),
        (RETAIN, AUDIT, Phase.FINAL),
        (CANCEL, AUDIT, Phase.FINAL),
    ],
)
async def test_outside_its_running_a_resource_goes_in_one_pass(policy: object, at: object, phase: Phase) -> None:
    stage = await declared(policy)
    await stage.settle(at)  # type: ignore[arg-type] # parametrized instants
    stage.delete()
    await stage.reconcile()
    assert stage.gone
    assert (phase_of(stage), is_declared(stage)) == (phase, False)


@pytest.mark.parametrize("policy", [RETAIN, CANCEL])
async def test_a_running_battle_keeps_its_resource_and_says_what_to_annotate(policy: object) -> None:
    stage = await declared(policy)
    await stage.settle(START)
    stage.delete()
    done = await stage.settle(START + SECOND)
    assert not stage.gone
    assert is_declared(stage)
    assert (stage.says(READY), stage.says(STALLED)) == (("False", "DeletionBlocked"), ("True", "DeletionBlocked"))
    found = stage.condition(READY)
    assert found is not None
    assert "kubectl annotate battle june -n office habitarena.io/allow-delete=true" in found.message
    assert done.look_again_at == stage.now + MINUTE
    assert [notice.reason for notice in stage.store.told] == ["Opened", "Started", "DeletionBlocked"]
    await stage.reconcile(END)
    assert stage.gone


async def test_an_annotation_that_does_not_say_true_allows_nothing() -> None:
    stage = await declared(RETAIN)
    await stage.settle(START)
    stage.delete()
    stage.allow_delete("yes")
    await stage.settle()
    assert stage.says(STALLED) == ("True", "DeletionBlocked")


async def test_an_annotated_resource_goes_while_its_battle_goes_on() -> None:
    stage = await declared(RETAIN)
    await stage.settle(START)
    stage.delete()
    stage.allow_delete()
    await stage.reconcile()
    assert stage.gone
    assert (phase_of(stage), is_declared(stage)) == (Phase.RUNNING, False)


async def test_a_running_battle_is_not_called_off_even_when_annotated() -> None:
    stage = await declared(CANCEL)
    await stage.settle(START)
    stage.delete()
    stage.allow_delete()
    await stage.settle()
    assert (stage.gone, stage.says(STALLED)) == (False, ("True", "CannotCallOff"))
    assert "withdraw" not in stage.platform.calls
    stage.apply(RETAIN)
    await stage.reconcile()
    assert stage.gone


class StartsBetween(FakePlatform):
    """Its battles begin between the look and the withdrawal."""

    async def withdraw(self, meta: ResourceMeta, fence: int, *, cancel: bool) -> Held | Refused:
        self.now = START
        return await super().withdraw(meta, fence, cancel=cancel)


async def test_a_battle_that_begins_while_it_is_called_off_keeps_its_resource() -> None:
    stage = Stage(platform=StartsBetween(MAY))
    stage.apply(CANCEL)
    await stage.settle()
    stage.delete()
    stage.allow_delete()
    done = await stage.reconcile(START - SECOND)
    assert stage.platform.calls.count("withdraw") == 1
    assert (stage.gone, stage.says(STALLED)) == (False, ("True", "CannotCallOff"))
    assert done.look_again_at == START


async def test_nobody_is_asked_about_a_resource_that_only_others_still_hold() -> None:
    stage = await declared()
    assert stage.store.manifest is not None
    stage.store.manifest["metadata"]["finalizers"].append("example.org/other")
    stage.delete()
    await stage.reconcile()
    stage.platform.calls.clear()
    writes = stage.store.writes
    done = await stage.reconcile()
    assert (stage.platform.calls, stage.store.writes, done.look_again_at) == ([], writes, None)
    assert stage.store.meta.finalizers == ("example.org/other",)


async def test_a_resource_waits_for_a_platform_that_does_not_answer() -> None:
    stage = await declared()
    stage.platform.down = "Connection refused."
    stage.delete()
    await stage.settle()
    assert stage.says(RECONCILING) == ("True", "PlatformUnavailable")
    stage.platform.down = None
    await stage.reconcile(MAY + HOUR)
    assert stage.gone


async def test_a_resource_whose_battle_was_never_taken_goes_at_once() -> None:
    stage = Stage()
    stage.platform.refusing = Refused("battle-invalid", "No.")
    await stage.settle()
    stage.delete()
    await stage.reconcile()
    assert stage.gone


async def test_a_resource_without_a_readable_spec_lets_its_battle_live() -> None:
    stage = await declared(CANCEL)
    stage.apply({"kind": 7})
    stage.delete()
    await stage.reconcile()
    assert stage.gone
    assert phase_of(stage) is Phase.OPEN


async def test_a_battle_called_off_by_somebody_else_lets_its_resource_go() -> None:
    stage = await declared(CANCEL)
    (battle,) = stage.platform.battles.values()
    battle.held = replace(battle.held, phase=Phase.CANCELLED, cancelled_for=CancelReason.EVERYONE_LEFT)
    await stage.settle()
    assert stage.says(STALLED) == ("True", "EveryoneLeft")
    stage.delete()
    await stage.reconcile()
    assert stage.gone
