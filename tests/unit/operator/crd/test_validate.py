"""The laptop's word on manifests: the same as the API server's (tests/cluster/test_crds.py compares the two)."""

from datetime import date, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.manifest import battle_manifest, read_battle
from arena_operator.crd.validate import MAX_BYTES, check, completed
from tests.unit.operator.crd.manifests import (
    BAD,
    BATTLE,
    BEYOND,
    EDITS,
    GOOD,
    ID_EDITS,
    LATE_EDITS,
    SERIES,
    UNKNOWN,
    battle,
    series,
    with_values,
)
from tests.unit.operator.crd.strategies import plausible, records
from tools.source import ROOT

EXAMPLES = sorted((ROOT / "examples" / "battles").glob("*.yaml"))
REFUSED = BAD | UNKNOWN | BEYOND


def fields(problems: list[Any]) -> set[str]:
    return {problem.field for problem in problems}


@pytest.mark.parametrize("said", GOOD)
def test_a_good_manifest_is_taken(said: str) -> None:
    assert check(GOOD[said]) == []


@pytest.mark.parametrize("said", REFUSED)
def test_a_bad_manifest_is_refused_for_the_field_that_is_wrong(said: str) -> None:
    field, manifest = REFUSED[said]
    problems = check(manifest)
    assert fields(problems) == {field}
    assert all(problem.message for problem in problems)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_taken(path: Any) -> None:
    assert [check(manifest) for manifest in yaml.safe_load_all(path.read_text("utf-8"))] == [[]]


def test_there_are_five_battles_and_one_series_among_the_examples() -> None:
    kinds = [yaml.safe_load(path.read_text("utf-8"))["kind"] for path in EXAMPLES]
    assert sorted(kinds) == ["Battle"] * 5 + ["BattleSeries"]


@settings(deadline=None)  # the first rule loads the evaluator
@given(records(DeclaredBattle).map(plausible))
def test_whatever_the_types_can_say_is_taken(declared: DeclaredBattle) -> None:
    assert check(with_values(BATTLE, spec=battle_manifest(declared))) == []


@settings(deadline=None)  # the first manifest makes the schema
@given(records(DeclaredBattle))
def test_storing_a_manifest_changes_nothing_that_it_says(declared: DeclaredBattle) -> None:
    stored = completed(with_values(BATTLE, spec=battle_manifest(declared)))
    assert read_battle(stored["spec"]) == declared


def test_what_is_left_out_is_filled_in_and_what_means_nothing_goes() -> None:
    spec = completed(battle(window__begin="x", scoring={"points": 3}, colour=None))["spec"]
    assert spec["window"] == battle()["spec"]["window"] | {
        "days": "Instant",
        "graceMinutes": 10,
        "auditMinutes": 0,
        "disambiguation": "Compatible",
    }
    assert spec["scoring"] == {
        "rule": "points@1",
        "points": 3,
        "streakBonus": 0,
        "streakBonusCap": 0,
        "tieBreaks": ["MetDays", "Streak", "Earliest"],
    }
    assert spec["load"] == {"viewers": 0, "logsPerSecond": 0, "leadTime": "10m"}
    assert "colour" not in spec
    assert "maxParticipants" not in spec


def test_filling_in_twice_is_filling_in_once() -> None:
    for manifest in GOOD.values():
        assert completed(completed(manifest)) == completed(manifest)


@pytest.mark.parametrize("said", EDITS)
@pytest.mark.parametrize("phase", ["Pending", "Draft", "Open", None])
def test_a_battle_that_has_not_begun_may_be_edited(said: str, phase: str | None) -> None:
    _, old, new = EDITS[said]
    stored = completed(old) | ({"status": {"phase": phase}} if phase else {})
    assert check(new, stored) == []


@pytest.mark.parametrize("said", EDITS)
@pytest.mark.parametrize("phase", ["Running", "Grace", "Audit", "Final", "Cancelled"])
def test_a_battle_that_has_begun_keeps_its_terms(said: str, phase: str) -> None:
    field, old, new = EDITS[said]
    (problem,) = check(new, completed(old) | {"status": {"phase": phase}})
    assert problem.field == field
    assert (
        problem.message
        == f"{field.removeprefix('spec.')} cannot change any more: the battle is {phase} (another battle is another resource)"
    )


@pytest.mark.parametrize("said", LATE_EDITS)
def test_what_serves_a_battle_may_be_edited_while_it_runs(said: str) -> None:
    old, new = LATE_EDITS[said]
    assert check(new, completed(old) | {"status": {"phase": "Running"}}) == []


@pytest.mark.parametrize("said", ID_EDITS)
def test_a_battle_s_id_never_changes(said: str) -> None:
    old, new = ID_EDITS[said]
    (problem,) = check(new, completed(old))
    assert problem.field == "spec.battleId"


def test_a_status_that_somebody_puts_into_a_manifest_means_nothing() -> None:
    assert check(battle(name="Ada") | {"status": {"phase": "Open"}}, completed(BATTLE) | {"status": {"phase": "Running"}})
    assert not check(battle(name="Ada") | {"status": {"phase": "Running"}}, completed(BATTLE) | {"status": {"phase": "Open"}})


def test_a_misspelt_field_is_led_to_the_right_one() -> None:
    assert [problem.message for problem in check(battle(max_participants=3))] == ["there is no such field, did you mean maxParticipants?"]


def test_a_manifest_of_900_kilobytes_is_judged_and_one_beyond_the_store_is_refused() -> None:
    (problem,) = check(battle(name="a" * 900_000))
    assert (problem.field, problem.message) == ("spec.name", "it must have 1 to 200 characters")
    (problem,) = check(with_values(SERIES, metadata__annotations={"a": "b" * MAX_BYTES}))
    assert "at most" in problem.message


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        {"kind": "Battle"},
        with_values(BATTLE, apiVersion="v1"),
        with_values(BATTLE, metadata="x"),
        with_values(BATTLE, metadata__name="Not A Name"),
        with_values(BATTLE, metadata__name=7),
        with_values(BATTLE, spec=[]),
        with_values(BATTLE, spec=None),
        BATTLE | {"data": 1},
    ],
)
def test_what_is_no_resource_of_ours_is_refused_in_words(manifest: dict[str, Any]) -> None:
    problems = check(manifest)
    assert problems
    assert all(problem.message for problem in problems)


def test_times_that_a_yaml_reader_took_for_dates_are_texts_again() -> None:
    manifest = battle(window__start=datetime(2030, 3, 4, 7), window__end=datetime(2030, 3, 11, 7, 0, 30))  # noqa: DTZ001 - as YAML reads it
    assert check(manifest) == []
    assert fields(check(battle(window__start=date(2030, 3, 4)))) == {"spec.window.start"}


def test_a_series_is_judged_by_its_battles_rules_too() -> None:
    (problem,) = check(series(template__spec={"kind": "HeadToHead", "maxParticipants": 3}))
    assert problem.message == "a head-to-head battle is between two: leave maxParticipants out"
