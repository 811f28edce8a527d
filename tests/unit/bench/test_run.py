"""`make bench` measures what is asked for, tries a missed timing twice, and lets nothing that went wrong pass."""

import json
from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console

from bench import run
from bench.figures import CannotMeasure, Figure, at_most
from bench.run import ENTRIES, Entry, chosen, measure_all, run_apart, table_of, take, written_of


def figure(value: float, name: str = "start") -> Figure:
    return Figure(name, value, "s", at_most(10))


def answering(*values: float) -> Callable[[bool], list[Figure]]:
    rest = list(values)
    return lambda _: [figure(rest.pop(0))]


def here(entry: Entry, short: bool) -> list[Figure]:  # noqa: FBT001 - the shape of a run
    return entry.measure(short)


def refuse(_: bool) -> list[Figure]:  # noqa: FBT001 - the shape of a measurement
    raise CannotMeasure("The load comes from wrk.")


def break_down(_: bool) -> list[Figure]:  # noqa: FBT001 - the shape of a measurement
    raise RuntimeError("3 log POSTs were not answered")


def test_a_missed_timing_is_measured_once_more_and_that_is_said() -> None:
    said: list[str] = []
    [found] = take(Entry("startup", answering(11, 9), "a start"), short=False, say=said.append, run=here)
    assert (found.met, found.first_try) == (True, 11)
    assert any("missed (start 11 s" in line and "once more" in line for line in said)


def test_it_is_not_measured_a_third_time() -> None:
    [found] = take(Entry("startup", answering(11, 12, 9), "a start"), short=False, say=lambda _: None, run=here)
    assert (found.met, found.value) == (False, 12)


def test_the_short_form_is_measured_once_whatever_comes_out() -> None:
    [found] = take(Entry("startup", answering(11, 9), "a start"), short=True, say=lambda _: None, run=here)
    assert (found.met, found.value) == (False, 11)


def test_what_is_met_is_measured_once() -> None:
    [found] = take(Entry("startup", answering(9), "a start"), short=False, say=lambda _: None, run=here)
    assert found == figure(9)


def test_a_measurement_that_breaks_down_is_told_and_the_others_are_made() -> None:
    entries = [Entry("posts", refuse, ""), Entry("live", break_down, ""), Entry("startup", answering(9), "")]
    figures, broken = measure_all(entries, short=False, say=lambda _: None, run=here)
    assert figures == [figure(9)]
    assert broken == ["posts: The load comes from wrk.", "live: RuntimeError: 3 log POSTs were not answered"]


def test_the_short_form_leaves_out_what_takes_minutes_unless_it_is_asked_for() -> None:
    left_out = {entry.name for entry in ENTRIES} - {entry.name for entry in chosen([], short=True)}
    assert left_out == {"event-store", "scoring-over-kafka", "live-over-kafka"}
    assert [entry.name for entry in chosen(["event-store"], short=True)] == ["event-store"]


def test_entries_are_chosen_by_name_and_all_without_one() -> None:
    assert [entry.name for entry in chosen(["memory", "startup"])] == ["startup", "memory"]
    assert chosen([]) == list(ENTRIES)
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)


def test_a_name_that_is_none_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run.main(["--only", "startupp"])
    assert "consumer-path" in capsys.readouterr().err


def test_the_table_shows_every_figure_and_marks_the_missed() -> None:
    shown = StringIO()
    Console(width=150, file=shown).print(table_of([figure(9, "good"), figure(11, "bad")]))
    lines = shown.getvalue().splitlines()
    assert [("met" in line, "MISSED" in line) for line in lines if "good" in line or "bad" in line] == [(True, False), (False, True)]


def test_the_file_is_json_by_name() -> None:
    written = json.loads(written_of([figure(9, "one"), figure(11, "two")]))
    assert [(name, one["value"], one["met"]) for name, one in written.items()] == [("one", 9, True), ("two", 11, False)]


def told_settings(_: bool) -> list[Figure]:  # noqa: FBT001 - the shape of a measurement
    import os  # noqa: PLC0415 - it runs in another process

    return [Figure(name, 0, "s", at_most(0)) for name in os.environ if name.startswith("ARENA_")]


def test_a_measurement_runs_apart_and_without_the_settings_of_this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_COALESCE", "off")
    assert run_apart(Entry("settings", told_settings, ""), short=True) == []
