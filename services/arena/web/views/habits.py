"""A habit in words: when it is due, what is to be reached."""

from arena.client.models import Habit
from arena.web.views.words import quantity

WEEKDAYS = {"mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun"}
FULL_WEEKDAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_SHORT = {("mon", "tue", "wed", "thu", "fri"): "on weekdays", ("sat", "sun"): "on weekends", tuple(WEEKDAYS): "every day"}


def schedule_words(habit: Habit) -> str:
    """When it is due."""
    schedule = habit.schedule
    match schedule.get("type"):
        case "weekdays":
            days = tuple(schedule.get("days", ()))
            return _SHORT.get(days) or "on " + ", ".join(WEEKDAYS.get(day, str(day)) for day in days)
        case "times_per_week":
            times = schedule.get("times", 0)
            return {1: "once a week", 2: "twice a week"}.get(times, f"{times} times a week")
        case _:
            return "every day"


def target_words(habit: Habit) -> str:
    """What a day's total must be; empty where any amount does."""
    target = habit.target or {}
    if (amount := target.get("at_least")) is not None:
        return f"at least {quantity(amount, habit.unit)}"
    if (amount := target.get("at_most")) is not None:
        return f"at most {quantity(amount, habit.unit)}"
    return ""


def about(habit: Habit) -> str:
    """One line: `at least 5 km, every day`."""
    return ", ".join(part for part in (target_words(habit), schedule_words(habit)) if part)


def is_measured(habit: Habit) -> bool:
    """Whether logging it asks for an amount."""
    return habit.kind == "measured"
