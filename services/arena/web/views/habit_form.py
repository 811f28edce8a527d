"""The form of a habit, to and from the API's words."""

from typing import Any

from arena.client.models import Habit
from arena.web.forms import Form, Submission
from arena.web.views.habits import WEEKDAYS

INPUTS = {"name": "name", "kind": "kind", "unit": "unit", "target": "amount", "schedule": "schedule"} | {
    "schedule.days": "days",
    "schedule.times": "times",
}


def empty() -> Form:
    """A new habit."""
    return Form.of(kind="yes_no", schedule="daily", bound="at_least", times=3)


def of(habit: Habit) -> Form:
    """A habit as it is."""
    target = habit.target or {}
    bound = "at_most" if "at_most" in target else "at_least"
    amount = target.get(bound)
    form = Form.of(
        name=habit.name,
        kind=habit.kind,
        unit=habit.unit,
        bound=bound,
        amount=None if amount is None else f"{amount:g}",
        schedule=habit.schedule.get("type"),
        times=habit.schedule.get("times") or 3,
    )
    return Form({**form.values, "days": list(habit.schedule.get("days", ()))})


def wanted(sent: Submission) -> dict[str, Any]:
    """What the API is asked for. A number that is none is passed on, so that the API says so."""
    fields: dict[str, Any] = {"name": sent.text("name"), "schedule": _schedule(sent)}
    amount = sent.text("amount").replace(",", ".")
    measured = sent.text("kind") == "measured"
    fields["unit"] = sent.text("unit") or None if measured else None
    fields["target"] = {sent.text("bound") or "at_least": amount} if amount and measured else None
    return fields


def _schedule(sent: Submission) -> dict[str, Any]:
    match sent.text("schedule"):
        case "weekdays":
            return {"type": "weekdays", "days": [day for day in sent.many("days") if day in WEEKDAYS]}
        case "times_per_week":
            return {"type": "times_per_week", "times": _whole(sent.text("times"))}
        case _:
            return {"type": "daily"}


def _whole(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text
