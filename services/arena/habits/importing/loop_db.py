"""Loop Habit Tracker's database ("full backup"): SQLite, schema 9 (2016) to 26 and, as far as it is understood, later ones.

Versions differ by columns only: no `value` and `type` before 16 (a row says "done"), no target before 18, no `question` and `uuid` before
23 and 24, no `notes` before 25. What a version does not have is read as empty. Repetitions are stamped with UTC midnight: a date, not an
instant.
"""

import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from arena.habits.importing.loop import YES_MANUAL, LoopEntry, LoopHabit, to_habit
from arena.habits.importing.report import MAX_HABITS, MAX_ROWS, ImportRefused, ParsedExport, ParsedHabit, Reason, Tally, refuse_crowd
from arena.habits.importing.sqlite_file import MAGIC, ForeignDatabase, open_database

SOURCE: Final = "loop-db"
NEWEST_SCHEMA: Final = 26
TABLES: Final = frozenset({"habits", "repetitions"})

_HABIT: Final = (
    "id",
    "uuid",
    "name",
    "question",
    "description",
    "type",
    "freq_num",
    "freq_den",
    "unit",
    "target_type",
    "target_value",
    "archived",
)
_ORDER: Final = ("position", "reminder_hour")
_UUID: Final = re.compile(r"[0-9A-Za-z-]{8,64}")
_DAY_MS: Final = 86_400_000
_EPOCH: Final = date(1970, 1, 1).toordinal()
_LAST_ORDINAL: Final = date.max.toordinal()
_TARGETS: Final[dict[int | None, str]] = {0: "AT_LEAST", 1: "AT_MOST"}
_MAX_DIGITS: Final = 20

ORPHANS = Reason("entries of habits that are not in the file", "the app deleted the habit but not its days")
NO_ID = Reason("habits without a number", "their days cannot be told apart from those of others")
SAME_UUID = Reason("habits that share an id with another", "they are recognised by their row number instead")
TIME_OF_DAY = Reason("entries with a time of day", "Loop means dates: the day in UTC was kept")
NEWER = Reason("a newer version of Loop", f"this file has a schema after {NEWEST_SCHEMA}; what it says beyond that was not read")


def recognises(data: bytes) -> bool:
    """Tell Loop's database by its tables."""
    if not data.startswith(MAGIC):
        return False
    with open_database(data) as database:
        return database.tables >= TABLES


def read(data: bytes, today: date) -> ParsedExport:
    """Read the whole database."""
    tally = Tally()
    with open_database(data) as database:
        if not {"habit", "timestamp"} <= database.columns("repetitions") or "id" not in database.columns("habits"):
            raise ImportRefused(
                "import-unknown-version", "This looks like a Loop database, but its tables lack the columns that say whose day it is."
            )
        if database.version > NEWEST_SCHEMA:
            tally.change(NEWER)
        habits = database.count("habits", MAX_HABITS + 1)
        refuse_crowd(habits)
        tally.saw(habits + database.count("repetitions", MAX_ROWS + 1))
        rows = _habits(database, tally)
        entries = _entries(database, tally)
    parsed = tuple(_habit(row, source_id, entries.pop(row["id"], []), today, tally) for row, source_id in _identified(rows, tally))
    tally.drop(ORPHANS, sum(len(orphans) for orphans in entries.values()))
    return tally.export(SOURCE, parsed)


def _habits(database: ForeignDatabase, tally: Tally) -> list[dict[str, Any]]:
    """Rows of Habits that have an id of their own, in the app's order."""
    names = (*_HABIT, *_ORDER)
    rows: dict[int, dict[str, Any]] = {}
    for values in database.rows("habits", names):
        row = dict(zip(names, values, strict=True))
        row["id"] = _integer(row["id"])
        if row["id"] is None or row["id"] in rows:
            tally.drop(NO_ID)
        else:
            rows[row["id"]] = row
    return sorted(rows.values(), key=lambda row: (_integer(row["position"]) or 0, row["id"]))


def _entries(database: ForeignDatabase, tally: Tally) -> dict[int | None, list[LoopEntry]]:
    """Repetitions by habit; before schema 16 every row means "done"."""
    has_value = "value" in database.columns("repetitions")
    by_habit: dict[int | None, list[LoopEntry]] = {}
    for habit, timestamp, value, note in database.rows("repetitions", ("habit", "timestamp", "value", "notes")):
        entry = LoopEntry(_day(timestamp, tally), _integer(value) if has_value else YES_MANUAL, _text(note) if note else "")
        by_habit.setdefault(_integer(habit), []).append(entry)
    return by_habit


def _identified(rows: list[dict[str, Any]], tally: Tally) -> Iterator[tuple[dict[str, Any], str]]:
    """Name each habit by its uuid (stable across phones), else by its row id (stable on one)."""
    taken: set[str] = set()
    for row in rows:
        uuid = _text(row["uuid"]).strip()
        usable = _UUID.fullmatch(uuid) is not None
        if usable and uuid in taken:
            tally.change(SAME_UUID)
            usable = False
        taken.add(uuid)
        yield row, uuid if usable else f"row:{row['id']}"


def _habit(row: dict[str, Any], source_id: str, entries: list[LoopEntry], today: date, tally: Tally) -> ParsedHabit:
    kind = 0 if row["type"] is None else _integer(row["type"])
    habit = LoopHabit(
        source_id=source_id,
        name=_text(row["name"]),
        questions=(_text(row["question"]), _text(row["description"])),
        measured=None if kind is None else {0: False, 1: True}.get(kind),
        times=_integer(row["freq_num"]),
        per_days=_integer(row["freq_den"]),
        unit=_text(row["unit"]),
        target_type=None if row["target_type"] is None else _TARGETS.get(_integer(row["target_type"]), "UNKNOWN"),
        target_value=_number(row["target_value"]),
        archived=bool(_integer(row["archived"])),
        reminder=row["reminder_hour"] is not None,
    )
    return to_habit(habit, entries, today, tally)


def _day(timestamp: object, tally: Tally) -> date | None:
    """Return the date of a UTC instant in milliseconds; what no calendar holds becomes the first day of all, which is out of bounds."""
    milliseconds = _integer(timestamp)
    if milliseconds is None:
        return None
    days, rest = divmod(milliseconds, _DAY_MS)
    if rest:
        tally.change(TIME_OF_DAY)
    ordinal = _EPOCH + days
    return date.fromordinal(ordinal) if 0 < ordinal <= _LAST_ORDINAL else date.min


def _integer(value: object) -> int | None:
    """Read a whole number from any column type; SQLite columns hold what they please."""
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value.is_integer() else None
    if isinstance(value, str) and len(value) <= _MAX_DIGITS and re.fullmatch(r"\s*-?[0-9]+\s*", value):
        return int(value)
    return None


def _number(value: object) -> float | None:
    if isinstance(value, str) and len(value) <= _MAX_DIGITS:
        try:
            return float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, (int, float)) else None


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
