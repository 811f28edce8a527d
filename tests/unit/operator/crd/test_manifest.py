"""Manifest ↔ types: nothing is lost on the way there and back, and nothing that comes back surprises."""

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from arena.battles.domain import validation
from arena.battles.schemas.declarations import MOST_PLAYERS, DeclarationIn
from arena.contracts.battle_spec import BattleKind, DayRule, ScoringSpec, WindowSpec
from arena_operator.crd.declared import BattleTerms, DeclaredBattle, DeclaredSeries, PlayerRef, SeriesWindow
from arena_operator.crd.limits import LIMITS
from arena_operator.crd.manifest import (
    battle_manifest,
    battle_spec,
    declaration_body,
    read_battle,
    read_meta,
    read_series,
    read_series_status,
    read_status,
    series_manifest,
    status_manifest,
)
from arena_operator.crd.meta import SpecProblem
from arena_operator.crd.shape import slots
from arena_operator.crd.status import BattleStatus, Condition, ResolvedWindow, SeriesStatus, StandingLine
from tests.unit.operator.crd.strategies import records

KINDS = (DeclaredBattle, DeclaredSeries, BattleTerms, WindowSpec, BattleStatus, SeriesStatus, ResolvedWindow, Condition, StandingLine)
KEYS = st.sampled_from(sorted({key for kind in KINDS for slot in slots(kind) for key in slot.place})) | st.text(max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["True", "2026-11-21T18:00:00Z", "Ready"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=8),
    max_leaves=30,
)
WINDOW = {"start": "2026-11-21T18:00", "end": "2026-11-28T18:00", "timeZone": "Europe/Berlin"}
SPEC: dict[str, Any] = {"kind": "HeadToHead", "window": WINDOW}
SERIES: dict[str, Any] = {
    "schedule": "0 18 * * 5",
    "timeZone": "Europe/Berlin",
    "duration": "36h",
    "template": {"spec": {"kind": "FreeForAll"}},
}
MANIFEST: dict[str, Any] = {
    "kind": "Battle",
    "metadata": {
        "name": "office-week",
        "namespace": "office",
        "uid": "u-1",
        "generation": 3,
        "resourceVersion": "17",
        "creationTimestamp": "2026-11-20T12:00:00Z",
        "finalizers": ["habitarena.io/battle"],
        "annotations": {"a": "b"},
    },
}


def with_value(spec: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(spec)
    inner = changed
    *way, last = path.split(".")
    for key in way:
        inner = inner.setdefault(key, {})
    inner[last] = value
    return changed


@given(records(DeclaredBattle))
def test_a_battle_comes_back_from_its_manifest_as_it_went(declared: DeclaredBattle) -> None:
    assert read_battle(json.loads(json.dumps(battle_manifest(declared)))) == declared


@given(records(DeclaredBattle))
def test_a_battle_comes_back_from_yaml_as_it_went(declared: DeclaredBattle) -> None:
    assert read_battle(yaml.safe_load(yaml.safe_dump(battle_manifest(declared), allow_unicode=True))) == declared


@given(records(DeclaredSeries))
def test_a_series_comes_back_from_its_manifest_as_it_went(declared: DeclaredSeries) -> None:
    plausible = replace(declared, schedule="0 18 * * 5", window=replace(declared.window, days=DayRule.INSTANT))
    assert read_series(json.loads(json.dumps(series_manifest(plausible)))) == plausible


@given(records(BattleStatus), records(SeriesStatus))
def test_a_status_comes_back_from_the_store_as_it_went(battle: BattleStatus, series: SeriesStatus) -> None:
    assert read_status(json.loads(json.dumps(status_manifest(battle)))) == battle
    assert read_series_status(json.loads(json.dumps(status_manifest(series)))) == series


@given(JSON)
def test_whatever_a_status_holds_reading_it_answers(data: Any) -> None:
    assert isinstance(read_status(data), BattleStatus)
    assert isinstance(read_series_status(data), SeriesStatus)


@given(records(BattleStatus), st.data())
def test_a_damaged_part_of_a_status_costs_that_part_alone(status: BattleStatus, data: st.DataObject) -> None:
    stored = status_manifest(status)
    damaged = data.draw(st.sampled_from(sorted(stored)))
    stored[damaged] = data.draw(JSON)
    again = status_manifest(read_status(stored))
    assert {key: value for key, value in again.items() if key != damaged} == {k: v for k, v in stored.items() if k != damaged}


@given(JSON)
def test_whatever_a_spec_holds_reading_it_names_a_problem_or_a_battle(data: Any) -> None:
    assert isinstance(read_battle(data), SpecProblem | DeclaredBattle)
    assert isinstance(read_series(data), SpecProblem | DeclaredSeries)


def test_a_manifest_may_be_any_mapping() -> None:
    view = MappingProxyType({key: MappingProxyType(value) if isinstance(value, dict) else value for key, value in SPEC.items()})
    assert read_battle(view) == read_battle(SPEC)
    assert read_status(MappingProxyType({"phase": "Open"})) == BattleStatus(phase="Open")


def test_what_is_left_out_has_the_contract_s_defaults() -> None:
    window = WindowSpec(datetime(2026, 11, 21, 18), datetime(2026, 11, 28, 18), "Europe/Berlin")  # noqa: DTZ001 - civil times
    assert read_battle(SPEC) == DeclaredBattle(BattleTerms(BattleKind.HEAD_TO_HEAD), window)
    assert read_series(SERIES) == DeclaredSeries("0 18 * * 5", "Europe/Berlin", timedelta(hours=36), BattleTerms(BattleKind.FREE_FOR_ALL))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("kind", "head_to_head", "it must be one of HeadToHead, FreeForAll"),
        ("kind", None, "it must be given"),
        ("window.start", "2026-11-21T18:00Z", "it must be a civil time"),
        ("window.start", "2026-02-30T18:00", "on a day that the calendar has"),
        ("window.graceMinutes", 10.5, "it must be a whole number"),
        ("window.graceMinutes", 10_081, "it must be 0 to 10,080"),
        ("inviteOnly", "yes", "it must be true or false"),
        ("name", "Ada\u202ebob", "without control or direction characters"),
        ("name", "x" * 201, "it must have 1 to 200 characters"),
        ("players", [{"email": "nobody"}], "it must be an e-mail address"),
        ("players", [{"email": "a@b.example"}] * 1001, "it must have at most 1000 entries"),
        ("load.leadTime", "soon", "it must be a duration such as 90m"),
        ("load.leadTime", "8d", "it must be 0s to 7d"),
        ("battleId", "mine", "it must be a UUID"),
        ("results.configMap", "Not A Name", "it must be the name of a ConfigMap"),
        ("scoring", "many points", "it must be an object"),
    ],
)
def test_what_is_wrong_is_named_by_its_field_with_a_sentence(path: str, value: Any, message: str) -> None:
    problem = read_battle(with_value(SPEC, path, value))
    assert isinstance(problem, SpecProblem)
    assert problem.field.startswith(f"spec.{path}")
    assert message in problem.message


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("timeZone", "Europe/Atlantis", "spec.timeZone"),
        ("schedule", "61 18 * * 5", "spec.schedule"),
        ("schedule", "weekly", "spec.schedule"),
        ("duration", "0s", "spec.duration"),
        ("template.spec.window.days", "Own", "spec.duration"),
        ("template.spec.kind", None, "spec.template.spec.kind"),
        ("template", None, "spec.template.spec"),
    ],
)
def test_a_series_that_cannot_be_reckoned_with_says_which_field(path: str, value: Any, field: str) -> None:
    problem = read_series(with_value(SERIES, path, value))
    assert isinstance(problem, SpecProblem)
    assert problem.field == field


