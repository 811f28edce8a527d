"""Exports of other habit apps, read into plain habits and facts with an account of every row; no SQL of ours, no HTTP.

`read_export` is the way in. It is synchronous and uses the CPU only: call it in a thread.
"""

from datetime import date

from arena.habits.importing.folder import pack_folder
from arena.habits.importing.report import ImportRefused, Loss, ParsedExport, ParsedFact, ParsedHabit
from arena.habits.importing.sniff import sniff

__all__ = ["ImportRefused", "Loss", "ParsedExport", "ParsedFact", "ParsedHabit", "pack_folder", "read_export", "sniff"]


def read_export(data: bytes, *, filename: str, today: date) -> ParsedExport:
    """Read any export that is known; `today` is the reader's civil day (facts after tomorrow are dropped).

    Raises ImportRefused, and nothing else, whatever the bytes are.
    """
    return sniff(data, filename).read(data, today)
