"""HabitArena: habits, battles, live standings, on days that are right."""
