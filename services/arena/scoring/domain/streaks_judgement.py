"""Why a day or week is unmet, and what would have met it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from arena.contracts.habit import ONE, Bound, HabitKind, Target
from arena.contracts.ids import FactId
from arena.scoring.domain.streaks_book import DAY, Book, Period
from arena.scoring.domain.streaks_history import DayFact, History
from arena.scoring.domain.streaks_rules import Unit

_HYPOTHETICAL = FactId(UUID(int=0))


class Rule(StrEnum):
    """By which rule a period was judged."""

    ANY_AMOUNT = "any_amount"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    TIMES_PER_WEEK = "times_per_week"


class Shortfall(StrEnum):
    """Why the rule was not satisfied."""

    NOTHING_LOGGED = "nothing_logged"
    TOO_LITTLE = "too_little"
    TOO_MUCH = "too_much"
    TOO_FEW_DAYS = "too_few_days"


@dataclass(frozen=True, slots=True)
class Saving:
    """A change to the ledger that makes a day met, in thousandths: log a fact of `log`, or lower the day's total by `lower_by`."""

    day: date
    log: int | None
    lower_by: int | None

    @property
    def change(self) -> int:
        """What it does to the day's total."""
        return (self.log or 0) - (self.lower_by or 0)


@dataclass(frozen=True, slots=True)
class Judgement:
    """An unmet day or week: the rule in words, what was reached and what was not, and the changes that together meet it.

    Amounts are thousandths for a day, met days for a week; `missing` of an `at_most` day is what it was over. `facts` are those logged in
    the period. The current streak becomes `becomes` once all the savings are made.
    """

    first: date
    last: date
    unit: Unit
    rule: Rule
    words: str
    shortfall: Shortfall
    reached: int
    needed: int
    missing: int
    facts: tuple[FactId, ...]
    savings: tuple[Saving, ...]
    becomes: int = 0


def mend(history: History, savings: Iterable[Saving]) -> History:
    """The history as it would be with the savings made."""
    return history.adding(DayFact(_HYPOTHETICAL, saving.day, saving.change) for saving in savings)


def shortfall(target: Target | None, total: int | None) -> Shortfall:
    """Why an unmet day is unmet."""
    if total is None:
        return Shortfall.NOTHING_LOGGED
    return Shortfall.TOO_MUCH if target and target.bound is Bound.AT_MOST else Shortfall.TOO_LITTLE


def day_rule(kind: HabitKind, target: Target | None) -> tuple[Rule, str]:
    """The rule of a day, and the same in words."""
    if target is None:
        return Rule.ANY_AMOUNT, "done" if kind is HabitKind.YES_NO else "any amount above 0 a day"
    if target.bound is Bound.AT_MOST:
        return Rule.AT_MOST, f"at most {in_words(target.amount)} a day, with at least one entry"
    return Rule.AT_LEAST, f"at least {in_words(target.amount)} a day"


def in_words(thousandths: int) -> str:
    """A quantity as people write it: 1500 is `1.5`."""
    whole, rest = divmod(thousandths, ONE)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".")


def saving(kind: HabitKind, target: Target | None, day: date, total: int | None) -> Saving:
    """The smallest change that meets an unmet day; where any amount does, one whole unit. A yes/no habit is logged in whole units."""
    reached = total or 0
    if target is None:
        return Saving(day, log=ONE - min(reached, 0), lower_by=None)
    if target.bound is Bound.AT_MOST:
        return Saving(day, log=0, lower_by=None) if total is None else Saving(day, log=None, lower_by=reached - target.amount)
    step = ONE if kind is HabitKind.YES_NO else 1
    return Saving(day, log=-(-max(target.amount - reached, 0) // step) * step, lower_by=None)


def judge(history: History, book: Book, period: Period, today: date) -> Judgement:
    """Explain an unmet day or week; what the streak becomes is for the caller to say."""
    return _judge_week(history, book, period, today) if period.unit is Unit.WEEK else _judge_day(history, book, period.first)


def _judge_day(history: History, book: Book, day: date) -> Judgement:
    target, total = book.terms_on(day).target, book.totals.get(day)
    rule, words = day_rule(history.kind, target)
    reached = total or 0
    needed = target.amount if target else ONE if history.kind is HabitKind.YES_NO else 1
    missing = max(reached - needed if rule is Rule.AT_MOST else needed - reached, 0)
    why = shortfall(target, total)
    facts = tuple(fact.fact_id for fact in history.on(day, day))
    return Judgement(day, day, Unit.DAY, rule, words, why, reached, needed, missing, facts, _savings(history, book, [day]))


def _savings(history: History, book: Book, days: Iterable[date]) -> tuple[Saving, ...]:
    return tuple(saving(history.kind, book.terms_on(day).target, day, book.totals.get(day)) for day in days)


def _judge_week(history: History, book: Book, period: Period, today: date) -> Judgement:
    days = [period.first + n * DAY for n in range((period.last - period.first).days + 1)]
    reached, needed = sum(map(book.met, days)), book.needed_in(period.first)
    # As many days are named as the week lacks.
    candidates = [day for day in days if book.exists(day) and not book.met(day)]
    chosen = sorted(candidates, key=lambda day: _nearest(day, today))[: needed - reached]
    each = day_rule(history.kind, book.terms_on(period.first).target)[1]
    return Judgement(
        period.first,
        period.last,
        Unit.WEEK,
        Rule.TIMES_PER_WEEK,
        f"{needed} days a week, each: {each}",
        Shortfall.TOO_FEW_DAYS,
        reached,
        needed,
        needed - reached,
        tuple(fact.fact_id for fact in history.on(period.first, period.last)),
        _savings(history, book, sorted(chosen)),
    )


def _nearest(day: date, today: date) -> tuple[bool, int]:
    """Today and the days to come first, then the past ones, the latest first."""
    return day < today, abs((day - today).days)
