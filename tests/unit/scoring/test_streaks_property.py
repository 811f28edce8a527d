"""Streaks and their explanations against a slow, independent reading of the same rules, over generated histories."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby, takewhile
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.contracts.civil import civil_day, lived, use_tzdata_wheel
from arena.contracts.habit import ONE, Bound, HabitKind, Schedule, ScheduleType, Target, Weekday
from arena.contracts.ids import FactId
from arena.scoring.domain.streaks import State, next_deadline, streak, streak_and_deadline
from arena.scoring.domain.streaks_days import DayState, days
from arena.scoring.domain.streaks_explain import explain
from arena.scoring.domain.streaks_history import Calendar, DayFact, History, Terms
from arena.scoring.domain.streaks_judgement import Judgement, Saving, Shortfall, mend

use_tzdata_wheel()
thoroughly = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

BEGIN = date(2011, 12, 12)
"""Monday; the generated month goes over the day Apia never lived, a Friday."""

DAY = timedelta(days=1)
somewhen = st.integers(0, 34).map(lambda n: BEGIN + n * DAY)
schedules = st.one_of(
    st.just(Schedule()),
    st.builds(
        Schedule,
        st.just(ScheduleType.WEEKDAYS),
        st.sets(st.sampled_from(list(Weekday)), min_size=0, max_size=6).map(lambda chosen: tuple(sorted(chosen))),
    ),
    st.integers(1, 7).map(lambda times: Schedule(ScheduleType.TIMES_PER_WEEK, times=times)),
)
targets = st.one_of(st.none(), st.builds(Target, st.sampled_from(list(Bound)), st.sampled_from([ONE, 1500, 3000])))
calendars = st.builds(
    Calendar,
    st.sampled_from(["Pacific/Apia", "Europe/Berlin", "America/St_Johns"]),
    st.sampled_from([0, 180, 720]),
    st.sampled_from(list(Weekday)),
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    kind = draw(st.sampled_from(list(HabitKind)))
    terms = draw(st.lists(st.builds(Terms, somewhen, schedules, targets), min_size=1, max_size=3))
    if draw(st.booleans()):
        terms = terms[:1]
    # Long runs are what streaks are about: most days have a fact, some of them several or a small one.
    values = st.just(ONE) if kind is HabitKind.YES_NO else st.sampled_from([0, 400, ONE, ONE, 1500, 1500, 3000, 3000])
    chosen = draw(st.lists(st.sampled_from([0, 1, 1, 1, 1, 2]), min_size=24, max_size=24))
    first = draw(st.integers(0, 8))
    on = [BEGIN + (first + n) * DAY for n, number in enumerate(chosen) for _ in range(number)]
    facts = [DayFact(FactId(UUID(int=n + 1)), day, draw(values)) for n, day in enumerate(on)]
    return History(kind, draw(calendars), tuple(terms), tuple(facts))


todays = st.integers(12, 36).map(lambda n: BEGIN + n * DAY)


class Oracle:
    """The rules of docs/civil-days.md, read day by day and week by week without any index."""

    def __init__(self, history: History, today: date) -> None:
        self.history, self.today = history, today
        self.begins = min([terms.from_day for terms in history.terms] + [fact.day for fact in history.facts])
        self.weekly = self.terms(today).schedule.type is ScheduleType.TIMES_PER_WEEK
        horizon = max([today] + [fact.day for fact in history.facts]) + 21 * DAY
        every = [self.begins + n * DAY for n in range(max((horizon - self.begins).days, 0))]
        self.periods = [list(group) for _, group in groupby(every, key=self.key)]

    def terms(self, day: date) -> Terms:
        first = min(terms.from_day for terms in self.history.terms)
        return [terms for terms in sorted(self.history.terms, key=lambda terms: terms.from_day) if terms.from_day <= max(day, first)][-1]

    def key(self, day: date) -> tuple[bool, date]:
        back = (day.weekday() - list(Weekday).index(self.history.calendar.week_start)) % 7
        is_week = self.terms(day).schedule.type is ScheduleType.TIMES_PER_WEEK
        return (is_week, day - back * DAY if is_week else day)

    def values(self, day: date) -> list[int]:
        return [fact.value for fact in self.history.facts if fact.day == day]

    def was_lived(self, day: date) -> bool:
        return bool(self.values(day)) or lived(day, self.history.calendar.zone, self.history.calendar.day_start)

    def met(self, day: date) -> bool:
        target, values = self.terms(day).target, self.values(day)
        if target is None:
            return sum(values) > 0
        return bool(values) and (sum(values) <= target.amount if target.bound is Bound.AT_MOST else sum(values) >= target.amount)

    def verdict(self, period: list[date]) -> str:
        return self.week(period) if self.key(period[0])[0] else self.day(period[0])

    def day(self, day: date) -> str:
        schedule = self.terms(day).schedule
        if schedule.type is ScheduleType.WEEKDAYS and list(Weekday)[day.weekday()] not in schedule.days:
            return "not_due"
        if self.met(day):
            return "met"
        if not self.was_lived(day):
            return "not_due"
        return "missed" if day < self.today else "open"

    def week(self, period: list[date]) -> str:
        start = self.key(period[0])[1]
        needed = min(self.terms(period[0]).schedule.times, len([n for n in range(7) if self.was_lived(start + n * DAY)]))
        if len([day for day in period if self.met(day)]) >= needed:
            return "met"
        if len(period) < 7:
            return "not_due"
        return "missed" if period[-1] < self.today else "open"

    def lengths(self) -> list[int]:
        """The lengths of all runs in the unit of today, in order, the last one being the current (0 if there is none)."""
        runs = [0]
        for period in self.periods:
            if self.key(period[0])[0] != self.weekly:
                if period[0] > self.today:
                    break
                runs.append(0)
                continue
            verdict = self.verdict(period)
            if verdict == "open":
                break
            if verdict == "missed":
                runs.append(0)
            runs[-1] += verdict == "met"
        return runs


def current(history: History, today: date) -> int:
    return Oracle(history, today).lengths()[-1]


@thoroughly
@given(histories(), todays)
def test_the_streak_is_what_a_slow_reading_of_the_rules_says(history: History, today: date) -> None:
    lengths = Oracle(history, today).lengths()
    found = streak(history, today)
    assert (found.current, found.best) == (lengths[-1], max(lengths))


@thoroughly
@given(histories(), todays, st.randoms())
def test_the_order_in_which_facts_came_makes_no_difference(history: History, today: date, random: object) -> None:
    facts = list(history.facts)
    random.shuffle(facts)  # type: ignore[attr-defined]  # hypothesis gives a random.Random and calls it an object
    shuffled = replace(history, facts=tuple(facts))
    assert streak(shuffled, today) == streak(history, today)
    assert explain(shuffled, today) == explain(history, today)


@thoroughly
@given(histories(), todays)
def test_a_streak_tells_its_state_and_its_days_consistently(history: History, today: date) -> None:
    found, oracle = streak(history, today), Oracle(history, today)
    assert (found.current == 0) == (found.state is State.NONE) == (found.since is None) == (found.last_met is None)
    assert (found.at_risk_deadline is not None) == (found.state is State.PENDING)
    if found.since and found.last_met:
        assert found.since <= found.last_met
        assert oracle.met(found.last_met)
        for of_today in (
            period for period in oracle.periods if today in period
        ):  # none for a day before the first or one that nobody lived
            verdict = {"met": State.MET, "open": State.PENDING, "not_due": State.NOT_DUE}[oracle.verdict(of_today)]
            assert found.state is verdict or (verdict is not State.MET and oracle.met(found.last_met) and found.last_met > today)


@thoroughly
@given(histories(), todays)
def test_streak_and_deadline_asked_for_at_once_are_those_asked_for_one_by_one(history: History, today: date) -> None:
    assert streak_and_deadline(history, today) == (streak(history, today), next_deadline(history, today))


@given(histories(), todays)
def test_a_streak_lives_until_its_deadline_and_not_a_second_longer(history: History, today: date) -> None:
    deadline = next_deadline(history, today)
    if deadline is None:
        return
    zone, day_start = history.calendar.zone, history.calendar.day_start
    assert deadline.length == current(history, today) > 0
    assert current(history, civil_day(deadline.at - timedelta(seconds=1), zone, day_start)) == deadline.length
    assert streak(history, civil_day(deadline.at, zone, day_start)).since != streak(history, today).since


@thoroughly
@given(histories(), todays)
def test_the_savings_of_an_explanation_mend_or_extend_the_streak_to_what_it_says(history: History, today: date) -> None:
    told = explain(history, today)
    assert told.current == current(history, today)
    for judgement in filter(None, (told.pending, told.broken.judgement if told.broken else None)):
        assert current(made_by_hand(history, judgement.savings), today) == judgement.becomes > told.current
        assert current(mend(history, judgement.savings), today) == judgement.becomes
        check_shortfall(history, judgement)


def made_by_hand(history: History, savings: tuple[Saving, ...]) -> History:
    """Log what is to be logged; lower the facts of the day themselves, the last first, where its total is to be lowered."""
    facts = list(history.facts)
    for number, saving in enumerate(savings):
        assert (saving.log is None) != (saving.lower_by is None)
        if saving.log is not None:
            facts.append(DayFact(FactId(UUID(int=10_000 + number)), saving.day, saving.log))
        excess = saving.lower_by or 0
        for n, fact in enumerate(facts):
            if fact.day == saving.day and excess:
                cut = min(excess, fact.value)
                facts[n], excess = replace(fact, value=fact.value - cut), excess - cut
        assert excess == 0
    return replace(history, facts=tuple(facts))


def check_shortfall(history: History, judgement: Judgement) -> None:
    inside = [fact for fact in history.facts if judgement.first <= fact.day <= judgement.last]
    assert sorted(judgement.facts) == sorted(fact.fact_id for fact in inside)
    assert (judgement.shortfall is Shortfall.NOTHING_LOGGED) <= (not inside)
    assert len({saving.day for saving in judgement.savings}) == len(judgement.savings)
    if judgement.shortfall is Shortfall.TOO_FEW_DAYS:
        assert judgement.missing == judgement.needed - judgement.reached == len(judgement.savings)
    else:
        assert judgement.reached == sum(fact.value for fact in inside)


@thoroughly
@given(histories(), todays)
def test_one_saving_less_or_a_smaller_one_does_not_do(history: History, today: date) -> None:
    told = explain(history, today)
    for judgement in filter(None, (told.pending, told.broken.judgement if told.broken else None)):
        assert current(made_by_hand(history, judgement.savings[1:]), today) <= told.current
        first = judgement.savings[0]
        target = Oracle(history, today).terms(first.day).target
        if target and history.kind is HabitKind.MEASURED and (first.log or first.lower_by):
            less = Saving(first.day, first.log and first.log - 1, first.lower_by and first.lower_by - 1)
            assert current(mend(history, (less, *judgement.savings[1:])), today) <= told.current


@thoroughly
@given(histories(), todays)
def test_without_a_named_fact_the_streak_is_as_long_as_the_explanation_says(history: History, today: date) -> None:
    told = explain(history, today, named_facts=None)
    assert len({support.fact_id for support in told.rests_on}) == len(told.rests_on) >= told.current
    for support in told.rests_on:
        assert current(history.without(support.fact_id), today) == support.current_without <= told.current


@thoroughly
@given(histories(), todays)
def test_a_fact_that_is_not_named_is_not_what_the_streak_rests_on(history: History, today: date) -> None:
    named = {support.fact_id for support in explain(history, today, named_facts=None).rests_on}
    for fact in history.facts:
        if fact.fact_id not in named:
            assert current(history.without(fact.fact_id), today) >= current(history, today)


@thoroughly
@given(histories(), todays)
def test_the_break_is_the_gap_before_the_current_streak(history: History, today: date) -> None:
    broken, oracle = explain(history, today).broken, Oracle(history, today)
    lengths = oracle.lengths()
    if broken is None:
        begun = [period for period in oracle.periods if period[0] <= today]
        same_unit = takewhile(lambda period: oracle.key(period[0])[0] == oracle.weekly, reversed(begun))
        assert "missed" not in {oracle.verdict(period) for period in same_unit}
        return
    gap = days(history, broken.broken_on, broken.judgement.last, today)
    assert oracle.weekly or DayState.DONE not in {view.state for view in gap if view.due}
    assert broken.missed >= 1
    assert (broken.missed == 1) == (broken.broken_on == broken.judgement.first)
    assert lengths[-1 - broken.missed] == broken.lost
    assert broken.judgement.becomes >= lengths[-1] + 1 + (broken.lost if broken.missed == 1 else 0)


@thoroughly
@given(histories(), todays)
def test_the_calendar_tells_the_same_story_as_the_streak(history: History, today: date) -> None:
    oracle = Oracle(history, today)
    first, last = oracle.begins - 3 * DAY, today + 3 * DAY
    views = days(history, first, last, today)
    assert [view.day for view in views] == [first + n * DAY for n in range((last - first).days + 1)]
    for view in views:
        assert view.total == (sum(oracle.values(view.day)) if oracle.values(view.day) else None)
        assert (view.state is DayState.DONE) == (view.day >= oracle.begins and oracle.met(view.day))
        assert (view.state is DayState.BEFORE) == (view.day < oracle.begins)
        if view.day >= oracle.begins and not oracle.key(view.day)[0]:
            allowed = {
                "met": {DayState.DONE},
                "missed": {DayState.MISSED, DayState.PARTLY},
                "open": {DayState.PENDING} if view.day == today else {DayState.FUTURE},
                "not_due": {DayState.DONE, DayState.NOT_DUE, DayState.FUTURE},
            }
            assert view.state in allowed[oracle.day(view.day)]
