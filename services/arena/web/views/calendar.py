"""The calendar heat map: one square a day, weeks as columns, the week's first day on top."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from arena.client.models import Day
from arena.web.views.habits import WEEKDAYS
from arena.web.views.words import day_name

WEEKS = 26
_FEWEST = 12
"""Weeks that are shown however young the habit is."""
_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_NAMES = tuple(WEEKDAYS)
STATES = {
    "done": "done",
    "partly": "partly done",
    "missed": "nothing logged",
    "pending": "open",
    "not_due": "not due",
    "paused": "paused",
    "frozen": "frozen",
}
"""The states that are drawn, in words; days before the habit and in the future are left blank."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A day; `label` is what it is called where it cannot be seen, empty for a blank."""

    day: date
    state: str
    label: str
    is_today: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One weekday of all weeks shown."""

    weekday: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The map: a month's name over the first week that begins in it."""

    months: list[str]
    rows: list[Row]
    first: date
    last: date

    @property
    def states(self) -> dict[str, str]:
        """The states that occur, for the key."""
        seen = {cell.state for row in self.rows for cell in row.cells}
        return {state: words for state, words in STATES.items() if state in seen}


def span(until: date, week_start: str, weeks: int = WEEKS) -> tuple[date, date]:
    """First and last day of the weeks that end with the week of `until`."""
    behind = (until.weekday() - _NAMES.index(week_start)) % len(_NAMES)
    last_week = until - behind * _DAY
    return last_week - (weeks - 1) * _WEEK, last_week + _WEEK - _DAY


def calendar(days: Sequence[Day], first: date, last: date, today: date) -> Calendar:
    """The map of the days from `first`, the first day of a week, to `last`."""
    known = {day.day: day for day in days}
    weeks = _begun([first + number * _WEEK for number in range(((last - first).days + 1) // len(_NAMES))], known)
    rows = []
    for offset in range(len(_NAMES)):
        cells = [_cell(known.get(day), day, today) for day in (week + offset * _DAY for week in weeks)]
        rows.append(Row(WEEKDAYS[_NAMES[(weeks[0] + offset * _DAY).weekday()]], cells))
    return Calendar(_months(weeks), rows, first, last)


def _begun(weeks: list[date], known: Mapping[date, Day]) -> list[date]:
    """Without the weeks before the habit began, as long as enough are left."""
    drawn = [day for day, shown in known.items() if shown.state in STATES]
    began = min(drawn, default=weeks[-1])
    empty = sum(week + _WEEK <= began for week in weeks)
    return weeks[min(empty, max(0, len(weeks) - _FEWEST)) :]


def _cell(known: Day | None, day: date, today: date) -> Cell:
    state = known.state if known and known.state in STATES else "blank"
    label = f"{day_name(day, today)}: {STATES[state]}" if state in STATES else ""
    return Cell(day, state, label, day == today)


def _months(weeks: Sequence[date]) -> list[str]:
    """Above a week: the month, if it is the first week shown of it and the name has room."""
    names = [""] * len(weeks)
    last_named = -3
    for place, week in enumerate(weeks):
        new = place == 0 or week.month != weeks[place - 1].month
        if new and place - last_named > 2:  # noqa: PLR2004 - a name is as wide as two or three squares
            names[place] = f"{week:%b}"
            last_named = place
    return names
