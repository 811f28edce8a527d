"""What Loop Habit Tracker's words mean here; the database and the CSV export say the same things in two ways.

Both readers bring habits as `LoopHabit` and days as `LoopEntry`; this file turns them into ours and counts what cannot be said yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from arena.contracts.habit import ONE, HabitKind
from arena.habits.importing.loop_goal import goal_of
from arena.habits.importing.report import ParsedFact, ParsedHabit, Reason, Tally
from arena.habits.importing.text import MAX_NOTE, MAX_UNIT, clean, clean_name

FIRST_DAY: Final = date(1970, 1, 1)
MAX_VALUE: Final = 10**12
"""A billion of any unit, in thousandths; more is a damaged number."""

UNKNOWN: Final = -1
NO: Final = 0
YES_AUTO: Final = 1
YES_MANUAL: Final = 2
SKIP: Final = 3
OLD_SKIP: Final = -3

FILLED_IN = Reason(
    "days that Loop filled in itself (YES_AUTO)", "nobody did them; streaks here are worked out anew from the days that were done"
)
NOT_DONE = Reason("days marked as not done (NO)", "a day without an entry says the same here")
NO_ANSWER = Reason("days without an answer (UNKNOWN)", "there is nothing to keep")
SKIPPED = Reason("skipped days (SKIP)", "pauses come to HabitArena later; until then a skipped day counts as a day without an entry")
UNREADABLE_DAY = Reason("entries whose day cannot be read", "without a day there is nothing to log")
OUTSIDE = Reason("entries before 1970 or after tomorrow", "the ledger keeps days from 1970 until tomorrow")
UNREADABLE_VALUE = Reason("entries whose value cannot be read", "it is none of the values that Loop writes")
TWICE = Reason("second entries of the same day", "Loop keeps one entry a day; the first in the file was kept")
GUESSED_KIND = Reason("habits whose kind is not in this export", "it was told from the values: yes/no, or measured")
REMINDERS = Reason("reminders", "HabitArena has no reminders yet; the habits themselves are kept")

_YES_NO: Final[dict[int, int | Reason]] = {
    YES_MANUAL: ONE,
    YES_AUTO: FILLED_IN,
    NO: NOT_DONE,
    UNKNOWN: NO_ANSWER,
    SKIP: SKIPPED,
    OLD_SKIP: SKIPPED,
}
_NOT_A_QUANTITY: Final[dict[int, Reason]] = {UNKNOWN: NO_ANSWER, SKIP: SKIPPED, OLD_SKIP: SKIPPED}
_WITH_NOTE: Final = {
    reason: Reason(f"{reason.what}, with a note", f"{reason.why}; the note went with it")
    for reason in _YES_NO.values()
    if isinstance(reason, Reason)
}


class LoopEntry(NamedTuple):
    """One day of a habit as Loop stores it; None stands for what could not be read."""

    day: date | None
    value: int | None
    note: str


@dataclass(frozen=True, slots=True)
class LoopHabit:
    """One habit as Loop stores it; None stands for what this version does not say or what could not be read."""

    source_id: str
    name: str
    questions: tuple[str, ...] = ()
    measured: bool | None = False
    times: int | None = 1
    per_days: int | None = 1
    unit: str = ""
    target_type: str | None = None
    target_value: float | None = None
    archived: bool = False
    reminder: bool = False


def to_habit(habit: LoopHabit, entries: Sequence[LoopEntry], today: date, tally: Tally) -> ParsedHabit:
    """Translate a habit and its days."""
    measured = habit.measured
    if measured is None:
        tally.change(GUESSED_KIND)
        measured = any(entry.value is not None and entry.value > SKIP for entry in entries)
    if habit.reminder:
        tally.change(REMINDERS)
    goal = goal_of(habit.times, habit.per_days, (habit.target_type, habit.target_value) if measured else None, tally)
    return ParsedHabit(
        source_id=habit.source_id,
        name=clean_name(habit.name, tally),
        kind=HabitKind.MEASURED if measured else HabitKind.YES_NO,
        unit=(clean(habit.unit, MAX_UNIT, tally) or None) if measured else None,
        target=goal.target,
        schedule=goal.schedule,
        note=_question(habit.questions, tally),
        archived=habit.archived,
        facts=_facts(entries, measured=measured, last_day=today + timedelta(days=1), tally=tally),
    )


def _question(questions: tuple[str, ...], tally: Tally) -> str:
    """Join question and description (old versions have one of them) into the one note a habit has here."""
    told = list(dict.fromkeys(text for text in (question.strip() for question in questions) if text))
    return clean(" · ".join(told), MAX_NOTE, tally)


def _facts(entries: Iterable[LoopEntry], *, measured: bool, last_day: date, tally: Tally) -> tuple[ParsedFact, ...]:
    facts: dict[date, ParsedFact] = {}
    for day, value, note in entries:
        told = _quantity(value) if measured else _yes_no(value)
        if isinstance(told, Reason):
            tally.drop(_WITH_NOTE.get(told, told) if note else told)
        elif day is None:
            tally.drop(UNREADABLE_DAY)
        elif not FIRST_DAY <= day <= last_day:
            tally.drop(OUTSIDE)
        elif day in facts:
            tally.drop(TWICE)
        else:
            facts[day] = ParsedFact(day.isoformat(), day, told, clean(note, MAX_NOTE, tally) if note else "")
    return tuple(facts[day] for day in sorted(facts))


def _yes_no(value: int | None) -> int | Reason:
    return UNREADABLE_VALUE if value is None else _YES_NO.get(value, UNREADABLE_VALUE)


def _quantity(value: int | None) -> int | Reason:
    """Read a measured value: thousandths; a zero is a fact (nothing smoked today), 3 is Loop's skip also here."""
    if value is None:
        return UNREADABLE_VALUE
    if value in _NOT_A_QUANTITY:
        return _NOT_A_QUANTITY[value]
    return value if 0 <= value <= MAX_VALUE else UNREADABLE_VALUE
