"""Generated files: compared as text, the same on every Python."""

from pathlib import Path

import pytest

from arena.contracts.registry import LOGS
from tools.event_reference import render, type_name
from tools.generate import GENERATORS, load, stale


def test_a_missing_and_a_changed_file_are_stale_and_the_same_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "same").write_text("a\n", "utf-8")
    (tmp_path / "changed").write_text("a\n", "utf-8")
    assert stale(tmp_path, [("same", "a\n"), ("changed", "b\n"), ("missing", "c\n")]) == ["changed", "missing"]


@pytest.mark.parametrize("name", GENERATORS.values())
def test_a_generator_gives_the_same_text_twice(name: str) -> None:
    assert load(name)() == load(name)()


def test_the_event_reference_names_every_event() -> None:
    page = render()
    assert [event.__name__ for log in LOGS for event in log.events if f"**{event.__name__}**" not in page] == []


@pytest.mark.parametrize(
    ("annotation", "written"),
    [
        (int, "int"),
        (int | None, "int or none"),
        (tuple[int, ...], "tuple[int, …]"),
        (dict[str, int | None], "dict[str, int or none]"),
        ("SomeName", "SomeName"),
    ],
)
def test_a_type_is_written_as_a_reader_would(annotation: object, written: str) -> None:
    assert type_name(annotation) == written
