"""HabitBull's CSV export: recognised, so that the refusal can say so. Its importer comes with a later issue."""

from datetime import date
from typing import NoReturn

from arena.habits.importing.csv_table import decode
from arena.habits.importing.report import ImportRefused

_HEADER = "habitname,habitdescription,habitcategory"


def recognises(data: bytes) -> bool:
    """Tell HabitBull's file by its header."""
    return decode(data[:200]).lower().replace('"', "").replace(";", ",").lstrip().startswith(_HEADER)


def read(_data: bytes, _today: date) -> NoReturn:
    """Refuse, in words that say what is missing."""
    raise ImportRefused("import-not-yet", "This is a HabitBull export; that importer is not there yet. Nothing was imported.")
