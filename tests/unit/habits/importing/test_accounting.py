"""Whatever is in a file, every row of it is kept or dropped with a reason, and nothing but a refusal comes out."""

import time
from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.contracts.habit import ONE, HabitKind, ScheduleType
from arena.habits.importing import ImportRefused, ParsedExport, read_export
from arena.simulate.exports import history, loop_csv_zip, loop_database

Make = Callable[..., bytes]
TODAY = date(2026, 3, 1)
DAY_MS = 86_400_000

INTEGERS = st.integers(-(2**63), 2**63 - 1)
CELLS = st.none() | INTEGERS | st.integers(-4, 8) | st.floats() | st.text(max_size=12) | st.binary(max_size=12)
UUIDS = st.sampled_from(["a" * 32, "b" * 32, None, ""])
OFTEN_MISSING = ("freq_num", "freq_den", "target_type", "target_value", "unit", "archived", "position", "question")
HABITS = st.fixed_dictionaries(
    {"id": st.integers(1, 6) | CELLS, "name": st.text(max_size=260) | CELLS, "type": st.integers(0, 1) | CELLS, "uuid": UUIDS | CELLS},
    optional={name: st.integers(-1, 40) | CELLS for name in OFTEN_MISSING},
)
STAMPS = st.integers(-3, 20_600).map(lambda day: day * DAY_MS)
REPETITIONS = st.fixed_dictionaries(
    {"habit": st.integers(1, 6) | CELLS, "timestamp": STAMPS | CELLS, "value": st.integers(-4, 8) | CELLS},
    optional={"notes": st.text(max_size=20) | CELLS},
)
SOUND = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def check(export: ParsedExport, rows: int) -> None:
    assert export.rows == rows
    assert len(export.habits) + export.facts + sum(loss.count for loss in export.dropped) == rows
    assert all(loss.count > 0 and loss.what and loss.why for loss in (*export.changed, *export.dropped))
    assert len({habit.source_id for habit in export.habits}) == len(export.habits)
    for habit in export.habits:
        assert 0 < len(habit.name) <= 200
        assert habit.schedule.type is not ScheduleType.TIMES_PER_WEEK or 1 <= habit.schedule.times <= 7
        assert habit.kind is HabitKind.MEASURED or (habit.unit is None and habit.target is None)
        days = [fact.civil_day for fact in habit.facts]
        assert days == sorted(set(days))
        assert all(date(1970, 1, 1) <= day <= date(2026, 3, 2) for day in days)
        assert all(fact.value == ONE if habit.kind is HabitKind.YES_NO else fact.value >= 0 for fact in habit.facts)


@SOUND
@given(st.lists(HABITS, max_size=6), st.lists(REPETITIONS, max_size=25))
def test_every_row_of_any_database_is_accounted_for(make_db: Make, habits: list[dict[str, Any]], repetitions: list[dict[str, Any]]) -> None:
    check(read_export(make_db(habits, repetitions), filename="x", today=TODAY), len(habits) + len(repetitions))


FIELDS = st.text(st.characters(codec="utf-8", exclude_characters='\x00,;\t\n\r"'), max_size=12)
DAYS = st.dates(date(1969, 12, 1), date(2026, 4, 1)).map(date.isoformat) | FIELDS
VALUES = st.sampled_from(["YES_MANUAL", "YES_AUTO", "NO", "SKIP", "UNKNOWN", "0", "2", "3", "1500", "-7", "1.5", "NaN", "9" * 30]) | FIELDS
CHECKS = st.lists(st.tuples(DAYS, VALUES, FIELDS).filter(lambda row: any(field.strip() for field in row)), max_size=12)


@SOUND
@given(
    st.lists(st.tuples(FIELDS, st.sampled_from(["YES_NO", "NUMERICAL", "", "?"]), FIELDS, FIELDS), max_size=5), st.lists(CHECKS, max_size=6)
)
def test_every_row_of_any_csv_export_is_accounted_for(
    make_zip: Callable[[dict[str, str]], bytes], habits: list[tuple[str, ...]], checks: list[list[tuple[str, ...]]]
) -> None:
    files = {"Habits.csv": "Position,Name,Type,FrequencyNumerator,FrequencyDenominator\n"}
    files["Habits.csv"] += "".join(f"{number:03d},{','.join(habit)}\n" for number, habit in enumerate(habits, 1))
    for number, rows in enumerate(checks, 1):
        files[f"{number:03d} A/Checkmarks.csv"] = "Date,Value,Notes\n" + "".join(f"{','.join(row)}\n" for row in rows)
    check(read_export(make_zip(files), filename="x", today=TODAY), max(len(habits), len(checks)) + sum(map(len, checks)))


def mutated(data: bytes, seed: int) -> bytes:
    """Overwrite a few bytes, cut some out, or repeat some."""
    chance = Random(seed)  # noqa: S311 - a repeatable damage is wanted, not a secret
    damaged = bytearray(data)
    for _ in range(chance.randrange(1, 12)):
        at, length = chance.randrange(len(damaged)), chance.randrange(1, 64)
        damaged[at : at + length] = chance.choice([chance.randbytes(length), b"", damaged[at : at + length] * 2, b"\xff" * length])
    return bytes(damaged)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(["db", "old db", "csv", "old csv"]))
def test_a_damaged_file_is_read_or_refused_and_never_crashes(seed: int, kind: str) -> None:
    data = mutated(SAMPLES[kind], seed)
    try:
        export = read_export(data, filename="x", today=TODAY)
    except ImportRefused:
        return
    check(export, export.rows)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([b"", b"SQLite format 3\x00", b"PK\x03\x04", b"PK\x05\x06", b"Name,Color\n", b"\xff\xfe"]), st.binary(max_size=2_000)
)
def test_any_bytes_are_read_or_refused(start: bytes, rest: bytes) -> None:
    try:
        check(read_export(start + rest, filename="x", today=TODAY), 0)
    except ImportRefused as refused:
        assert refused.slug.startswith("import-")  # noqa: PT017 - either outcome is right


SMALL = history(5, TODAY, years=0.3)
SAMPLES = {
    "db": loop_database(SMALL),
    "old db": loop_database(SMALL, schema=12),
    "csv": loop_csv_zip(SMALL, today=TODAY),
    "old csv": loop_csv_zip(SMALL, today=TODAY, version="1.3"),
}


def test_reading_twice_gives_the_same() -> None:
    for data in SAMPLES.values():
        assert read_export(data, filename="a", today=TODAY) == read_export(data, filename="b", today=TODAY)


@pytest.mark.speed
def test_a_hundred_thousand_facts_take_about_a_second() -> None:
    habits = history(2, TODAY, years=10, habits=85)
    for data in (loop_database(habits), loop_csv_zip(habits, today=TODAY)):
        began = time.process_time()
        export = read_export(data, filename="x", today=TODAY)
        seconds = time.process_time() - began
        assert export.rows > 100_000
        assert seconds < 2.5, f"{export.facts} facts took {seconds:.2f} s; alone on the machine it is below 1 s"
