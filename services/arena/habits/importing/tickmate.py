"""Tickmate's database: recognised, so that the refusal can say so. Its importer comes with a later issue."""

from datetime import date
from typing import NoReturn

from arena.habits.importing.report import ImportRefused
from arena.habits.importing.sqlite_file import MAGIC, open_database

_TABLES = frozenset({"tracks", "ticks"})


def recognises(data: bytes) -> bool:
    """Tell Tickmate's database by its tables."""
    if not data.startswith(MAGIC):
        return False
    with open_database(data) as database:
        return database.tables >= _TABLES


def read(_data: bytes, _today: date) -> NoReturn:
    """Refuse, in words that say what is missing."""
    raise ImportRefused("import-not-yet", "This is a Tickmate backup; that importer is not there yet. Nothing was imported.")
