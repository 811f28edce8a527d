"""`arena verify` accepts exactly what the API answers, and says what is wrong with anything else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.cli.main import app
from arena.cli.verify import NotAResult, judge
from arena.contracts.result import FORMAT

SCORING = {"rule": "points@1", "per": None, "points": 10, "streak_bonus": 0, "streak_bonus_cap": 0, "tie_breaks": ["met_days"]}


def line(user: str, rank: int, score: int) -> dict[str, Any]:
    counts = {"score": score, "met_days": score // 10, "longest_streak": 1, "facts": score // 10}
    return {"user_id": user, "rank": rank, **counts, "last_counted_at": "2026-06-03T08:00:00.000000Z", "digest": "ab" * 32}


def document() -> dict[str, Any]:
    result = {
        "format": FORMAT,
        "battle_id": "battle",
        "spec": {"window": {"days": "instant"}, "scoring": SCORING},
        "timetable": {"start": "2026-06-01Z", "end": "2026-06-08Z", "grace_ends": "2026-06-09Z", "audit_ends": "2026-06-09Z"},
        "tzdata": "2026a",
        "rule": "points@1",
        "vector": {"habits.ledger": [3] * 16, "battles.battle": [1] * 16},
        "standings": [line("a", 1, 30), line("b", 2, 20)],
    }
    return {"result": result, "hash": sha256_hex(canonical_json(result))}


def resealed(change: Callable[[dict[str, Any]], object]) -> str:
    """A document that was changed and given a hash that fits."""
    changed = document()
    change(changed["result"])
    changed["hash"] = sha256_hex(canonical_json(changed["result"]))
    return json.dumps(changed)


def test_a_whole_document_holds_whatever_its_spaces_and_order() -> None:
    whole = document()
    turned = {"hash": whole["hash"], "result": dict(reversed(whole["result"].items()))}
    assert judge(json.dumps(whole)).wrong == []
    assert judge(json.dumps(turned, indent=4)).wrong == []


def test_one_changed_digit_changes_the_hash() -> None:
    changed = document()
    changed["result"]["standings"][1]["score"] = 21
    verdict = judge(json.dumps(changed))
    assert "something in it was changed" in verdict.wrong[0]
    assert verdict.computed != verdict.stated == document()["hash"]


def test_ranks_that_do_not_follow_are_named_although_the_hash_fits() -> None:
    verdict = judge(resealed(lambda result: result["standings"].reverse()))
    assert verdict.computed == verdict.stated
    assert "does not follow from the scores" in verdict.wrong[0]


def test_a_document_of_another_shape_is_named_and_not_a_crash() -> None:
    verdict = judge(resealed(lambda result: result.update(spec={})))
    assert verdict.wrong == ["a part of it has another form (KeyError: 'scoring')"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[]", 'it holds "result" and "hash", nothing else'),
        ('{"result": {}, "hash": "x", "more": 1}', 'it holds "result" and "hash", nothing else'),
        ('{"result": [], "hash": "x"}', "`result` is an object"),
        ('{"result": {"a": 1, "a": 2}, "hash": "x"}', "a field stands in it twice"),
        ('{"result": {"a": NaN}, "hash": "x"}', "NaN is no JSON number"),
        ('{"result": {"a": 9007199254740993}, "hash": "x"}', "no canonical form"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_what_is_no_result_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(NotAResult, match="This is no result document") as refused:
        judge(text)
    assert why in str(refused.value)


def call(*words: str, text: str | None = None) -> Any:
    return CliRunner().invoke(app, ["verify", *words], input=text)


def test_the_command_ends_with_0_for_a_result_that_holds(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text(json.dumps(document()))
    answer = call(str(file))
    assert (answer.exit_code, answer.stdout) == (0, f"ok: battle battle, hash {document()['hash']}\n")
    told = call(str(file), "--json")
    assert json.loads(told.stdout)["ok"] is True


def test_the_command_reads_stdin_and_ends_with_1_for_a_result_that_does_not_hold() -> None:
    changed = document()
    changed["hash"] = "0" * 64
    answer = call("-", text=json.dumps(changed))
    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("wrong: its hash is ")
    told = call("-", "--json", text=json.dumps(changed))
    assert (told.exit_code, json.loads(told.stdout)["ok"]) == (1, False)


def test_a_missing_file_and_one_that_is_no_text_are_answered_in_a_sentence(tmp_path: Path) -> None:
    missing = call(str(tmp_path / "none.json"))
    assert (missing.exit_code, missing.stderr.count("\n")) == (2, 1)
    assert "cannot be read (No such file or directory)" in missing.stderr
    noise = tmp_path / "noise"
    noise.write_bytes(b"\xff\xfe\x00")
    assert call(str(noise)).exit_code == 1
