"""Generated files: compared as text, the same on every Python."""

from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_type_hints
from uuid import UUID

import pytest

from arena.contracts.habit import Target, Weekday
from arena.contracts.ids import UserId
from arena.contracts.registry import BATTLES, LEDGER, LOGS
from tools.event_reference import meaning, pages, readers_of, render, type_words
from tools.event_schemas import types_in
from tools.generate import FOLDERS, GENERATORS, left_over, load, stale

EVENTS = [event for log in LOGS for event in log.events]


def test_a_missing_and_a_changed_file_are_stale_and_the_same_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "same").write_text("a\n", "utf-8")
    (tmp_path / "changed").write_text("a\n", "utf-8")
    assert stale(tmp_path, [("same", "a\n"), ("changed", "b\n"), ("missing", "c\n")]) == ["changed", "missing"]


def test_a_file_in_a_generated_folder_that_nobody_generates_is_left_over(tmp_path: Path) -> None:
    (tmp_path / "made" / "deep").mkdir(parents=True)
    for name in ("made/one", "made/deep/two", "beside"):
        (tmp_path / name).write_text("a\n", "utf-8")
    assert left_over(tmp_path, ["made", "none"], [("made/one", "a\n")]) == ["made/deep/two"]


@pytest.mark.parametrize("name", [*GENERATORS.values(), *FOLDERS.values()])
def test_a_generator_gives_the_same_text_twice(name: str) -> None:
    assert load(name)() == load(name)()


def test_the_event_reference_leads_to_a_page_of_every_event_and_to_no_other() -> None:
    overview = render()
    assert [event.__name__ for event in EVENTS if f"[{event.__name__}](events/{event.__name__}.md)" not in overview] == []
    assert set(pages()) == {f"{event.__name__}.md" for event in EVENTS}
    assert overview.count("(events/") == len(EVENTS)


def test_every_field_of_every_event_says_what_it_means() -> None:
    kinds = {kind for event in EVENTS for kind in types_in(event) if hasattr(kind, "__dataclass_fields__")}
    silent = [
        f"{kind.__name__}.{slot.name}"
        for kind in kinds
        for slot in fields(kind)
        if not meaning(kind, slot.name, get_type_hints(kind)[slot.name])
    ]
    assert silent == []


def test_a_page_names_the_services_whose_code_reads_the_event() -> None:
    by_name = {event.__name__: event for event in EVENTS}
    assert readers_of(by_name["FactLogged"], LEDGER) == ["scoring"]
    assert readers_of(by_name["BattleOpened"], BATTLES) == ["scoring"]


@pytest.mark.parametrize(
    ("annotation", "written"),
    [
        (int, "integer"),
        (str | None, "text or null"),
        (tuple[UserId, ...], "list of UUIDv7"),
        (tuple[Weekday, ...], "list of [Weekday](#weekday)"),
        (Target | None, "[Target](#target) or null"),
        (dict[str, Any], "object"),
        (datetime | None, "instant in UTC or null"),
        (date, "date"),
        (UUID, "UUID"),
    ],
)
def test_a_type_is_written_as_a_reader_would(annotation: object, written: str) -> None:
    assert type_words(annotation) == written


def test_a_time_of_a_place_is_no_instant() -> None:
    assert type_words(datetime, local=True) == "local time"
