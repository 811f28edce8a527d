"""Floors of shared capacity: a function of all battles of the moment, whatever their order, and back to the base without them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.contracts.battle_spec import Phase
from arena_operator.crd.declared import Load
from arena_operator.crd.meta import SpecProblem
from arena_operator.crd.status import BattleStatus
from arena_operator.reconcile.floors import Demand, Floors, demand_of, floors
from arena_operator.reconcile.observed import SharedServing
from arena_operator.reconcile.sizing import MEASURED
from arena_operator.resources.manifest import annotation
from tests.unit.operator.capacity.stage import AFTER, BEFORE, DURING, END, LEAD, START, battle, shared
from tests.unit.operator.resources import samples

VIEWERS = MEASURED.viewers_per_live


def applied(seen: SharedServing, decided: Floors) -> SharedServing:
    """The namespace after server-side apply: notes of ours that are not sent any more go, the rest is merged."""
    objects = {(str(found["kind"]), _name(found)): found for found in (*seen.autoscalers, *seen.budgets)}
    for patch in decided.patches:
        key = (patch["kind"], _name(patch))
        before = objects.get(key, {})
        theirs = {name: value for name, value in _at(before, "metadata", "annotations").items() if not name.startswith("habitarena.io/")}
        notes = {**theirs, **_at(patch, "metadata", "annotations")}
        metadata = {**_at(before, "metadata"), **patch["metadata"], "annotations": notes}
        objects[key] = {**before, **patch, "metadata": metadata, "spec": {**_at(before, "spec"), **patch["spec"]}}
    for removal in decided.removes:
        del objects[removal.kind, removal.name]
    return replace(
        seen,
        autoscalers=tuple(found for (kind, _), found in objects.items() if kind == "HorizontalPodAutoscaler"),
        budgets=tuple(found for (kind, _), found in objects.items() if kind == "PodDisruptionBudget"),
    )


def _at(manifest: Any, *path: str) -> Mapping[str, Any]:
    for key in path:
        manifest = manifest.get(key) or {}
    return manifest  # type: ignore[no-any-return]  # manifests are JSON


def _name(manifest: Mapping[str, Any]) -> str:
    return str(manifest["metadata"]["name"])


def floor_of(seen: SharedServing, name: str = "arena-live") -> int:
    return next(int(_at(found, "spec")["minReplicas"]) for found in seen.autoscalers if _name(found) == name)


def demand(viewers: int = 0, logs: int = 0, *, protects: Sequence[str] = (), at: datetime = START) -> Demand:
    return Demand(at - LEAD, at + timedelta(hours=1), viewers, logs, frozenset(protects))


demands = st.lists(
    st.builds(
        Demand,
        begins=st.sampled_from([START - LEAD, START, START + timedelta(hours=2)]),
        ends=st.sampled_from([START, END, END + timedelta(hours=2)]),
        viewers=st.integers(0, 5 * VIEWERS),
        logs_per_second=st.integers(0, 5 * MEASURED.logs_per_api),
        protects=st.sets(st.sampled_from(["live", "api"])).map(frozenset),
    ),
    max_size=6,
)


@given(demands, st.randoms(use_true_random=False))
def test_the_order_of_the_battles_does_not_matter(asked: list[Demand], chance: Any) -> None:
    shuffled = list(asked)
    chance.shuffle(shuffled)
    assert floors(shuffled, shared(), DURING) == floors(asked, shared(), DURING)


@given(demands, st.integers(1, 30), st.integers(0, 30))
def test_a_floor_is_never_above_the_maximum_nor_below_the_base(asked: list[Demand], base: int, more: int) -> None:
    scalers = [samples.autoscaler(kind, minReplicas=base, maxReplicas=base + more) for kind in ("api", "live")]
    after = applied(shared(autoscalers=scalers), floors(asked, shared(autoscalers=scalers), DURING))
    assert all(base <= floor_of(after, name) <= base + more for name in ("arena-api", "arena-live"))


@given(demands, demands)
def test_more_battles_never_lower_a_floor(asked: list[Demand], further: list[Demand]) -> None:
    few, many = (applied(shared(), floors(found, shared(), DURING)) for found in (asked, asked + further))
    assert all(floor_of(few, name) <= floor_of(many, name) for name in ("arena-api", "arena-live"))


@given(st.lists(demands, min_size=1, max_size=4))
def test_after_any_history_nothing_due_means_everything_as_it_was(history: list[list[Demand]]) -> None:
    given_budgets = [samples.budget("live"), samples.budget("api", minAvailable=1)]
    began = seen = shared(budgets=given_budgets)
    for asked in history:
        seen = applied(seen, floors(asked, seen, DURING))
        assert floors(asked, seen, DURING).patches == ()
        assert floors(asked, seen, DURING).removes == ()
    seen = applied(seen, floors([], seen, AFTER))
    assert floors([], seen, AFTER) == Floors((), (), None)
    assert [_at(found, "spec") for found in seen.autoscalers] == [_at(found, "spec") for found in began.autoscalers]
    assert {_name(found): _at(found, "spec") for found in seen.budgets} == {_name(found): _at(found, "spec") for found in began.budgets}


def test_floors_add_up_over_battles_and_wait_for_their_time() -> None:
    asked = [demand(3 * VIEWERS), demand(2 * VIEWERS)]
    assert floor_of(applied(shared(), floors(asked, shared(), DURING))) == 5
    assert floors(asked, shared(), BEFORE - timedelta(hours=1)).patches == ()
    assert floors(asked, shared(), BEFORE).look_again_at == START - LEAD
    assert floors(asked, shared(), DURING).look_again_at == END


def test_small_battles_share_a_replica() -> None:
    asked = [demand(VIEWERS // 10) for _ in range(30)]
    assert floor_of(applied(shared(), floors(asked, shared(), DURING))) == 3


def test_what_the_chart_sets_while_a_floor_is_raised_is_the_new_base() -> None:
    raised = applied(shared(), floors([demand(5 * VIEWERS)], shared(), DURING))
    upgraded = replace(
        raised, autoscalers=tuple({**found, "spec": {**_at(found, "spec"), "minReplicas": 3}} for found in raised.autoscalers)
    )
    again = applied(upgraded, floors([demand(5 * VIEWERS)], upgraded, DURING))
    assert floor_of(again) == 5
    assert floor_of(applied(again, floors([], again, AFTER))) == 3


def test_what_battles_would_need_beyond_the_maximum_is_noted() -> None:
    seen = applied(shared(), floors([demand(14 * VIEWERS)], shared(), DURING))
    live = next(found for found in seen.autoscalers if _name(found) == "arena-live")
    assert floor_of(seen) == 10
    assert annotation(live, "habitarena.io/wanted-floor") == "14"


def test_a_base_noted_by_the_chart_itself_is_left_alone() -> None:
    noted = samples.autoscaler()
    noted["metadata"]["annotations"] = {"habitarena.io/base-min-replicas": "2"}
    assert floors([], shared(autoscalers=[noted]), DURING).patches == ()


def test_a_patch_names_the_very_object_that_was_looked_at() -> None:
    [patch] = floors([demand(5 * VIEWERS)], shared(), DURING).patches
    assert (patch["metadata"]["uid"], patch["metadata"]["resourceVersion"]) == ("uid-of-hpa-live", "41")


def test_a_protected_battle_tightens_the_budget_that_is_there() -> None:
    seen = shared(budgets=[samples.budget("live"), samples.budget("api", minAvailable="50%")])
    after = applied(seen, floors([demand(protects=["live", "api"])], seen, DURING))
    limits = {_name(found): {key: value for key, value in _at(found, "spec").items() if key != "selector"} for found in after.budgets}
    assert limits == {"arena-live": {"maxUnavailable": 0}, "arena-api": {"minAvailable": "100%"}}


def test_where_no_budget_is_one_is_made_and_taken_away_again() -> None:
    after = applied(shared(), floors([demand(protects=["live"])], shared(), DURING))
    assert [_name(found) for found in after.budgets] == ["arena-live-protected"]
    assert applied(after, floors([], after, DURING)).budgets == ()


def test_when_the_chart_brings_a_budget_ours_gives_way_to_it() -> None:
    asked = [demand(protects=["live"])]
    ours = applied(shared(), floors(asked, shared(), DURING))
    both = replace(ours, budgets=(*ours.budgets, samples.budget("live")))
    after = applied(both, floors(asked, both, DURING))
    assert [_name(found) for found in after.budgets] == ["arena-live"]
    assert _at(after.budgets[0], "spec")["maxUnavailable"] == 0


def test_a_budget_of_other_pods_is_left_alone() -> None:
    seen = shared(budgets=[samples.budget("web")])
    decided = floors([demand(protects=["live"])], seen, DURING)
    assert [_name(patch) for patch in decided.patches] == ["arena-live-protected"]


@pytest.mark.parametrize(("dedicated", "viewers", "protects"), [(False, 700, {"live", "api"}), (True, 0, {"api"})])
def test_a_dedicated_battle_asks_the_shared_live_for_nothing(*, dedicated: bool, viewers: int, protects: set[str]) -> None:
    observed = battle(dedicated=dedicated, protect=True, load=Load(700, 9, LEAD))
    found = demand_of(observed.declared, observed.status)
    assert found == Demand(START - LEAD, END + timedelta(minutes=10), viewers, 9, frozenset(protects))


def test_nothing_is_asked_by_who_asks_nothing_was_called_off_or_cannot_be_read() -> None:
    plain, asking = battle(), battle(load=Load(700, 0, LEAD))
    assert demand_of(plain.declared, plain.status) is None
    assert demand_of(asking.declared, BattleStatus(phase="Cancelled", window=asking.status.window)) is None
    assert demand_of(asking.declared, BattleStatus()) is None
    assert demand_of(SpecProblem("load", "is odd"), asking.status) is None
    guarded = battle(protect=True, phase=Phase.OPEN)
    assert demand_of(guarded.declared, guarded.status) == Demand(START - LEAD, END + timedelta(minutes=10))
