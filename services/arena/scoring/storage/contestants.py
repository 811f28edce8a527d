"""Who competes with which habits, and their facts that may count."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.battles import ParticipantJoined
from arena.contracts.habit import Weekday
from arena.contracts.ids import BattleId, FactId, HabitId, UserId
from arena.scoring.domain.rules_contest import Contestant, CountedFact, HabitTerms, TermsChange, frozen_terms, unlived_days
from arena.scoring.storage.battles import HOLD_STARTS, StoredBattle
from arena.scoring.storage.ledger import to_schedule, to_target

_MARGIN = timedelta(days=2)
"""The civil day of an instant differs from its UTC date by less than this, whatever the zone and the day start."""

Pair = tuple[BattleId, UserId]


class Entry(NamedTuple):
    """Somebody who competes, and their facts that may count."""

    contestant: Contestant
    facts: list[CountedFact]


_LIVE_PAIRS = """
select distinct c.battle_id, c.user_id from unnest(%b::uuid[], %b::uuid[]) w(habit_id, user_id)
join contestant c on c.user_id = w.user_id and w.habit_id = any(c.habits) join battle b using (battle_id)
where c.left_at is null and c.disqualified_at is null
and b.phase in ('running', 'grace', 'audit') and b.result_hash is null order by 1, 2"""
_CONTESTANTS = """
select c.* from unnest(%b::uuid[], %b::uuid[]) w(battle_id, user_id) join contestant c using (battle_id, user_id)
join battle b using (battle_id) where c.left_at is null or c.left_at >= b.closes_at"""
_TERMS = """
select habit_id, accepted_at, from_day, schedule::text, target_bound, target_amount from terms
where habit_id = any(%b) order by habit_id, place"""
_EXCLUSIONS = """
select e.battle_id, e.user_id, e.fact_id from exclusion e join battle b using (battle_id)
where e.battle_id = any(%b) and e.at < b.closes_at"""
_FACTS = """
select w.place, f.fact_id, f.revision, f.civil_day, f.instant, f.value, f.accepted_at, f.ended_at
from unnest(%b::int[], %b::uuid[], %b::uuid[], %b::date[], %b::date[]) w(place, user_id, habit_id, first, last)
join fact f on f.habit_id = w.habit_id and f.user_id = w.user_id and f.civil_day between w.first and w.last
where f.source = 'app'"""


async def add_contestant(uow: UnitOfWork, joined: ParticipantJoined) -> None:
    """Keep somebody who joined (or came back)."""
    await uow.connection.execute(
        text(
            "insert into contestant values (:battle, :user, :habits, :zone, :start, :week) on conflict (battle_id, user_id) do update "
            "set habits = excluded.habits, time_zone = excluded.time_zone, day_start = excluded.day_start, week_start = "
            "excluded.week_start, "
            "left_at = null"
        ),
        {
            "battle": joined.battle_id,
            "user": joined.user_id,
            "habits": list(joined.habits),
            "zone": joined.time_zone,
            "start": joined.day_start,
            "week": joined.week_start.value,
        },
    )


async def mark_left(uow: UnitOfWork, battle_id: BattleId, user_id: UserId, at: datetime) -> None:
    """Take somebody who left out of the standings."""
    await uow.connection.execute(
        text("update contestant set left_at = :at where battle_id = :battle and user_id = :user"),
        {"battle": battle_id, "user": user_id, "at": at},
    )
    await uow.connection.execute(
        text("delete from standing where battle_id = :battle and user_id = :user"), {"battle": battle_id, "user": user_id}
    )


async def mark_disqualified(uow: UnitOfWork, battle_id: BattleId, user_id: UserId, at: datetime) -> None:
    """Take somebody whom an arbiter has disqualified out of the standings."""
    await uow.connection.execute(
        text("update contestant set disqualified_at = coalesce(disqualified_at, :at) where battle_id = :battle and user_id = :user"),
        {"battle": battle_id, "user": user_id, "at": at},
    )
    await uow.connection.execute(
        text("delete from standing where battle_id = :battle and user_id = :user"), {"battle": battle_id, "user": user_id}
    )


async def exclude(uow: UnitOfWork, battle_id: BattleId, user_id: UserId, fact_id: FactId, at: datetime) -> None:
    """Let a fact not count in one battle."""
    await uow.connection.execute(
        text("insert into exclusion values (:battle, :user, :fact, :at) on conflict do nothing"),
        {"battle": battle_id, "user": user_id, "fact": fact_id, "at": at},
    )


async def live_pairs(uow: UnitOfWork, owned: Mapping[HabitId, UserId]) -> list[Pair]:
    """Which contestants, in battles under way, facts of these habits (with their owners) may concern. No battle starts meanwhile.

    A battle counts as under way until its result stands: the ledger may be read later than the battle's own log.
    """
    _, pairs = await uow.ask(HOLD_STARTS, (_LIVE_PAIRS, (list(owned), list(owned.values()))))
    return pairs


async def pairs_of(uow: UnitOfWork, battle_id: BattleId) -> list[Pair]:
    """Everybody who competes in a battle."""
    rows = await uow.connection.execute(
        text(
            "select c.user_id from contestant c join battle b using (battle_id) "
            "where c.battle_id = :battle and (c.left_at is null or c.left_at >= b.closes_at) "
            "and (c.disqualified_at is null or c.disqualified_at >= b.closes_at) order by 1"
        ),
        {"battle": battle_id},
    )
    return [(battle_id, row.user_id) for row in rows]


async def entries(uow: UnitOfWork, pairs: Sequence[Pair], battles: Mapping[BattleId, StoredBattle]) -> dict[Pair, Entry]:
    """The contestants of these pairs, with their terms as frozen at the start; who has left meanwhile is none any more.

    With every revision of their facts near the window; the domain decides which count.
    """
    wanted = [battle for battle, _ in pairs], [user for _, user in pairs]
    rows, exclusions = await uow.ask((_CONTESTANTS, wanted), (_EXCLUSIONS, (list(battles),)))
    places = [(row[0], row[1], habit) for row in rows for habit in row[2]]
    windows = [_near(battles[battle]) for battle, _, _ in places]
    terms, facts = await uow.ask(
        (_TERMS, ([habit for _, _, habit in places],)),
        (
            _FACTS,
            (
                list(range(len(places))),
                [user for _, user, _ in places],
                [habit for _, _, habit in places],
                [first for first, _ in windows],
                [last for _, last in windows],
            ),
        ),
    )
    changes, excluded = _changes(terms), _excluded(exclusions)
    found = {(row[0], row[1]): Entry(_contestant(row, battles[row[0]], changes, excluded), []) for row in rows}
    competing = [habit in found[battle, user].contestant.habits for battle, user, habit in places]
    kept = [found[battle, user].facts for battle, user, _ in places]
    for place, fact_id, revision, day, instant, value, accepted_at, ended_at in facts:
        if competing[place]:
            kept[place].append(CountedFact(fact_id, revision, places[place][2], day, instant, value, accepted_at, ended_at))
    return found


def _near(battle: StoredBattle) -> tuple[date, date]:
    return battle.contest.first_day - _MARGIN, battle.contest.end_day + _MARGIN


def _changes(rows: Sequence[Any]) -> dict[HabitId, list[TermsChange]]:
    found: dict[HabitId, list[TermsChange]] = {}
    for habit_id, accepted_at, from_day, *terms in rows:
        found.setdefault(habit_id, []).append(TermsChange(accepted_at, from_day, _terms(*terms)))
    return found


@lru_cache(maxsize=4096)
def _terms(schedule: str, bound: str | None, amount: int | None) -> HabitTerms:
    """Read terms; most habits have the same few."""
    return HabitTerms(to_schedule(schedule), to_target(bound, amount))


def _excluded(rows: Sequence[Any]) -> dict[Pair, set[FactId]]:
    found: dict[Pair, set[FactId]] = {}
    for battle_id, user_id, fact_id in rows:
        found.setdefault((battle_id, user_id), set()).add(fact_id)
    return found


def _contestant(
    row: Sequence[Any], stored: StoredBattle, changes: Mapping[HabitId, list[TermsChange]], excluded: Mapping[Pair, set[FactId]]
) -> Contestant:
    battle, user, habits, zone, day_start, week_start, _, disqualified_at = row
    contest = stored.contest
    disqualified = disqualified_at is not None and disqualified_at < stored.timetable.audit_ends
    terms = frozen_terms({habit: changes[habit] for habit in habits if habit in changes}, contest)
    unlived = unlived_days(contest.first_day, contest.end_day, zone, day_start)
    out = frozenset(excluded.get((battle, user), ()))
    return Contestant(user, terms, zone, day_start, Weekday(week_start), unlived, out, disqualified=disqualified)
