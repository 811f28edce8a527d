"""What went wrong is told in a sentence that says what to do."""

from typing import Any

import msgspec
import pytest
from sqlalchemy.exc import OperationalError

from arena.cli.refusals import in_words
from arena.client import ApiProblem, Unreachable


def problem(status: int, slug: str, detail: str = "", **more: Any) -> ApiProblem:
    return ApiProblem(status, {"type": f"https://habitarena.io/problems/{slug}", "detail": detail, **more})


class NamedRefusal(Exception):
    slug = "some-refusal"


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (
            Unreachable("nobody answers at http://127.0.0.1:1"),
            "Nobody answers at http://127.0.0.1:1. Start the platform with `arena up`, or name another address with --url.",
        ),
        (
            problem(401, "invalid-credentials", "The password is wrong"),
            "The password is wrong. Check --email and the password; `arena user reset` sets a new one.",
        ),
        (
            problem(422, "validation-failed", errors=[{"field": "habits", "rule": "x", "message": "are not yours"}]),
            "Habits: are not yours.",
        ),
        (problem(503, "busy", "Come back", request_id="r1"), "Come back. The server's log says more (request r1)."),
        (problem(418, "", ""), "418."),
        (NamedRefusal("it may not be"), "it may not be."),
        (OperationalError("select", {}, Exception("no room\nmore")), "The database refused: (builtins.Exception) no room."),
    ],
)
def test_a_failure_with_a_name_has_its_sentence(failure: Exception, words: str) -> None:
    found = in_words(failure)
    assert found is not None
    assert found.startswith(words)


@pytest.mark.parametrize("slug", ["invite-needed", "registration-closed"])
def test_where_accounts_are_not_free_the_way_to_one_is_told(slug: str) -> None:
    assert "ARENA_REGISTRATION=open" in str(in_words(problem(403, slug, "No.")))


def test_an_answer_of_another_program_is_told_as_such() -> None:
    with pytest.raises(msgspec.MsgspecError) as wrong:
        msgspec.json.decode(b"<html>", type=int)
    assert "is it another program" in str(in_words(wrong.value))


def test_the_first_named_failure_of_a_group_speaks_for_it() -> None:
    group = ExceptionGroup("tasks", [ValueError("a"), ExceptionGroup("inner", [Unreachable("nobody answers")])])
    assert str(in_words(group)).startswith("Nobody answers.")


def test_a_mistake_of_ours_has_no_sentence_and_keeps_its_traceback() -> None:
    assert in_words(KeyError("habit")) is None
    assert in_words(ExceptionGroup("tasks", [ZeroDivisionError()])) is None
