"""A habit's calendar, day by day, for the heat map; it tells the same story as the streak."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from arena.scoring.domain.streaks_book import DAY, Book
from arena.scoring.domain.streaks_history import History
from arena.scoring.domain.streaks_judgement import Shortfall, shortfall
from arena.scoring.domain.streaks_rules import Unit, Verdict, due_weekdays


class DayState(StrEnum):
    """How a day looks; `partly` has something done, but not enough: where the day was due, that breaks a streak as `missed` does."""

    DONE = "done"
    PARTLY = "partly"
    MISSED = "missed"
    NOT_DUE = "not_due"
    PENDING = "pending"
    BEFORE = "before"
    FUTURE = "future"


class DayReason(StrEnum):
    """Why a day looks as it does; `extra` is a met day that was not due, `week_…` an unmet day of a habit counted in weeks."""

    MET = "met"
    EXTRA = "extra"
    NOTHING_LOGGED = "nothing_logged"
    TOO_LITTLE = "too_little"
    TOO_MUCH = "too_much"
    REST_DAY = "rest_day"
    NOT_LIVED = "not_lived"
    WEEK_MET = "week_met"
    WEEK_MISSED = "week_missed"
    WEEK_OPEN = "week_open"
    WEEK_NOT_WHOLE = "week_not_whole"
    NOT_BEGUN = "not_begun"
    NOT_YET = "not_yet"


_OF_WEEK = {
    Verdict.MET: DayReason.WEEK_MET,
    Verdict.MISSED: DayReason.WEEK_MISSED,
    Verdict.OPEN: DayReason.WEEK_OPEN,
    Verdict.NOT_DUE: DayReason.WEEK_NOT_WHOLE,
}


@dataclass(frozen=True, slots=True)
class DayView:
    """A day: `total` in thousandths (None: nothing logged), `due` whether the schedule asked for it.

    A habit counted in weeks asks for days only through its week: its days are due where they are met, or still can save this week.
    """

    day: date
    state: DayState
    total: int | None
    due: bool
    reason: DayReason


def days(history: History, first: date, last: date, today: date) -> list[DayView]:
    """The days from `first` to `last` (inclusive), as of the civil day `today`."""
    return list(_views(Book.of(history), first, last, today))


def _views(book: Book, first: date, last: date, today: date) -> Iterator[DayView]:
    day = first
    while day <= last:
        state, due, reason = _look(book, day, today)
        yield DayView(day, state, book.totals.get(day), due, reason)
        day += DAY


def _look(book: Book, day: date, today: date) -> tuple[DayState, bool, DayReason]:
    if day < book.begins:
        return DayState.BEFORE, False, DayReason.NOT_BEGUN
    weekly = book.unit_on(day) is Unit.WEEK
    due = day.weekday() in due_weekdays(book.terms_on(day).schedule)
    if book.met(day):
        return DayState.DONE, due, DayReason.MET if due else DayReason.EXTRA
    if not book.exists(day):
        return DayState.NOT_DUE, False, DayReason.NOT_LIVED
    if day > today:
        return DayState.FUTURE, due and not weekly, DayReason.NOT_YET
    if not due:
        return DayState.NOT_DUE, False, DayReason.REST_DAY
    return _week_day(book, day, today) if weekly else _due_day(book, day, today)


def _due_day(book: Book, day: date, today: date) -> tuple[DayState, bool, DayReason]:
    why = shortfall(book.terms_on(day).target, book.totals.get(day))
    if day == today:
        return DayState.PENDING, True, DayReason(why)
    return DayState.PARTLY if _something(book, day, why) else DayState.MISSED, True, DayReason(why)


def _week_day(book: Book, day: date, today: date) -> tuple[DayState, bool, DayReason]:
    verdict = book.period_on(day, today).verdict
    if day == today and verdict is Verdict.OPEN:
        return DayState.PENDING, True, DayReason.WEEK_OPEN
    why = shortfall(book.terms_on(day).target, book.totals.get(day))
    return DayState.PARTLY if _something(book, day, why) else DayState.NOT_DUE, False, _OF_WEEK[verdict]


def _something(book: Book, day: date, why: Shortfall) -> bool:
    return why is Shortfall.TOO_LITTLE and book.totals[day] > 0
