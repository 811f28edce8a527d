"""Two operators that both hold themselves for the leader: what the newer one says stands."""

from arena_operator.crd.status import ConditionType
from tests.unit.operator.reconcile.stage import MINUTE, START, Stage, terms


async def test_what_an_old_leader_sends_late_changes_nothing() -> None:
    stage = Stage(fence=1)
    await stage.settle()
    stage.apply(terms(name="Renamed"))
    stage.fence = 2
    await stage.settle()
    (battle,) = stage.platform.battles.values()
    held, version = battle.held, stage.store.meta.resource_version
    stage.fence = 1
    for minutes in range(3):
        await stage.reconcile(stage.now + minutes * MINUTE)
    assert (battle.held, stage.store.meta.resource_version) == (held, version)


async def test_an_old_leader_lets_nothing_go() -> None:
    stage = Stage(fence=2)
    await stage.settle()
    stage.delete()
    stage.fence = 1
    await stage.reconcile()
    assert not stage.gone
    assert stage.platform.find(stage.store.meta.uid) is not None
    stage.fence = 3
    await stage.reconcile(START - MINUTE)
    assert stage.gone


async def test_a_resource_made_anew_under_the_same_name_has_a_battle_of_its_own() -> None:
    stage = Stage()
    await stage.settle()
    (first,) = stage.platform.battles
    assert stage.store.manifest is not None
    stage.store.manifest["metadata"] = {**stage.store.manifest["metadata"], "uid": "another-uid", "finalizers": []}
    await stage.settle()
    assert stage.says(ConditionType.READY) == ("True", "Open")
    assert stage.status.battle_id not in {None, first}
    stage.delete()
    await stage.reconcile()
    assert stage.platform.battles[first].uid is not None
