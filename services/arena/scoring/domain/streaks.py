"""Streaks: how many due days (or weeks) in a row were met, and when the current one would break.

Derived, never counted along: the same facts, terms and calendar give the same streak in whatever order they came.
The rules in words, with the reasons for them: docs/civil-days.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from arena.contracts.civil import day_end
from arena.scoring.domain.streaks_book import DAY, Book, Period, Stretch
from arena.scoring.domain.streaks_history import History
from arena.scoring.domain.streaks_rules import Unit, Verdict

_AHEAD = timedelta(days=14)
"""Far enough to meet the next due day of any schedule, even when an unlived day falls on it."""


class State(StrEnum):
    """How a streak stands today; `pending` can still be saved, `not_due` asks for nothing today."""

    NONE = "none"
    PENDING = "pending"
    MET = "met"
    NOT_DUE = "not_due"


@dataclass(frozen=True, slots=True)
class Streak:
    """Lengths in `unit`: of the current run and of the best ever in that unit; first day of the current run and its last met day.

    `at_risk_deadline` is set while the current period is due and unmet: the instant at which it ends (UTC).
    """

    current: int
    best: int
    unit: Unit
    state: State
    since: date | None
    last_met: date | None
    at_risk_deadline: datetime | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """The streak of `length` breaks at the instant `at` unless the period `first` to `last` (inclusive) is met."""

    first: date
    last: date
    at: datetime
    length: int


@dataclass(frozen=True, slots=True)
class Run:
    """Periods in a row with one verdict, rest days left out, within one stretch; `last` is the last day of the last one."""

    verdict: Verdict
    stretch: Stretch
    first: date
    last: date
    count: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Runs of met and of missed periods, alternating within a stretch, and the first period from today on that is due and unmet."""

    book: Book
    today: date
    stretch: Stretch
    runs: tuple[Run, ...]
    open: Period | None

    @classmethod
    def of(cls, history: History, today: date) -> "Timeline":
        """Judge a history as of a civil day.

        Days after today (a traveller's tomorrow) count where they are met already and nothing unmet lies before them.
        """
        book = Book.of(history)
        here = book.stretch_on(today)
        horizon = max((today, *book.totals)) + _AHEAD
        runs: list[Run] = []
        unmet: Period | None = None
        for stretch in book.stretches():
            if stretch.first <= here.first:
                periods, unmet = _until_open(book.periods(stretch, horizon, today))
                runs += _runs(stretch, periods)
        return cls(book, today, here, tuple(runs), unmet)

    @property
    def current(self) -> Run | None:
        """The run that still lives: a change of unit ends one without breaking it."""
        last = self.runs[-1] if self.runs else None
        return last if last and last.verdict is Verdict.MET and last.stretch == self.stretch else None

    @property
    def length(self) -> int:
        """How long the current run is."""
        return self.current.count if self.current else 0

    @property
    def state(self) -> State:
        """How the current streak stands today."""
        if not self.current:
            return State.NONE
        if self.current.last >= self.today:
            return State.MET
        return State.PENDING if self.open and self.open.first <= self.today else State.NOT_DUE

    @property
    def last_met(self) -> date | None:
        """The last met day of the current run."""
        day = self.current.last if self.current else None
        while day and not self.book.met(day):
            day -= DAY
        return day

    @property
    def deadline(self) -> Deadline | None:
        """When the current streak breaks if nothing is logged; None if there is none to lose."""
        if not self.current or not self.open:
            return None
        calendar = self.book.calendar
        return Deadline(self.open.first, self.open.last, day_end(self.open.last, calendar.zone, calendar.day_start), self.length)


def streak(history: History, today: date) -> Streak:
    """The streak of a habit as of the civil day `today`; a today (or this week) not met yet is pending, never broken."""
    return _streak(Timeline.of(history, today))


def streak_and_deadline(history: History, today: date) -> tuple[Streak, Deadline | None]:
    """Both `streak` and `next_deadline`, judging the days once."""
    timeline = Timeline.of(history, today)
    return _streak(timeline), timeline.deadline


def _streak(timeline: Timeline) -> Streak:
    deadline = timeline.deadline if timeline.state is State.PENDING else None
    return Streak(
        current=timeline.length,
        best=max(
            (run.count for run in timeline.runs if run.verdict is Verdict.MET and run.stretch.unit is timeline.stretch.unit), default=0
        ),
        unit=timeline.stretch.unit,
        state=timeline.state,
        since=timeline.current.first if timeline.current else None,
        last_met=timeline.last_met,
        at_risk_deadline=deadline.at if deadline else None,
    )


def next_deadline(history: History, today: date) -> Deadline | None:
    """The end of the first due period from today on that is not met yet: today's, or after a met day the next due day's.

    None where no streak of one or more is at stake.
    """
    return Timeline.of(history, today).deadline


def _until_open(periods: Iterator[Period]) -> tuple[list[Period], Period | None]:
    """The periods before the first open one, and that one."""
    judged: list[Period] = []
    for period in periods:
        if period.verdict is Verdict.OPEN:
            return judged, period
        judged.append(period)
    return judged, None


def _runs(stretch: Stretch, periods: list[Period]) -> Iterator[Run]:
    due = (period for period in periods if period.verdict is not Verdict.NOT_DUE)
    for verdict, group in groupby(due, key=attrgetter("verdict")):
        run = list(group)
        yield Run(verdict, stretch, run[0].first, run[-1].last, len(run))
