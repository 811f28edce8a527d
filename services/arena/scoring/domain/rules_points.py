"""`points@1`: points for each fact or met day, and a bonus for keeping on. A rule that has judged is never changed: copy it as @2."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from operator import attrgetter

from arena.contracts.battle_spec import Per, ScoringSpec
from arena.contracts.habit import Bound, Target
from arena.contracts.ids import HabitId
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, Score
from arena.scoring.domain.rules_runs import runs

_BY_TIME = attrgetter("at")


def points_1(contest: Contest, contestant: Contestant, facts: Sequence[CountedFact]) -> Score:
    """Score the facts that `select_facts` left over.

    `points` for each fact, or for each (habit, day) whose total meets the target; for the second, third … day (or week) of an unbroken run
    of a habit once, twice … `streak_bonus`, each at most `streak_bonus_cap`.
    """
    scoring = contest.scoring
    met = {habit: _met_days(contestant.habits[habit].measure, days) for habit, days in _by_habit_and_day(facts).items()}
    lengths = [
        length for habit, days in met.items() for length in runs(contestant.habits[habit], contestant, [day.toordinal() for day in days])
    ]
    met_days = sum(map(len, met.values()))
    if contest.per is Per.FACT:
        earned, reached = len(facts), max(map(_BY_TIME, facts), default=None)
    else:
        earned, reached = met_days, max((at for days in met.values() for at in days.values()), default=None)
    return Score(
        user_id=contestant.user_id,
        score=earned * scoring.points + sum(_bonus(length, scoring) for length in lengths),
        met_days=met_days,
        longest_streak=max(lengths, default=0),
        facts=len(facts),
        last_counted_at=reached,
    )


def _by_habit_and_day(facts: Iterable[CountedFact]) -> dict[HabitId, dict[date, list[CountedFact]]]:
    habits: dict[HabitId, dict[date, list[CountedFact]]] = {}
    for fact in facts:
        habits.setdefault(fact.habit_id, {}).setdefault(fact.civil_day, []).append(fact)
    return habits


def _met_days(measure: Target, days: dict[date, list[CountedFact]]) -> dict[date, datetime]:
    """The met days, each with the instant at which it was met."""
    met = {}
    for day, facts in days.items():
        at = _met_at(measure, facts)
        if at is not None:
            met[day] = at
    return met


def _met_at(measure: Target, facts: list[CountedFact]) -> datetime | None:
    """When the day's total met the target; an upper limit is kept from the day's first fact on, unless the total goes over it."""
    in_time = sorted(facts, key=_BY_TIME) if len(facts) > 1 else facts
    if measure.bound is Bound.AT_MOST:
        return in_time[0].at if sum(fact.value for fact in facts) <= measure.amount else None
    total = 0
    for fact in in_time:
        total += fact.value
        if total >= measure.amount:
            return fact.at
    return None


def _bonus(length: int, scoring: ScoringSpec) -> int:
    """The bonus of one run: 1, 2, 3 … times `streak_bonus` for every unit after the first, none above the cap."""
    if scoring.streak_bonus == 0:
        return 0
    further = length - 1
    growing = min(further, scoring.streak_bonus_cap // scoring.streak_bonus)
    return scoring.streak_bonus * growing * (growing + 1) // 2 + (further - growing) * scoring.streak_bonus_cap
