"""Which importer reads a file: decided by what is in it, never by its name.

A new importer is a neighbour of `loop_db.py`: a module with `recognises(data)` and `read(data, today)`, and one line in `IMPORTERS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from arena.habits.importing import habitbull, loop_csv, loop_db, tickmate
from arena.habits.importing.csv_table import decode, header_of
from arena.habits.importing.report import ImportRefused, ParsedExport
from arena.habits.importing.sqlite_file import MAGIC as SQLITE
from arena.habits.importing.zip_file import MAGICS as ZIP


@dataclass(frozen=True, slots=True)
class Importer:
    """One format: what people call it, how to tell it, how to read it. Both functions raise `ImportRefused` and nothing else."""

    title: str
    recognises: Callable[[bytes], bool]
    read: Callable[[bytes, date], ParsedExport]


IMPORTERS: Final = (
    Importer("Loop Habit Tracker database", loop_db.recognises, loop_db.read),
    Importer("Loop Habit Tracker CSV export", loop_csv.recognises, loop_csv.read),
    Importer("HabitBull export", habitbull.recognises, habitbull.read),
    Importer("Tickmate backup", tickmate.recognises, tickmate.read),
)


def sniff(data: bytes, filename: str) -> Importer:
    """Find the importer for a file; `filename` only helps to word a refusal."""
    if not data:
        raise ImportRefused("import-empty", "This file is empty.")
    for importer in IMPORTERS:
        if importer.recognises(data):
            return importer
    raise _unknown(data, filename)


def _unknown(data: bytes, filename: str) -> ImportRefused:
    if data.startswith(SQLITE):
        return ImportRefused(
            "import-unknown-format", "This is a database, but not of an app that can be imported: it has no tables Habits and Repetitions."
        )
    if data.startswith(ZIP):
        return ImportRefused("import-unknown-format", "This zip file is no CSV export of Loop: it has no Habits.csv.")
    if _is_part_of_loop(data):
        return ImportRefused("import-incomplete", "This is one file of Loop's CSV export; please upload the whole zip file that Loop made.")
    name = "".join(sign for sign in filename if sign.isprintable())[:80] or "This file"
    return ImportRefused("import-unknown-format", f"{name} is neither a Loop database (.db) nor a Loop CSV export (.zip).")


def _is_part_of_loop(data: bytes) -> bool:
    columns = header_of(decode(data[:1000]).split("\n", 1)[0].split(",")).keys()
    return columns >= {"name", "color"} or columns >= {"date", "value"} or columns >= {"date", "score"}
