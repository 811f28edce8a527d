"""`arena --help` is quick and true; every command explains itself, and the guide knows it."""

import re
import resource
import subprocess
import sys
from typing import Any

import pytest
from typer.testing import CliRunner

from arena.cli.main import ENTRIES, Entry, app, load
from tools.source import ROOT

GUIDE = ROOT / "docs" / "guides" / "cli.md"
HEAVY = ("sqlalchemy", "fastapi", "httpx", "alembic", "arena.embedded")


def commands() -> list[tuple[str, ...]]:
    """Every command, and the commands of every group."""
    found: list[tuple[str, ...]] = []
    for entry in ENTRIES.values():
        inner = getattr(load(entry), "commands", {})
        found += [(entry.name, name) for name in inner] or [(entry.name,)]
    return found


def options(words: tuple[str, ...]) -> list[str]:
    command: Any = load(ENTRIES[words[0]])
    for word in words[1:]:
        command = command.commands[word]
    return [flag for option in command.params for flag in option.opts if flag.startswith("--")]


def test_help_names_every_command_and_loads_none() -> None:
    seen = "import sys; from arena.cli.main import app; app(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert [name for name in ENTRIES if not re.search(rf"\b{name}\b", answer.stdout)] == []
    assert [name for name in HEAVY if f"'{name}'" in answer.stdout] == []


@pytest.mark.speed
def test_help_is_there_within_half_a_second() -> None:
    def seconds() -> float:
        """Of the processor: others on the machine do not count."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "arena.cli.main", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 0.5


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.name)
def test_the_line_in_the_help_is_the_first_sentence_of_the_command(entry: Entry) -> None:
    assert load(entry).help.splitlines()[0] == entry.words


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(app, [*words, "--help"])
    assert answer.exit_code == 0
    assert "Usage" in answer.stdout
    assert [flag for flag in options(words) if flag not in answer.stdout] == []


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_the_guide_names_every_command_with_its_options(words: tuple[str, ...]) -> None:
    guide = GUIDE.read_text("utf-8")
    assert f"arena {' '.join(words)}" in guide
    assert [flag for flag in options(words) if flag not in guide] == []


def test_the_guide_names_no_command_that_does_not_exist() -> None:
    named = set(re.findall(r"\barena ([a-z]+)", " ".join(re.findall(r"`[^`]+`", GUIDE.read_text("utf-8")))))
    assert named - set(ENTRIES) == set()


def test_a_mistyped_command_is_answered_with_the_nearest_one() -> None:
    answer = CliRunner().invoke(app, ["verfy"])
    assert answer.exit_code == 2
    assert "Did you mean 'verify'?" in answer.stderr


def test_the_version_is_told() -> None:
    answer = CliRunner().invoke(app, ["--version"])
    assert re.fullmatch(r"arena \d+\.\d+\.\d+\n", answer.stdout)
