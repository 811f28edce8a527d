"""Loop Habit Tracker's CSV export: a zip with `Habits.csv` and a folder `001 Name` with `Checkmarks.csv` for each habit.

Seen so far: no `Position` (1.3), `Description` alone (1.7), `NumRepetitions` and `Interval` with `Question` (2.0), then (2.1 on)
`FrequencyNumerator` and `FrequencyDenominator` with `Type`, unit and target. Checkmarks are numbers without a header until 2.0, later words
with notes.
`Scores.csv` and the table of all checkmarks in the root repeat what Loop computes from the folders; they are not read.

The export has no ids, and its positions move with the order of the list on the screen. So a habit is known by its name and, among
those of one name, by which began first: two habits of the same name stay two, and a list sorted otherwise imports to the same habits.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Final

from arena.habits.importing.csv_table import cell, header_of, rows_of
from arena.habits.importing.loop import NO, SKIP, UNKNOWN, YES_AUTO, YES_MANUAL, LoopEntry, LoopHabit, to_habit
from arena.habits.importing.report import ImportRefused, ParsedExport, Reason, Tally, refuse_crowd
from arena.habits.importing.zip_file import MAGICS, ForeignZip, open_zip

SOURCE: Final = "loop-csv"

_HABITS_FILE: Final = "habits.csv"
_FOLDER_FILE: Final = re.compile(
    r"(?P<folder>(?P<number>\d{1,6})(?: (?P<name>[^/]*))?)/(?:checkmarks|repetitions|entries)\.csv", re.IGNORECASE
)
_JUNK: Final = ("__macosx/", ".ds_store")
_WORDS: Final = {"YES_MANUAL": YES_MANUAL, "YES_AUTO": YES_AUTO, "NO": NO, "UNKNOWN": UNKNOWN, "SKIP": SKIP}
_KINDS: Final = {"YES_NO": False, "NUMERICAL": True}
_DATE: Final = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[T ].*)?|(?P<d2>\d{1,2})\.(?P<m2>\d{1,2})\.(?P<y2>\d{4})")
_MAX_DIGITS: Final = 20

UNLISTED = Reason("folders that Habits.csv does not list", "the name was taken from the folder; the rest is as for a new habit")
NO_FOLDER = Reason("habits without a folder of days", "the export was made for other habits; only the habit itself is kept")
ODD_DECIMALS = Reason("values with a decimal point", "Loop writes whole thousandths; these were read as the unit itself")


@dataclass(frozen=True, slots=True)
class _Found:
    """A habit as the zip holds it: its row (or what the folder's name says) and its days."""

    order: int
    habit: LoopHabit
    entries: list[LoopEntry]


def recognises(data: bytes) -> bool:
    """Tell Loop's CSV export by the names in the zip."""
    if not data.startswith(MAGICS):
        return False
    names = open_zip(data).names
    return any(_is_habits_file(name) or _FOLDER_FILE.search(name) for name in names)


def read(data: bytes, today: date) -> ParsedExport:
    """Read the whole export."""
    archive = open_zip(data)
    tally = Tally()
    root, listed = _listed(archive, tally)
    found = _with_days(archive, root, listed, tally)
    refuse_crowd(len(found))
    habits = tuple(to_habit(one.habit, one.entries, today, tally) for one in _identified(found))
    return tally.export(SOURCE, habits)


def _is_habits_file(name: str) -> bool:
    return name.lower().rsplit("/", 1)[-1] == _HABITS_FILE and not name.lower().startswith(_JUNK)


def _listed(archive: ForeignZip, tally: Tally) -> tuple[str, dict[int, LoopHabit]]:
    """Return the folder everything lies in and the rows of Habits.csv by position."""
    candidates = sorted((name for name in archive.names if _is_habits_file(name)), key=lambda name: (name.count("/"), name))
    if not candidates:
        return "", {}
    rows = list(rows_of(archive.read(candidates[0])))
    columns = header_of(rows[0]) if rows else {}
    if rows and "name" not in columns:
        raise ImportRefused("import-unknown-version", "Habits.csv has no column “Name”; this is no export of Loop that can be read.")
    tally.saw(max(0, len(rows) - 1))
    refuse_crowd(len(rows) - 1)
    listed: dict[int, LoopHabit] = {}
    for number, row in enumerate(rows[1:], start=1):
        position = _whole(cell(row, columns.get("position")))
        free = position if position is not None and position not in listed else max([number - 1, *listed]) + 1
        listed[free] = _habit(row, columns)
    return candidates[0][: -len(_HABITS_FILE)], listed


def _habit(row: list[str], columns: dict[str, int]) -> LoopHabit:
    def field(*names: str) -> str:
        return next((cell(row, columns[name]) for name in names if name in columns), "")

    target = field("targetvalue")
    return LoopHabit(
        source_id="",
        name=field("name"),
        questions=(field("question"), field("description")),
        measured=_KINDS.get(field("type").upper()),
        times=_whole(field("frequencynumerator", "numrepetitions")),
        per_days=_whole(field("frequencydenominator", "interval")),
        unit=field("unit"),
        target_type=field("targettype").upper() or None,
        target_value=_decimal(target) if target else None,
        archived=field("archived").lower() in {"true", "1", "yes"},
    )


def _with_days(archive: ForeignZip, root: str, listed: dict[int, LoopHabit], tally: Tally) -> list[_Found]:
    """Join rows and folders by the number both begin with; neither is lost without the other."""
    found: dict[int, _Found] = {}
    spare = max(listed, default=0)
    for name in sorted(archive.names):
        match = _FOLDER_FILE.fullmatch(name.removeprefix(root))
        if not match:
            continue
        entries = _entries(archive.read(name), tally)
        number = int(match["number"])
        if number in listed and number not in found:
            found[number] = _Found(number, listed[number], entries)
        else:
            spare = max(spare, number) + 1
            found[spare] = _Found(spare, LoopHabit("", match["name"] or "", measured=None), entries)
            tally.saw(1)
            tally.change(UNLISTED)
    for number in listed.keys() - found.keys():
        found[number] = _Found(number, listed[number], [])
        tally.change(NO_FOLDER)
    return [found[number] for number in sorted(found)]


def _entries(data: bytes, tally: Tally) -> list[LoopEntry]:
    """Read one Checkmarks.csv; until 2.0 it has no header."""
    rows = list(rows_of(data))
    columns = {"date": 0, "value": 1, "notes": 2}
    if rows and "date" in header_of(rows[0]):
        columns = header_of(rows.pop(0))
    tally.saw(len(rows))
    day, value, notes = columns["date"], columns.get("value", columns.get("checkmark")), columns.get("notes", columns.get("note"))
    return [LoopEntry(_day(cell(row, day)), _value(cell(row, value), tally), cell(row, notes)) for row in rows]


def _identified(found: list[_Found]) -> list[_Found]:
    """Give each habit its id: a digest of the name and, from the second of that name on, which began earlier."""
    ids: dict[int, str] = {}
    seen: Counter[str] = Counter()
    for one in sorted(found, key=lambda one: (_began(one.entries), one.order)):
        seen[one.habit.name] += 1
        digest = sha256(one.habit.name.encode("utf-8", "replace")).hexdigest()[:32]
        ids[one.order] = f"{digest}:{seen[one.habit.name]}"
    return [replace(one, habit=replace(one.habit, source_id=ids[one.order])) for one in found]


def _began(entries: list[LoopEntry]) -> date:
    done = (entry.day for entry in entries if entry.day and entry.value is not None and entry.value >= YES_MANUAL and entry.value != SKIP)
    return min(done, default=date.max)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        match = _DATE.fullmatch(text)
    if not match:
        return None
    try:
        return date(int(match["y"] or match["y2"]), int(match["m"] or match["m2"]), int(match["d"] or match["d2"]))
    except ValueError:
        return None


def _value(text: str, tally: Tally) -> int | None:
    """Read a word or a number of thousandths."""
    known = _WORDS.get(text)
    if known is not None:
        return known
    whole = _whole(text)
    if whole is not None:
        return whole
    amount = _decimal(text)
    if amount is None or not abs(amount) < 10**15:
        return _WORDS.get(text.upper())
    tally.change(ODD_DECIMALS)
    return round(amount * 1000)


def _whole(text: str) -> int | None:
    return int(text) if len(text) <= _MAX_DIGITS and re.fullmatch(r"-?\d+", text) else None


def _decimal(text: str) -> float | None:
    """Read a number with a point, or with one comma as some languages write it."""
    if len(text) > _MAX_DIGITS:
        return None
    try:
        return float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        return None