def test_the_limits_of_the_contract_s_fields_are_the_platform_s() -> None:
    ranges = {
        (WindowSpec, "grace_minutes"): (0, validation.MAX_GRACE),
        (WindowSpec, "audit_minutes"): (0, validation.MAX_AUDIT),
        (SeriesWindow, "grace_minutes"): (0, validation.MAX_GRACE),
        (SeriesWindow, "audit_minutes"): (0, validation.MAX_AUDIT),
        (ScoringSpec, "points"): (1, validation.MAX_POINTS),
        (ScoringSpec, "streak_bonus"): (0, validation.MAX_POINTS),
        (ScoringSpec, "streak_bonus_cap"): (0, validation.MAX_POINTS),
        (BattleTerms, "max_participants"): (validation.PLACES.start, validation.PLACES.stop - 1),
    }
    assert {key: (LIMITS[key].low, LIMITS[key].high) for key in ranges} == ranges
    assert LIMITS[BattleTerms, "name"].length == validation.MAX_NAME
    assert LIMITS[BattleTerms, "players"].count == MOST_PLAYERS
    assert LIMITS[DeclaredSeries, "duration"].high == validation.LONGEST


@given(records(DeclaredBattle))
def test_the_declaration_says_in_the_api_s_words_what_the_manifest_says(declared: DeclaredBattle) -> None:
    body = declaration_body(read_meta(MANIFEST), declared, fence=7)
    taken = DeclarationIn.model_validate(body | {"players": []})
    assert taken.to_domain() == battle_spec(declared)
    assert (taken.protect, taken.adopt, taken.fence, taken.generation) == (declared.terms.protect, declared.battle_id, 7, 3)
    assert body["name"] == declared.terms.name or declared.terms.name is None
    json.dumps(body)


def test_the_declaration_names_the_resource_the_fence_and_the_players() -> None:
    declared = read_battle(SPEC)
    assert isinstance(declared, DeclaredBattle)
    declared = replace(
        declared,
        terms=replace(declared.terms, players=(PlayerRef("ada@home.example"),), protect=True),
        battle_id=UUID("0198a7c2-5f0e-7000-8000-000000000000"),
    )
    body = declaration_body(read_meta(MANIFEST), declared, fence=7)
    assert [str(one) for one in DeclarationIn.model_validate(body).players] == ["ada@home.example"]
    assert body == {
        "resource": {"kind": "Battle", "namespace": "office", "name": "office-week"},
        "generation": 3,
        "fence": 7,
        "name": "office-week",
        "kind": "head_to_head",
        "window": {
            "start": "2026-11-21T18:00",
            "end": "2026-11-28T18:00",
            "time_zone": "Europe/Berlin",
            "days": "instant",
            "grace_minutes": 10,
            "audit_minutes": 0,
            "disambiguation": "compatible",
        },
        "scoring": {
            "rule": "points@1",
            "points": 10,
            "streak_bonus": 0,
            "streak_bonus_cap": 0,
            "tie_breaks": ["met_days", "streak", "earliest"],
        },
        "invite_only": True,
        "players": ["ada@home.example"],
        "protect": True,
        "adopt": "0198a7c2-5f0e-7000-8000-000000000000",
    }


def test_what_every_resource_carries_is_read_from_its_manifest() -> None:
    meta = read_meta(MANIFEST)
    assert (meta.namespace, meta.name, meta.uid, meta.generation, meta.resource_version) == ("office", "office-week", "u-1", 3, "17")
    assert meta.created == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert meta.finalizers == ("habitarena.io/battle",)
    assert meta.annotations == {"a": "b"}
    assert meta.deleting_since is None
