"""Why a streak is as long as it is: what it rests on, what broke the one before, and what would mend or keep it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import islice

from arena.contracts.ids import FactId
from arena.scoring.domain.streaks import Timeline
from arena.scoring.domain.streaks_book import Book, Period
from arena.scoring.domain.streaks_history import DayFact, History
from arena.scoring.domain.streaks_judgement import Judgement, judge, mend
from arena.scoring.domain.streaks_rules import Unit, Verdict

NAMED_FACTS = 10
"""How many facts an explanation names unless told otherwise."""


class Began(StrEnum):
    """Before what the current streak begins: nothing, a break, or a time counted in another unit (which a streak never spans)."""

    WITH_HABIT = "with_habit"
    AFTER_BREAK = "after_break"
    AFTER_UNIT_CHANGE = "after_unit_change"


@dataclass(frozen=True, slots=True)
class Support:
    """A fact the current streak rests on; without it the streak would be `current_without` long."""

    fact_id: FactId
    day: date
    value: int
    current_without: int


@dataclass(frozen=True, slots=True)
class Break:
    """The break before the current streak, or the one that ended the last one.

    `broken_on` is the first day of the first missed period, `missed` how many in a row were missed, `lost` how long the streak before was.
    `judgement` explains the last missed one: mending that lengthens the current streak to `judgement.becomes`.
    """

    broken_on: date
    missed: int
    lost: int
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Explanation:
    """The current streak: how it began, the facts it rests on (latest first), what is open today, and the break before it."""

    current: int
    unit: Unit
    since: date | None
    began: Began | None
    rests_on: tuple[Support, ...]
    pending: Judgement | None
    broken: Break | None


def explain(history: History, today: date, named_facts: int | None = NAMED_FACTS) -> Explanation:
    """Explain the streak of a habit as of a civil day, naming at most so many facts (None: all)."""
    timeline = Timeline.of(history, today)
    pending = timeline.open if timeline.open and timeline.open.first <= today else None
    return Explanation(
        current=timeline.length,
        unit=timeline.stretch.unit,
        since=timeline.current.first if timeline.current else None,
        began=_began(timeline),
        rests_on=tuple(_supports(history, timeline, named_facts)),
        pending=_judge(history, timeline, pending) if pending else None,
        broken=_break(history, timeline),
    )


def _began(timeline: Timeline) -> Began | None:
    if not timeline.current:
        return None
    if any(run.stretch == timeline.stretch for run in timeline.runs[:-1]):
        return Began.AFTER_BREAK
    return Began.WITH_HABIT if timeline.stretch.first == timeline.book.begins else Began.AFTER_UNIT_CHANGE


def _break(history: History, timeline: Timeline) -> Break | None:
    past = [run for run in timeline.runs if run.stretch == timeline.stretch and run is not timeline.current]
    if not past:
        return None
    gap = past.pop()
    missed = timeline.book.period_on(gap.last, timeline.today)
    lost = past[-1].count if past else 0
    return Break(gap.first, gap.count, lost, _judge(history, timeline, missed))


def _judge(history: History, timeline: Timeline, period: Period) -> Judgement:
    judgement = judge(history, timeline.book, period, timeline.today)
    return replace(judgement, becomes=Timeline.of(mend(history, judgement.savings), timeline.today).length)


def _supports(history: History, timeline: Timeline, limit: int | None) -> Iterator[Support]:
    for before, fact in islice(_counting_facts(history, timeline), limit):
        yield Support(fact.fact_id, fact.day, fact.value, _length_without(history, timeline, fact, before))


def _counting_facts(history: History, timeline: Timeline) -> Iterator[tuple[int, DayFact]]:
    """The facts that met the current run's periods, latest first, each with how many of those lie before its own."""
    run, latest = timeline.current, None
    if not run:
        return
    before = run.count
    for fact in reversed(history.on(run.first, run.last)):
        period = timeline.book.period_on(fact.day, timeline.today)
        if period.verdict is Verdict.MET and timeline.book.met(fact.day):
            before -= period != latest
            latest = period
            yield before, fact


def _length_without(history: History, timeline: Timeline, fact: DayFact, before: int) -> int:
    rest = history.without(fact.fact_id)
    book = Book.of(rest)
    if book.begins != timeline.book.begins:
        # With its first fact a habit begins later: all is judged anew.
        return Timeline.of(rest, timeline.today).length
    length = timeline.length
    lengths = {Verdict.MET: length, Verdict.NOT_DUE: length - 1, Verdict.OPEN: before, Verdict.MISSED: length - before - 1}
    return lengths[book.period_on(fact.day, timeline.today).verdict]
