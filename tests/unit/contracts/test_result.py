"""A result that was tampered with does not pass: each kind of change is noticed and named."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.contracts.result import FIELDS, FORMAT, LINE, problems

ANN, BEN, EVE, ZOE = "user-a", "user-b", "user-e", "user-z"


def line(user: str, rank: int, score: int, met: int, last: str | None = "2026-06-03T08:00:00.000000Z", streak: int = 1) -> dict[str, Any]:
    facts = {"score": score, "met_days": met, "longest_streak": streak, "facts": met + 1 if met else 0}
    return {"user_id": user, "rank": rank, **facts, "last_counted_at": last, "digest": "0123456789abcdef" * 4}


def result() -> dict[str, Any]:
    scoring = {
        "rule": "points@1",
        "per": "met_day",
        "points": 10,
        "streak_bonus": 0,
        "streak_bonus_cap": 0,
        "tie_breaks": ["streak", "earliest"],
    }
    early, late = "2026-06-02T08:00:00.000000Z", "2026-06-03T08:00:00.000000Z"
    return {
        "format": FORMAT,
        "battle_id": "battle",
        "spec": {"kind": "free_for_all", "window": {"days": "own"}, "scoring": scoring},
        "timetable": {"start": "2026-06-01Z", "end": "2026-06-08Z", "grace_ends": "2026-06-09Z", "audit_ends": "2026-06-09Z"},
        "tzdata": "2026a",
        "rule": "points@1",
        "vector": {"habits.ledger": [0] * 16, "battles.battle": [9] * 16},
        "standings": [line(EVE, 1, 30, 3), line(ANN, 2, 20, 2, early), line(BEN, 2, 20, 2, early), line(ZOE, 4, 20, 2, late)],
    }


def found(change: Callable[[Any], object]) -> list[str]:
    changed = deepcopy(result())
    change(changed)
    return list(problems(changed))


def test_a_whole_result_has_no_problems() -> None:
    assert set(result()) == FIELDS
    assert all(set(entry) == LINE for entry in result()["standings"])
    assert list(problems(result())) == []


def test_another_format_is_named_and_nothing_more_is_said() -> None:
    assert found(lambda it: it.update(format="other@2")) == ["the format is 'other@2', this program knows habitarena-result@1"]
    assert list(problems({})) == ["the format is None, this program knows habitarena-result@1"]


@pytest.mark.parametrize("field", sorted(FIELDS - {"format"}))
def test_a_missing_field_is_named(field: str) -> None:
    assert found(lambda it: it.pop(field)) == [f"its fields are not those of habitarena-result@1: {field}"]


def test_fields_that_do_not_belong_are_named() -> None:
    expected = ["its fields are not those of habitarena-result@1: names, notes"]
    assert found(lambda it: it.update(notes=1, names=2)) == expected


@pytest.mark.parametrize("field", sorted(LINE))
def test_a_line_with_a_field_too_few_or_too_many_is_noticed(field: str) -> None:
    assert found(lambda it: it["standings"][2].pop(field)) == ["a line of the standings has other fields"]
    assert found(lambda it: it["standings"][0].update(name="Eve")) == ["a line of the standings has other fields"]


@pytest.mark.parametrize("log", ["habits.ledger", "battles.battle"])
@pytest.mark.parametrize(
    "positions", [[], [1] * 15, [1] * 17, [1] * 15 + [-1], [1] * 15 + [1.5], [1] * 15 + ["1"], [True] * 16, "1234567890123456"]
)
def test_a_vector_without_sixteen_positions_a_log_is_noticed(log: str, positions: object) -> None:
    assert found(lambda it: it["vector"].update({log: positions})) == [f"the vector does not hold 16 positions of {log}"]


def test_a_vector_of_other_logs_is_noticed() -> None:
    assert found(lambda it: it["vector"].pop("habits.ledger")) == ["the vector lacks the log habits.ledger"]
    assert found(lambda it: it["vector"].update({"a.log": [1] * 16})) == ["the vector names another log: a.log"]


@pytest.mark.parametrize(
    "times",
    [
        {"start": "2026-06-08Z"},
        {"start": "2026-06-09Z"},
        {"end": "2026-06-10Z"},
        {"grace_ends": "2026-06-10Z"},
        {"audit_ends": "2026-06-08Z"},
    ],
)
def test_times_out_of_order_are_noticed(times: dict[str, str]) -> None:
    assert found(lambda it: it["timetable"].update(times)) == ["the times of its timetable are out of order"]


def test_grace_and_audit_of_no_length_are_in_order() -> None:
    assert found(lambda it: it["timetable"].update(grace_ends="2026-06-08Z", audit_ends="2026-06-08Z")) == []


def test_another_rule_than_the_declared_one_is_noticed() -> None:
    expected = ["its rule is points@7, but the battle was declared with points@1"]
    assert found(lambda it: it.update(rule="points@7")) == expected


def test_a_doubled_contestant_is_noticed() -> None:
    assert found(lambda it: it["standings"].__setitem__(2, line(ANN, 2, 20, 2, "2026-06-02T08:00:00.000000Z"))) == [
        "a contestant stands in it twice"
    ]


@pytest.mark.parametrize("digest", ["", "0123", "0123456789ABCDEF" * 4, "g" * 64, "0" * 65])
def test_a_digest_that_is_none_is_noticed(digest: str) -> None:
    assert found(lambda it: it["standings"][1].update(digest=digest)) == [f"the digest of {ANN} is not a SHA-256"]


def test_a_changed_score_is_noticed_even_if_the_ranks_still_follow() -> None:
    expected = [f"the score 31 of {EVE} does not follow from the facts, met days and streak beside it"]
    assert found(lambda it: it["standings"][0].update(score=31)) == expected


@pytest.mark.parametrize(
    "change", [{"met_days": 4}, {"longest_streak": 4}, {"longest_streak": -1}, {"facts": 2}, {"last_counted_at": None}]
)
def test_numbers_beside_a_score_that_do_not_fit_it_are_noticed(change: dict[str, Any]) -> None:
    assert found(lambda it: it["standings"][0].update(change)) == [
        f"the score 30 of {EVE} does not follow from the facts, met days and streak beside it"
    ]


@pytest.mark.parametrize(
    ("per", "days", "counted"), [("fact", "own", 4), (None, "instant", 4), ("met_day", "instant", 3), (None, "own", 3)]
)
def test_what_earns_points_is_as_declared_or_as_the_days_ask_for(per: str | None, days: str, counted: int) -> None:
    def change(it: Any) -> None:
        it["spec"]["scoring"]["per"], it["spec"]["window"]["days"] = per, days
        it["standings"] = [line(EVE, 1, 10 * counted, 3)]

    assert found(change) == []
    changed = result()
    change(changed)
    changed["standings"][0]["score"] += 1
    assert len(list(problems(changed))) == 1


@pytest.mark.parametrize(
    ("score", "holds"),
    # Four met days with a longest run of three: at least 5 + 10 on top; at most what one run of four would earn, 5 + 10 + 12.
    [(54, False), (55, True), (67, True), (68, False)],
)
def test_with_a_streak_bonus_a_score_lies_between_what_one_and_all_runs_can_earn(score: int, *, holds: bool) -> None:
    def change(it: Any) -> None:
        it["spec"]["scoring"].update(streak_bonus=5, streak_bonus_cap=12)
        it["standings"] = [line(EVE, 1, score, 4, streak=3)]

    assert (found(change) == []) is holds


def test_a_contestant_with_nothing_holds_together() -> None:
    def change(it: Any) -> None:
        it["spec"]["scoring"].update(streak_bonus=5, streak_bonus_cap=12)
        it["standings"] = [line(EVE, 1, 0, 0, None, streak=0)]

    assert found(change) == []


def test_a_forged_length_of_any_size_is_judged_at_once() -> None:
    def change(it: Any) -> None:
        it["spec"]["scoring"].update(streak_bonus=1, streak_bonus_cap=2)
        it["standings"][0].update(met_days=10**15, longest_streak=10**15, facts=10**15)

    assert len(found(change)) == 1


def test_the_scores_of_a_rule_we_do_not_know_are_left_to_others() -> None:
    def change(it: Any) -> None:
        it["rule"] = it["spec"]["scoring"]["rule"] = "distance@1"
        it["standings"][0]["score"] = 99

    assert found(change) == []


def test_swapped_lines_are_noticed() -> None:
    def swap(it: Any) -> None:
        it["standings"][0], it["standings"][1] = it["standings"][1], it["standings"][0]

    assert found(swap) == [f"rank 2 of {ANN} does not follow from the scores and tie-breaks: {EVE} has rank 1"]


def test_swapped_ranks_are_noticed() -> None:
    def swap(it: Any) -> None:
        it["standings"][0]["rank"], it["standings"][1]["rank"] = 2, 1

    assert found(swap) == [f"rank 2 of {EVE} does not follow from the scores and tie-breaks: {EVE} has rank 1"]


@pytest.mark.parametrize("ranks", [(1, 2, 3, 4), (1, 2, 2, 3), (1, 1, 1, 1), (2, 2, 2, 4)])
def test_only_standard_competition_ranking_passes(ranks: tuple[int, ...]) -> None:
    def rerank(it: Any) -> None:
        for entry, rank in zip(it["standings"], ranks, strict=True):
            entry["rank"] = rank

    assert len(found(rerank)) == 1


@pytest.mark.parametrize(
    ("tie_breaks", "holds"), [([], False), (["earliest"], True), (["streak"], False), (["met_days", "earliest"], True)]
)
def test_ranks_follow_from_the_tie_breaks_declared(tie_breaks: list[str], *, holds: bool) -> None:
    assert (found(lambda it: it["spec"]["scoring"].update(tie_breaks=tie_breaks)) == []) is holds


def test_more_met_days_break_a_tie_upwards() -> None:
    def change(it: Any) -> None:
        it["spec"]["scoring"].update(rule="other@1", tie_breaks=["met_days"])
        it["rule"] = "other@1"
        it["standings"] = [line(ZOE, 1, 20, 3), line(ANN, 2, 20, 2)]

    assert found(change) == []


def test_who_reached_nothing_ranks_after_whoever_did() -> None:
    def change(it: Any) -> None:
        it["spec"]["scoring"].update(rule="other@1")
        it["rule"] = "other@1"
        it["standings"] = [line(ZOE, 1, 0, 0, "2026-06-02Z", streak=0), line(ANN, 2, 0, 0, None, streak=0)]

    assert found(change) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.update(standings=None),
        lambda it: it.update(standings=[1]),
        lambda it: it.update(spec=[]),
        lambda it: it.update(spec={"scoring": {}}),
        lambda it: it.update(vector=5),
        lambda it: it.update(timetable={}),
        lambda it: it["standings"][0].update(score="30"),
        lambda it: it["standings"][0].update(user_id=[]),
        lambda it: it["standings"][0].update(digest=7),
        lambda it: it["standings"][1].update(last_counted_at=5),
        lambda it: it["spec"]["scoring"].update(tie_breaks=["luck"]),
    ],
)
def test_a_part_of_another_form_is_answered_in_words(change: Callable[[Any], object]) -> None:
    assert "another form" in found(change)[-1]


@pytest.mark.parametrize("odd", [[], None, "text", 5])
def test_what_is_no_object_at_all_is_answered_in_words(odd: Any) -> None:
    (problem,) = problems(odd)
    assert problem.startswith("a part of it has another form (AttributeError: ")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a JSON value something stands that could be changed."""
    if isinstance(value, dict):
        return [path, *(place for key, inner in value.items() for place in places(inner, (*path, key)))]
    if isinstance(value, list):
        return [path, *(place for key, inner in enumerate(value) for place in places(inner, (*path, key)))]
    return [path]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(places(result())[1:]), st.sampled_from([None, True, -1, 10**30, "x", [], {}, [[]], {"x": 1}]))
def test_whatever_is_put_anywhere_the_answer_is_words(place: tuple[Any, ...], junk: object) -> None:
    changed = deepcopy(result())
    target = changed
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = deepcopy(junk)
    assert all(isinstance(problem, str) for problem in problems(changed))
