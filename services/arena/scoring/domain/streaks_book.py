"""Which days and weeks a habit's history falls into, and how each is judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from arena.contracts.civil import lived, week_of
from arena.contracts.habit import Target
from arena.scoring.domain.streaks_history import Calendar, DayFact, History, Terms
from arena.scoring.domain.streaks_rules import Unit, Verdict, due_weekdays, is_met, unit_of

DAY = timedelta(days=1)
_DAYS_A_WEEK = 7


class Period(NamedTuple):
    """A day, or (the part counted in weeks of) a week, with its verdict; `last` is inclusive."""

    first: date
    last: date
    unit: Unit
    verdict: Verdict


class Stretch(NamedTuple):
    """Days in a row under terms of one unit; `last` is inclusive."""

    first: date
    last: date
    unit: Unit


@dataclass(frozen=True, slots=True)
class Book:
    """A history made ready for judging: a total for each day that has a fact, terms in the order of their days."""

    calendar: Calendar
    terms: tuple[Terms, ...]
    totals: Mapping[date, int]
    begins: date

    @classmethod
    def of(cls, history: History) -> "Book":
        """Index a history; the habit begins with its first terms or its first fact, whichever is earlier."""
        totals = _totals(history.facts)
        terms = tuple({term.from_day: term for term in sorted(history.terms, key=lambda term: term.from_day)}.values())
        return cls(history.calendar, terms, totals, min((terms[0].from_day, *totals)))

    def terms_on(self, day: date) -> Terms:
        """The terms in force on a day."""
        return next((terms for terms in reversed(self.terms) if terms.from_day <= day), self.terms[0])

    def unit_on(self, day: date) -> Unit:
        """What the habit is counted in on a day."""
        return unit_of(self.terms_on(day).schedule)

    def met(self, day: date) -> bool:
        """Whether a day's total meets the target of that day, due or not."""
        return day in self.totals and is_met(self.terms_on(day).target, self.totals[day])

    def exists(self, day: date) -> bool:
        """Whether the day was lived: some instant maps to it here, or a fact (logged in another zone) says so."""
        return day in self.totals or lived(day, self.calendar.zone, self.calendar.day_start)

    def week(self, day: date) -> list[date]:
        """The seven days of the week that holds this day."""
        start = week_of(day, self.calendar.week_start)
        return [start + n * DAY for n in range(_DAYS_A_WEEK)]

    def needed_in(self, first: date) -> int:
        """How many met days a week needs: the number in force on its first day, but no more than the week had days that were lived."""
        return min(self.terms_on(first).schedule.times, sum(map(self.exists, self.week(first))))

    def stretches(self) -> list[Stretch]:
        """The habit's life cut where its unit changes."""
        changes = [(self.begins, unit_of(self.terms[0].schedule))]
        changes += [(terms.from_day, unit_of(terms.schedule)) for terms in self.terms[1:]]
        cuts = [change for n, change in enumerate(changes) if n == 0 or change[1] is not changes[n - 1][1]]
        ends = [first - DAY for first, _ in cuts[1:]]
        return [Stretch(first, last, unit) for (first, unit), last in zip(cuts, [*ends, date.max], strict=True)]

    def stretch_on(self, day: date) -> Stretch:
        """The stretch that holds a day; before the habit's beginning, its first."""
        return next(stretch for stretch in self.stretches() if stretch.last >= day)

    def periods(self, stretch: Stretch, until: date, today: date) -> Iterator[Period]:
        """The days or weeks of a stretch, in order, up to the one that holds `until`; a week is given whole."""
        if stretch.unit is Unit.WEEK:
            return self._weeks(stretch, min(stretch.last, until), today)
        return self._days(stretch.first, min(stretch.last, until), today)

    def period_on(self, day: date, today: date) -> Period:
        """The period that holds a day on or after the habit's beginning."""
        stretch = self.stretch_on(day)
        if stretch.unit is Unit.WEEK:
            first = max(stretch.first, week_of(day, self.calendar.week_start))
            return next(self._weeks(stretch._replace(first=first), day, today))
        return next(self._days(day, day, today))

    def _days(self, first: date, last: date, today: date) -> Iterator[Period]:
        day = first
        while day <= last:
            terms = self.terms_on(day)
            due, target = due_weekdays(terms.schedule), terms.target
            until = min([last, *(later.from_day - DAY for later in self.terms if later.from_day > day)])
            while day <= until:
                yield Period(day, day, Unit.DAY, self._judge_day(day, due, target, today))
                day += DAY

    def _judge_day(self, day: date, due: frozenset[int], target: Target | None, today: date) -> Verdict:
        if day.weekday() not in due:
            return Verdict.NOT_DUE
        if is_met(target, self.totals.get(day)):
            return Verdict.MET
        if not self.exists(day):
            return Verdict.NOT_DUE
        return Verdict.OPEN if day >= today else Verdict.MISSED

    def _weeks(self, stretch: Stretch, until: date, today: date) -> Iterator[Period]:
        first = stretch.first
        while first <= until:
            days = [day for day in self.week(first) if first <= day <= stretch.last]
            yield Period(first, days[-1], Unit.WEEK, self._judge_week(days, today))
            first = days[-1] + DAY

    def _judge_week(self, days: list[date], today: date) -> Verdict:
        done = sum(map(self.met, days))
        # Only a week that falls short of the number is worth asking how many of its days were lived.
        if done >= self.terms_on(days[0]).schedule.times or done >= self.needed_in(days[0]):
            return Verdict.MET
        if len(days) < _DAYS_A_WEEK:
            return Verdict.NOT_DUE
        return Verdict.OPEN if days[-1] >= today else Verdict.MISSED


def _totals(facts: tuple[DayFact, ...]) -> dict[date, int]:
    totals: dict[date, int] = {}
    for fact in facts:
        totals[fact.day] = totals.get(fact.day, 0) + fact.value
    return totals
