"""Exports as other habit apps write them, generated from a seed: years of history, every version of the format, nobody's real data."""

from arena.simulate.exports.history import SimulatedDay, SimulatedHabit, history
from arena.simulate.exports.loop_csv import CSV_VERSIONS, loop_csv_zip
from arena.simulate.exports.loop_db import SCHEMAS, loop_database

__all__ = ["CSV_VERSIONS", "SCHEMAS", "SimulatedDay", "SimulatedHabit", "history", "loop_csv_zip", "loop_database"]
