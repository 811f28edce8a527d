"""Generated exports look like those that the app makes, are the same for one seed, and give back what went in."""

import io
import sqlite3
import zipfile
from contextlib import closing
from datetime import date, timedelta

import pytest

from arena.simulate.exports import CSV_VERSIONS, SCHEMAS, SimulatedDay, SimulatedHabit, history, loop_csv_zip, loop_database

TODAY = date(2026, 3, 1)


def columns(data: bytes, table: str) -> list[str]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(data)
        return [column[0] for column in connection.execute(f"SELECT * FROM {table}").description]


def names(data: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(data)).namelist()


def text(data: bytes, name: str) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(data)).read(name).decode().splitlines()


def test_one_seed_gives_one_history_and_another_seed_another() -> None:
    assert history(1, TODAY) == history(1, TODAY)
    assert history(1, TODAY) != history(2, TODAY)


def test_a_history_reaches_back_for_years_and_never_beyond_today() -> None:
    habits = history(1, TODAY, years=4)
    days = [entry.day for habit in habits for entry in habit.days]
    assert max(days) <= TODAY
    assert TODAY - timedelta(days=4 * 365) <= min(days) < TODAY - timedelta(days=2 * 365)
    assert all(list(habit.days) == sorted(habit.days, key=lambda entry: entry.day) for habit in habits)


def test_a_history_holds_what_an_importer_has_to_get_right() -> None:
    habits = history(1, TODAY)
    assert len({habit.name for habit in habits}) < len(habits)
    assert any(habit.archived for habit in habits)
    assert any(habit.at_most and any(entry.value == 0 for entry in habit.days) for habit in habits)
    assert any(entry.value == 3 for habit in habits for entry in habit.days)
    assert any(entry.note for habit in habits for entry in habit.days)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_database_has_the_columns_of_its_version(schema: int) -> None:
    data = loop_database(history(1, TODAY, years=0.2), schema=schema)
    habits, repetitions = columns(data, "Habits"), columns(data, "Repetitions")
    since = {"type": 16, "unit": 18, "question": 23, "uuid": 24, "freq_mode": 26}
    assert {name for name in since if name in habits} == {name for name, version in since.items() if version <= schema}
    assert ("value" in repetitions, "notes" in repetitions) == (schema >= 16, schema >= 25)


@pytest.mark.parametrize("version", CSV_VERSIONS)
def test_an_archive_has_the_files_of_the_app(version: str) -> None:
    data = loop_csv_zip(history(1, TODAY, years=0.2, habits=2), today=TODAY, version=version)
    folders = [f"{folder}/{file}.csv" for folder in ("001 Meditate", "002 Wake up early") for file in ("Checkmarks", "Scores")]
    assert sorted(names(data)) == sorted(["Checkmarks.csv", "Habits.csv", *folders])
    assert text(data, "001 Meditate/Checkmarks.csv")[0].startswith("Date") is (version == "2.1")


def test_the_csv_export_fills_in_days_as_the_app_does() -> None:
    done = SimulatedHabit("Water", times=2, per_days=3, days=(SimulatedDay(date(2026, 1, 1), 2), SimulatedDay(date(2026, 1, 2), 2)))
    assert text(loop_csv_zip([done], today=TODAY), "001 Water/Checkmarks.csv") == [
        "Date,Value,Notes",
        "2026-01-03,YES_AUTO,",
        "2026-01-02,YES_MANUAL,",
        "2026-01-01,YES_MANUAL,",
    ]


def test_the_same_history_gives_the_same_bytes() -> None:
    habits = history(1, TODAY, years=0.2)
    assert loop_database(habits, seed=4) == loop_database(habits, seed=4)
    assert loop_csv_zip(habits, today=TODAY) == loop_csv_zip(habits, today=TODAY)
