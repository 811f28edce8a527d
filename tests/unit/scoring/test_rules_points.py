"""`points@1` by examples to recompute by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from timeit import repeat
from uuid import UUID

import pytest

from arena.contracts.battle_spec import RULES as ACCEPTED
from arena.contracts.battle_spec import DayRule, Per, ScoringSpec
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.habit import Bound, Schedule, ScheduleType, Target, Weekday
from arena.contracts.ids import FactId, HabitId, UserId
from arena.scoring.domain.rules import RULES, RuleUnknown, score
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, HabitTerms, Score
from arena.scoring.domain.rules_facts import select_facts

use_tzdata_wheel()

RUN, READ = HabitId(UUID(int=1)), HabitId(UUID(int=2))
START = datetime(2026, 6, 1, tzinfo=UTC)
ANN = Contestant(UserId(UUID(int=9)), {RUN: HabitTerms(), READ: HabitTerms()}, "Etc/UTC", 0, Weekday.MON)
END = START + timedelta(days=30)


def contest(per: Per = Per.MET_DAY, scoring: ScoringSpec | None = None, days: DayRule = DayRule.INSTANT) -> Contest:
    return Contest(days, START, END, END, date(2026, 6, 1), date(2026, 7, 1), scoring or ScoringSpec(), per)


def fact(day: int, hour: int = 12, value: int = 1000, habit: HabitId = RUN) -> CountedFact:
    at = START + timedelta(days=day - 1, hours=hour)
    return CountedFact(FactId(UUID(int=day * 100 + hour)), 1, habit, at.date(), at, value, at)


def at(day: int, hour: int = 12) -> datetime:
    return START + timedelta(days=day - 1, hours=hour)


def ran(target: Target | None, schedule: Schedule | None = None) -> Contestant:
    return replace(ANN, habits={RUN: HabitTerms(schedule or Schedule(), target)})


def test_who_did_nothing_has_nothing() -> None:
    for per in Per:
        assert score(contest(per), ANN, []) == Score(ANN.user_id, 0, 0, 0, 0, None)


def test_per_fact_every_fact_earns_points() -> None:
    facts = [fact(1), fact(1, 13), fact(3, habit=READ)]
    assert score(contest(Per.FACT), ANN, facts) == Score(ANN.user_id, 30, met_days=2, longest_streak=1, facts=3, last_counted_at=at(3))


def test_per_met_day_each_met_day_of_each_habit_earns_points_once() -> None:
    facts = [fact(1), fact(1, 13), fact(1, 14, habit=READ), fact(2)]
    assert score(contest(), ANN, facts) == Score(ANN.user_id, 30, met_days=3, longest_streak=2, facts=4, last_counted_at=at(2))


def test_points_are_as_declared() -> None:
    assert score(contest(scoring=ScoringSpec(points=7)), ANN, [fact(1), fact(3)]).score == 14


@pytest.mark.parametrize(
    ("target", "values", "met_at_hour"),
    [
        (None, [1], 1),
        (Target(Bound.AT_LEAST, 3000), [1000, 1999], None),
        (Target(Bound.AT_LEAST, 3000), [1000, 2000, 500], 2),
        (Target(Bound.AT_LEAST, 3000), [3000, 1], 1),
        (Target(Bound.AT_MOST, 3000), [0], 1),
        (Target(Bound.AT_MOST, 3000), [1000, 2000], 1),
        (Target(Bound.AT_MOST, 3000), [1000, 2001], None),
    ],
)
def test_a_day_is_met_by_its_total_and_at_the_fact_that_settled_it(
    target: Target | None, values: list[int], met_at_hour: int | None
) -> None:
    facts = [fact(1, hour, value) for hour, value in enumerate(values, start=1)]
    for order in (facts, facts[::-1]):
        found = score(contest(), ran(target), order)
        assert found.met_days == (met_at_hour is not None)
        assert found.last_counted_at == (None if met_at_hour is None else at(1, met_at_hour))
        assert found.facts == len(facts)


def test_the_score_was_reached_at_the_last_met_day_or_fact_of_any_habit() -> None:
    facts = [fact(2, 3), fact(1, 9, habit=READ), fact(2, 8)]
    assert score(contest(Per.FACT), ANN, facts).last_counted_at == at(2, 8)
    assert score(contest(), ANN, facts).last_counted_at == at(2, 3)
    assert score(contest(), ANN, facts[1:2]).last_counted_at == at(1, 9)


@pytest.mark.parametrize(
    ("days", "bonus", "cap", "expected"),
    [
        ([1], 5, 20, 0),
        ([1, 2], 5, 20, 5),
        ([1, 2, 3], 5, 20, 15),
        ([1, 2, 3, 4, 5], 5, 20, 50),
        ([1, 2, 3, 4, 5, 6, 7], 5, 20, 90),
        ([1, 2, 3, 4], 5, 12, 27),
        ([1, 2, 3, 4], 5, 5, 15),
        ([1, 2, 4, 5, 6], 5, 20, 20),
        ([1, 3, 5], 5, 20, 0),
        ([1, 2, 3], 0, 20, 0),
        ([1, 2, 3], 0, 0, 0),
    ],
)
@pytest.mark.parametrize("per", list(Per))
def test_the_bonus_grows_with_each_further_day_of_a_run_up_to_its_cap(
    days: list[int], bonus: int, cap: int, expected: int, per: Per
) -> None:
    scoring = ScoringSpec(streak_bonus=bonus, streak_bonus_cap=cap)
    assert score(contest(per, scoring), ANN, [fact(day) for day in days]).score == 10 * len(days) + expected


def test_each_habit_has_runs_of_its_own_and_the_longest_is_told() -> None:
    scoring = ScoringSpec(streak_bonus=2, streak_bonus_cap=3)
    facts = [fact(1), fact(2), fact(3), fact(3, habit=READ), fact(4, habit=READ)]
    found = score(contest(scoring=scoring), ANN, facts)
    assert (found.score, found.longest_streak, found.met_days) == (50 + (2 + 3) + 2, 3, 5)


def test_weeks_make_the_runs_of_a_habit_due_so_many_times_a_week() -> None:
    weekly = ran(None, Schedule(ScheduleType.TIMES_PER_WEEK, times=2))
    scoring = ScoringSpec(streak_bonus=5, streak_bonus_cap=5)
    found = score(contest(scoring=scoring), weekly, [fact(day) for day in (1, 7, 8, 9, 20, 21)])
    assert (found.longest_streak, found.met_days, found.score) == (3, 6, 70)


def test_every_rule_that_battles_accepts_has_a_function() -> None:
    assert set(RULES) == ACCEPTED


def test_a_rule_of_a_later_version_is_named() -> None:
    unknown = contest(scoring=ScoringSpec(rule="points@9"))
    with pytest.raises(RuleUnknown) as refused:
        score(unknown, ANN, [])
    assert refused.value.rule == "points@9"
    assert str(refused.value) == "This version knows no rule 'points@9'; it knows points@1."


@pytest.mark.speed
@pytest.mark.parametrize("days", list(DayRule))
def test_selecting_and_scoring_twenty_facts_takes_some_forty_microseconds(days: DayRule) -> None:
    asked = contest(Per.MET_DAY, ScoringSpec(streak_bonus=5, streak_bonus_cap=20), days)
    facts = [fact(1 + n % 14, n) for n in range(20)]
    assert score(asked, ANN, select_facts(asked, ANN, facts)).facts == 20
    fastest = min(repeat(lambda: score(asked, ANN, select_facts(asked, ANN, facts)), number=200, repeat=25)) / 200
    # Measured 33 µs under instants, 37 µs under own days; three times as much, so that a busy machine does not fail it.
    assert fastest < 120e-6
