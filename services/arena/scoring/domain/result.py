"""The result document of a battle, and what each contestant's digest is taken of. No names: nothing in here is erased with a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from arena.contracts.battle_spec import BattleSpec
from arena.contracts.events.battles import Timetable
from arena.contracts.ids import BattleId, UserId
from arena.contracts.result import FORMAT
from arena.scoring.domain.rules import score
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, Score
from arena.scoring.domain.rules_facts import select_facts
from arena.scoring.domain.standings import Row


@dataclass(frozen=True, slots=True)
class Contribution:
    """A contestant's score and the JSON value that their digest is taken of."""

    score: Score
    digested: dict[str, Any]


def contribution(contest: Contest, contestant: Contestant, facts: Sequence[CountedFact]) -> Contribution:
    """Score a contestant and list what counted, in an order that depends on nothing but the facts."""
    counted = sorted(select_facts(contest, contestant, facts), key=lambda fact: (fact.fact_id.bytes, fact.revision))
    digested = {
        "user_id": str(contestant.user_id),
        "time_zone": contestant.time_zone,
        "day_start": contestant.day_start,
        "week_start": contestant.week_start.value,
        "habits": [_habit(contestant, habit_id) for habit_id in sorted(contestant.habits, key=lambda habit: habit.bytes)],
        "facts": [_fact(fact) for fact in counted],
    }
    return Contribution(score(contest, contestant, counted), digested)


def result_document(
    battle_id: BattleId,
    spec: BattleSpec,
    timetable: Timetable,
    vector: Mapping[str, Sequence[int]],
    rows: Sequence[Row],
    digests: Mapping[UserId, str],
) -> dict[str, Any]:
    """The document: what was played, by which rule, up to which positions, and what came out. Its SHA-256 is taken over RFC 8785 JSON."""
    return {
        "format": FORMAT,
        "battle_id": str(battle_id),
        "spec": _spec(spec),
        "timetable": {
            "start": instant(timetable.start),
            "end": instant(timetable.end),
            "grace_ends": instant(timetable.grace_ends),
            "audit_ends": instant(timetable.audit_ends),
        },
        "tzdata": timetable.tzdata,
        "rule": spec.scoring.rule,
        "vector": {log: list(positions) for log, positions in sorted(vector.items())},
        "standings": [_row(row, digests[row.score.user_id]) for row in rows],
    }


def instant(moment: datetime) -> str:
    """An instant as the document words it: UTC, microseconds always written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _row(row: Row, digest: str) -> dict[str, Any]:
    reached = row.score.last_counted_at
    return {
        "user_id": str(row.score.user_id),
        "rank": row.rank,
        "score": row.score.score,
        "met_days": row.score.met_days,
        "longest_streak": row.score.longest_streak,
        "facts": row.score.facts,
        "last_counted_at": None if reached is None else instant(reached),
        "digest": digest,
    }


def _fact(fact: CountedFact) -> dict[str, Any]:
    return {
        "fact_id": str(fact.fact_id),
        "revision": fact.revision,
        "habit_id": str(fact.habit_id),
        "day": fact.civil_day.isoformat(),
        "instant": None if fact.instant is None else instant(fact.instant),
        "value": fact.value,
        "accepted_at": instant(fact.accepted_at),
    }


def _habit(contestant: Contestant, habit_id: Any) -> dict[str, Any]:
    terms = contestant.habits[habit_id]
    return {
        "habit_id": str(habit_id),
        "schedule": {"type": terms.schedule.type.value, "days": [day.value for day in terms.schedule.days], "times": terms.schedule.times},
        "target": None if terms.target is None else {terms.target.bound.value: terms.target.amount},
    }


def _spec(spec: BattleSpec) -> dict[str, Any]:
    window, scoring = spec.window, spec.scoring
    return {
        "kind": spec.kind.value,
        "window": {
            "start": window.start.isoformat(),
            "end": window.end.isoformat(),
            "time_zone": window.time_zone,
            "days": window.days.value,
            "grace_minutes": window.grace_minutes,
            "audit_minutes": window.audit_minutes,
            "disambiguation": window.disambiguation.value,
        },
        "scoring": {
            "rule": scoring.rule,
            "per": None if scoring.per is None else scoring.per.value,
            "points": scoring.points,
            "streak_bonus": scoring.streak_bonus,
            "streak_bonus_cap": scoring.streak_bonus_cap,
            "tie_breaks": [tie_break.value for tie_break in scoring.tie_breaks],
        },
        "max_participants": spec.max_participants,
        "invite_only": spec.invite_only,
    }
