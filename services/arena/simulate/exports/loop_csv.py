"""Loop Habit Tracker's CSV export as its versions wrote it: a zip with tables in the root and a folder for each habit."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from arena.simulate.exports.history import DONE, NOT_DONE, SKIP, SimulatedDay, SimulatedHabit

CSV_VERSIONS: Final = ("1.3", "1.7", "2.0", "2.1")
_NEWEST: Final = "2.1"
_AUTO: Final = 1
_UNKNOWN: Final = -1
_WORDS: Final = {DONE: "YES_MANUAL", _AUTO: "YES_AUTO", NOT_DONE: "NO", SKIP: "SKIP", _UNKNOWN: "UNKNOWN"}
_TIME: Final = (2020, 1, 1, 0, 0, 0)
_HEADERS: Final = {
    "1.3": "Name,Description,NumRepetitions,Interval,Color",
    "1.7": "Position,Name,Description,NumRepetitions,Interval,Color",
    "2.0": "Position,Name,Question,Description,NumRepetitions,Interval,Color",
    "2.1": "Position,Name,Type,Question,Description,FrequencyNumerator,FrequencyDenominator,Color,Unit,Target Type,Target Value,Archived?",
}


def loop_csv_zip(habits: Sequence[SimulatedHabit], *, today: date, version: str = _NEWEST) -> bytes:
    """Return the bytes of the zip that Loop makes; measured habits exist from 2.0 on."""
    told = [habit for habit in habits if version >= "2.0" or not habit.measured]
    computed = [_computed(habit) for habit in told]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "Habits.csv", _habits(told, version))
        for number, (habit, days) in enumerate(zip(told, computed, strict=True), 1):
            folder = f"{number:03d} {re.sub('[^ a-zA-Z0-9._-]+', '', habit.name)[:100]}".strip()
            _add(archive, f"{folder}/Scores.csv", _scores(days, version))
            _add(archive, f"{folder}/Checkmarks.csv", _checkmarks(days, version))
        _add(archive, "Checkmarks.csv", _all_checkmarks(told, computed, today))
    return packed.getvalue()


def _computed(habit: SimulatedHabit) -> list[SimulatedDay]:
    """Fill in, newest first, what Loop works out: days that `times` done days within `per_days` cover count as done (YES_AUTO)."""
    known = {entry.day: entry for entry in habit.days}
    if habit.measured or not known:
        return sorted(known.values(), key=lambda entry: entry.day, reverse=True)
    done = [entry.day for entry in habit.days if entry.value == DONE]
    for first, last in zip(done, done[habit.times - 1 :], strict=False):
        if (last - first).days < habit.per_days:
            for offset in range(habit.per_days):
                day = first + timedelta(days=offset)
                if day not in known or known[day].value == NOT_DONE:
                    known[day] = SimulatedDay(day, _AUTO, known[day].note if day in known else "")
    return sorted(known.values(), key=lambda entry: entry.day, reverse=True)


def _habits(habits: Sequence[SimulatedHabit], version: str) -> str:
    columns = _HEADERS[version].split(",")
    return _csv([columns, *([_field(habit, number, column, version) for column in columns] for number, habit in enumerate(habits, 1))])


def _field(habit: SimulatedHabit, number: int, column: str, version: str) -> str:
    fields = {
        "Position": f"{number:03d}",
        "Name": habit.name,
        "Type": "NUMERICAL" if habit.measured else "YES_NO",
        "Question": habit.question,
        "Description": habit.question if version < "2.0" else "",
        "NumRepetitions": str(habit.times),
        "Interval": str(habit.per_days),
        "FrequencyNumerator": str(habit.times),
        "FrequencyDenominator": str(habit.per_days),
        "Color": "#00897B",
        "Unit": habit.unit,
        "Target Type": ("AT_MOST" if habit.at_most else "AT_LEAST") if habit.measured else "",
        "Target Value": str(float(habit.target)) if habit.measured else "",
        "Archived?": str(habit.archived).lower(),
    }
    return fields[column]


def _checkmarks(days: Sequence[SimulatedDay], version: str) -> str:
    if version < _NEWEST:
        return _csv([entry.day.isoformat(), str(entry.value)] for entry in days)
    header = [["Date", "Value", "Notes"]]
    return _csv([*header, *([entry.day.isoformat(), _WORDS.get(entry.value, str(entry.value)), entry.note] for entry in days)])


def _scores(days: Sequence[SimulatedDay], version: str) -> str:
    """Write a strength that grows with every done day; nobody reads it, but the real zip has the file."""
    score, rows = 0.0, []
    for entry in reversed(days):
        score = score * 0.95 + (0.05 if entry.value >= _AUTO else 0)
        rows.append([entry.day.isoformat(), f"{score:.4f}"])
    return _csv([*([] if version < _NEWEST else [["Date", "Score"]]), *reversed(rows)])


def _all_checkmarks(habits: Sequence[SimulatedHabit], computed: Sequence[Sequence[SimulatedDay]], today: date) -> str:
    by_day = [{entry.day: entry.value for entry in days} for days in computed]
    oldest = min((day for days in by_day for day in days), default=today)
    return _csv([["Date", *(habit.name for habit in habits), ""], *_table(by_day, oldest, today)])


def _table(by_day: Sequence[dict[date, int]], oldest: date, today: date) -> Iterator[list[str]]:
    for offset in range((today - oldest).days + 1):
        day = today - timedelta(days=offset)
        values = (days.get(day, _UNKNOWN) for days in by_day)
        yield [day.isoformat(), *(_WORDS.get(value, str(value)) for value in values), ""]


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(zipfile.ZipInfo(name, _TIME), text, zipfile.ZIP_DEFLATED)
