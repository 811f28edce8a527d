"""HabitArena: habits, battles, live standings, on days that are right."""

__version__ = "0.1.0"
