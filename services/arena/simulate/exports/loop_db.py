"""Loop Habit Tracker's database as its versions wrote it; columns and tables come and go with the schema."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from random import Random
from typing import Any, Final

from arena.simulate.exports.history import DONE, SimulatedHabit

SCHEMAS: Final = (9, 12, 16, 18, 22, 23, 24, 25, 26)
_EPOCH: Final = date(1970, 1, 1)
_DAY_MS: Final = 86_400_000
_VALUES_SINCE: Final = 16
_EVERY_ENTRY_SINCE: Final = 24
"""Earlier versions stored done days only."""
_CACHES_UNTIL: Final = 19
_INDEX_SINCE: Final = 13

_HABIT_COLUMNS: Final = (
    (0, "id", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    (0, "archived", "INTEGER"),
    (0, "color", "INTEGER"),
    (0, "description", "TEXT"),
    (0, "freq_den", "INTEGER"),
    (0, "freq_num", "INTEGER"),
    (0, "highlight", "INTEGER"),
    (0, "name", "TEXT"),
    (0, "position", "INTEGER"),
    (0, "reminder_hour", "INTEGER"),
    (0, "reminder_min", "INTEGER"),
    (11, "reminder_days", "INTEGER NOT NULL DEFAULT 127"),
    (16, "type", "INTEGER NOT NULL DEFAULT 0"),
    (18, "target_type", "INTEGER NOT NULL DEFAULT 0"),
    (18, "target_value", "REAL NOT NULL DEFAULT 0"),
    (18, "unit", "TEXT NOT NULL DEFAULT ''"),
    (23, "question", "TEXT"),
    (24, "uuid", "TEXT"),
    (26, "freq_mode", "INTEGER NOT NULL DEFAULT 0"),
)
_REPETITION_COLUMNS: Final = (
    (0, "id", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    (0, "habit", "INTEGER NOT NULL REFERENCES Habits(id)"),
    (0, "timestamp", "INTEGER NOT NULL"),
    (16, "value", "INTEGER NOT NULL"),
    (25, "notes", "TEXT"),
)


def loop_database(habits: Sequence[SimulatedHabit], *, schema: int = 25, seed: int = 0) -> bytes:
    """Return the bytes of a backup; what a schema cannot say (measures before 16, uuids before 24, …) is left out, as it was then."""
    chance = Random(seed)  # noqa: S311 - repeatable ids are wanted, not secrets
    told = [habit for habit in habits if schema >= _VALUES_SINCE or not habit.measured]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        for statement in _schema(schema):
            connection.execute(statement)
        _insert(
            connection,
            "Habits",
            _columns(_HABIT_COLUMNS, schema),
            (_habit(habit, row, schema, chance) for row, habit in enumerate(told, 1)),
        )
        _insert(connection, "Repetitions", _columns(_REPETITION_COLUMNS, schema), _repetitions(told, schema))
        connection.execute("END")
        connection.execute(f"PRAGMA user_version = {schema:d}")
        return connection.serialize()


def _schema(schema: int) -> Iterator[str]:
    yield "CREATE TABLE android_metadata (locale TEXT)"
    for table, columns in (("Habits", _HABIT_COLUMNS), ("Repetitions", _REPETITION_COLUMNS)):
        yield f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for since, name, kind in columns if since <= schema)})"
    if schema <= _CACHES_UNTIL:
        yield "CREATE TABLE Checkmarks (id INTEGER PRIMARY KEY AUTOINCREMENT, habit INTEGER, timestamp INTEGER, value INTEGER)"
        yield "CREATE TABLE Streak (id INTEGER PRIMARY KEY AUTOINCREMENT, end INTEGER, habit INTEGER, length INTEGER, start INTEGER)"
        yield "CREATE TABLE Score (id INTEGER PRIMARY KEY AUTOINCREMENT, habit INTEGER, score INTEGER, timestamp INTEGER)"
    if schema >= _INDEX_SINCE:
        yield "CREATE UNIQUE INDEX idx_repetitions_habit_timestamp ON Repetitions(habit, timestamp)"


def _columns(columns: Sequence[tuple[int, str, str]], schema: int) -> list[str]:
    return [name for since, name, _ in columns if since <= schema]


def _insert(connection: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterator[dict[str, Any]]) -> None:
    places = ", ".join(f":{name}" for name in columns)
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)


def _habit(habit: SimulatedHabit, row: int, schema: int, chance: Random) -> dict[str, Any]:
    has_question = "question" in _columns(_HABIT_COLUMNS, schema)
    return {
        "id": row,
        "archived": int(habit.archived),
        "color": row % 20,
        "description": "" if has_question else habit.question,
        "freq_den": habit.per_days,
        "freq_num": habit.times,
        "highlight": 0,
        "name": habit.name,
        "position": row - 1,
        "reminder_hour": 8 if row == 1 else None,
        "reminder_min": 30 if row == 1 else None,
        "reminder_days": 127,
        "type": int(habit.measured),
        "target_type": int(habit.at_most),
        "target_value": habit.target,
        "unit": habit.unit,
        "question": habit.question,
        "uuid": f"{chance.getrandbits(128):032x}",
        "freq_mode": 0,
    }


def _repetitions(habits: Sequence[SimulatedHabit], schema: int) -> Iterator[dict[str, Any]]:
    row = 0
    for number, habit in enumerate(habits, 1):
        for day in habit.days:
            if schema < _EVERY_ENTRY_SINCE and not habit.measured and day.value != DONE:
                continue
            row += 1
            stamp = (day.day - _EPOCH).days * _DAY_MS
            yield {"id": row, "habit": number, "timestamp": stamp, "value": day.value, "notes": day.note}
