"""Every wrong use ends with one sentence on stderr and exit code 1 or 2, never with a traceback."""

from pathlib import Path

import pytest

from tests.command import Arena

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def arena(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Arena:
    """Bare of settings."""
    return Arena(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["import", "nowhere.db", "--email", "a@example.org", "--password", "x"], 2, "nowhere.db cannot be read"),
        (["import", "README.md", "--password", "x"], 2, "Say whose account with --email"),
        (["import", "README.md", "--email", "a@example.org"], 2, "Give the password in ARENA_PASSWORD"),
        (["import", "tests", "--email", "a@example.org", "--password", "x"], 1, "contains no CSV files"),
        (["import", "README.md", "--email", "a", "--password", "x", "--url", NOBODY], 1, "Start the platform with `arena up`"),
        (["import", "README.md", "--url", "nonsense"], 2, "is no address"),
        (["simulate", "--url", NOBODY, "--users", "2"], 1, "Start the platform with `arena up`"),
        (["simulate", "--zones", "Europe/Berlin,Mars/Phobos"], 2, "Mars/Phobos is no IANA time zone"),
        (["simulate", "--battle", "new", "--minutes", "0.5"], 2, "A battle lasts a minute at least"),
        (["simulate", "--users", "0"], 2, "--users"),
        (["demo", "--file", "nowhere.db"], 2, "nowhere.db cannot be read"),
        (["verify"], 2, "Missing argument"),
        (["replay", "battle", "no-id"], 2, "Invalid value"),
        (["dlq", "show", "no.consumer", "x"], 2, "There is no consumer no.consumer; there are"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_it_is_told_what_to_do(arena: Arena, words: list[str], code: int, sentence: str) -> None:
    answer = arena(*words)
    assert answer.code == code
    assert sentence in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize("words", [["up"], ["settings"], ["doctor"], ["user", "list"], ["dlq", "list"], ["replay", "scoring"]])
def test_a_wrong_setting_is_named_with_its_rule(arena: Arena, words: list[str]) -> None:
    answer = arena(*words, ARENA_PORT="99999")
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr.startswith("ARENA_PORT is wrong:")


def test_a_folder_that_is_somebody_else_s_is_left_alone(arena: Arena, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("private")
    answer = arena("user", "list", ARENA_DATA_DIR=str(tmp_path))
    assert (answer.code, answer.stdout) == (1, "")
    assert "is not empty and not HabitArena's" in answer.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_database_that_does_not_answer_is_named(arena: Arena, tmp_path: Path) -> None:
    url = "postgresql://nobody:nothing@127.0.0.1:9/none"
    answer = arena("user", "list", ARENA_DATA_DIR=str(tmp_path / "data"), ARENA_DATABASE_URL=url)
    assert answer.code == 1
    assert "Check ARENA_DATABASE_URL" in answer.stderr
    assert "nothing" not in answer.stderr
