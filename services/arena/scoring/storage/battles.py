"""Battles as scoring keeps them: definition, contestants, the facts that may count, standings."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import BattleSpec, Phase
from arena.contracts.events.battles import BattleOpened, ParticipantJoined, Timetable
from arena.contracts.events.habits import Source
from arena.contracts.habit import Weekday
from arena.contracts.ids import BattleId, FactId, HabitId, UserId
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, HabitTerms, Score, TermsChange, frozen_terms, unlived_days
from arena.scoring.storage.ledger import to_schedule, to_target

_MARGIN = timedelta(days=2)
"""The civil day of an instant differs from its UTC date by less than this, whatever the zone and the day start."""

Pair = tuple[BattleId, UserId]


class StoredBattle(NamedTuple):
    """A battle's row; `version` counts what changed on the battles' side, `revision` the changes of its standings."""

    battle_id: BattleId
    owner_id: UserId
    phase: Phase
    spec: BattleSpec
    timetable: Timetable
    version: int
    revision: int
    as_of: datetime
    vector: dict[str, list[int]] | None
    result_hash: str | None

    @property
    def contest(self) -> Contest:
        """What of it decides about points."""
        return _contest(self.spec, self.timetable)


_COLUMNS = "battle_id, owner_id, phase, spec, timetable, version, revision, as_of, vector, result_hash"


async def add_battle(uow: UnitOfWork, opened: BattleOpened, at: datetime) -> None:
    """Keep a battle that opened."""
    await uow.connection.execute(
        text(
            "insert into battle (battle_id, owner_id, phase, spec, timetable, closes_at, as_of) values (:battle, :owner, 'open', :spec, "
            ":timetable, :closes, :at)"
        ),
        {
            "battle": opened.battle_id,
            "owner": opened.owner_id,
            "spec": _json(opened.spec),
            "timetable": _json(opened.timetable),
            "closes": opened.timetable.audit_ends,
            "at": at,
        },
    )


async def change_battle(
    uow: UnitOfWork, battle_id: BattleId, timetable: Timetable, *, spec: BattleSpec | None = None, phase: Phase | None = None
) -> None:
    """Keep another definition or phase."""
    await uow.connection.execute(
        text(
            "update battle set timetable = :timetable, closes_at = :closes, spec = coalesce(:spec, spec), phase = "
            "coalesce(:phase, phase), version = "
            "version + 1 "
            "where battle_id = :battle"
        ),
        {
            "battle": battle_id,
            "timetable": _json(timetable),
            "closes": timetable.audit_ends,
            "spec": None if spec is None else _json(spec),
            "phase": None if phase is None else phase.value,
        },
    )


async def touch(uow: UnitOfWork, battle_id: BattleId) -> None:
    """Count a change of who competes or of what is excluded."""
    await uow.connection.execute(text("update battle set version = version + 1 where battle_id = :battle"), {"battle": battle_id})


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
    """Let nothing of somebody count."""
    await uow.connection.execute(
        text("update contestant set disqualified_at = :at where battle_id = :battle and user_id = :user"),
        {"battle": battle_id, "user": user_id, "at": at},
    )


async def exclude(uow: UnitOfWork, battle_id: BattleId, user_id: UserId, fact_id: FactId, at: datetime) -> None:
    """Let a fact not count in one battle."""
    await uow.connection.execute(
        text("insert into exclusion values (:battle, :user, :fact, :at) on conflict do nothing"),
        {"battle": battle_id, "user": user_id, "fact": fact_id, "at": at},
    )


async def lock_battles(uow: UnitOfWork, battles: Iterable[BattleId]) -> dict[BattleId, StoredBattle]:
    """These battles, held until the transaction ends; locked in the order of their ids."""
    driver = await uow.driver()
    cursor = await driver.execute(
        f"select {_COLUMNS} from battle where battle_id = any(%s) order by battle_id for no key update", (sorted(battles),)
    )
    return {row[0]: _battle(row) for row in await cursor.fetchall()}


async def find_battle(uow: UnitOfWork, battle_id: BattleId) -> StoredBattle | None:
    """One battle, not held."""
    driver = await uow.driver()
    cursor = await driver.execute(f"select {_COLUMNS} from battle where battle_id = %s", (battle_id,))
    row = await cursor.fetchone()
    return None if row is None else _battle(row)


_STARTS = "hashtext('scoring.starts')"


async def hold_starts(uow: UnitOfWork) -> None:
    """No battle starts until this transaction ends; many may hold starts at once.

    Whoever keeps a fact asks which battles are running, and a start asks which facts there are. Side by side neither would see the other.
    """
    await (await uow.driver()).execute(f"select pg_advisory_xact_lock_shared({_STARTS})")


async def start_alone(uow: UnitOfWork) -> None:
    """Wait for all who hold starts, and let the next ones see what starts now. Asked for before any battle is locked."""
    await (await uow.driver()).execute(f"select pg_advisory_xact_lock({_STARTS})")


async def live_pairs(uow: UnitOfWork, users: Iterable[UserId], habits: Iterable[HabitId]) -> list[Pair]:
    """Which contestants, in battles under way, these users' facts of these habits may concern.

    A battle counts as under way until its result stands: the ledger may be read later than the battle's own log.
    """
    driver = await uow.driver()
    cursor = await driver.execute(
        "select c.battle_id, c.user_id from contestant c join battle b using (battle_id) "
        "where c.user_id = any(%s) and c.habits && %s and c.left_at is null "
        "and b.phase in ('running', 'grace', 'audit') and b.result_hash is null order by 1, 2",
        (list(users), list(habits)),
        binary=True,
    )
    return [(battle, user) for battle, user in await cursor.fetchall()]


async def pairs_of(uow: UnitOfWork, battle_id: BattleId) -> list[Pair]:
    """Everybody who competes in a battle."""
    rows = await uow.connection.execute(
        text(
            "select c.user_id from contestant c join battle b using (battle_id) "
            "where c.battle_id = :battle and (c.left_at is null or c.left_at >= b.closes_at) order by 1"
        ),
        {"battle": battle_id},
    )
    return [(battle_id, row.user_id) for row in rows]


async def contestants(uow: UnitOfWork, pairs: Sequence[Pair], battles: Mapping[BattleId, StoredBattle]) -> dict[Pair, Contestant]:
    """The contestants of these pairs, with their terms as frozen at the start; who has left meanwhile is none any more."""
    driver = await uow.driver()
    wanted = [[battle for battle, _ in pairs], [user for _, user in pairs]]
    cursor = await driver.execute(
        "select c.* from contestant c join unnest(%s::uuid[], %s::uuid[]) w(battle_id, user_id) using (battle_id, user_id) "
        "join battle b using (battle_id) where c.left_at is null or c.left_at >= b.closes_at",
        wanted,
    )
    rows = await cursor.fetchall()
    changes = await _terms_changes(uow, sorted({habit for row in rows for habit in row[2]}))
    excluded = await _exclusions(uow, list(battles))
    return {(row[0], row[1]): _contestant(row, battles[row[0]], changes, excluded) for row in rows}


async def _terms_changes(uow: UnitOfWork, habits: Sequence[HabitId]) -> dict[HabitId, list[TermsChange]]:
    driver = await uow.driver()
    cursor = await driver.execute(
        "select habit_id, accepted_at, from_day, schedule, target_bound, target_amount from terms where habit_id = any(%s) "
        "order by habit_id, place",
        (list(habits),),
    )
    found: dict[HabitId, list[TermsChange]] = {}
    for habit_id, accepted_at, from_day, schedule, bound, amount in await cursor.fetchall():
        terms = HabitTerms(to_schedule(schedule), to_target(bound, amount))
        found.setdefault(habit_id, []).append(TermsChange(accepted_at, from_day, terms))
    return found


async def _exclusions(uow: UnitOfWork, battles: Sequence[BattleId]) -> dict[Pair, set[FactId]]:
    rows = await uow.connection.execute(
        text(
            "select e.battle_id, e.user_id, e.fact_id from exclusion e join battle b using (battle_id) "
            "where e.battle_id = any(:battles) and e.at < b.closes_at"
        ),
        {"battles": list(battles)},
    )
    found: dict[Pair, set[FactId]] = {}
    for row in rows:
        found.setdefault((row.battle_id, row.user_id), set()).add(row.fact_id)
    return found


async def facts(
    uow: UnitOfWork, wanted: Mapping[Pair, Contestant], battles: Mapping[BattleId, StoredBattle]
) -> dict[Pair, list[CountedFact]]:
    """Every revision of the contestants' facts near the window; the domain decides which count."""
    rows = [
        (battle, user, habit, battles[battle].contest.first_day - _MARGIN, battles[battle].contest.end_day + _MARGIN)
        for (battle, user), contestant in wanted.items()
        for habit in contestant.habits
    ]
    found: dict[Pair, list[CountedFact]] = {pair: [] for pair in wanted}
    if not rows:
        return found
    driver = await uow.driver()
    cursor = await driver.execute(
        "select w.battle_id, w.user_id, f.fact_id, f.revision, f.habit_id, f.civil_day, f.instant, f.value, f.accepted_at, "
        "f.ended_at, f.source "
        "from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::date[], %s::date[]) w(battle_id, user_id, habit_id, first, last) "
        "join fact f on f.habit_id = w.habit_id and f.user_id = w.user_id and f.civil_day between w.first and w.last and f.source = 'app'",
        [list(column) for column in zip(*rows, strict=True)],
        binary=True,
    )
    for battle, user, fact_id, revision, habit, day, instant, value, accepted_at, ended_at, _ in await cursor.fetchall():
        found[battle, user].append(CountedFact(fact_id, revision, habit, day, instant, value, accepted_at, ended_at, Source.APP))
    return found


async def standings_of(uow: UnitOfWork, battles: Iterable[BattleId]) -> dict[BattleId, dict[UserId, tuple[int, Score]]]:
    """The stored standings: by battle and user the rank and the score."""
    driver = await uow.driver()
    cursor = await driver.execute(
        "select battle_id, user_id, rank, score, met_days, longest_streak, facts, last_counted_at from standing where battle_id = any(%s)",
        (list(battles),),
        binary=True,
    )
    found: dict[BattleId, dict[UserId, tuple[int, Score]]] = {}
    for battle, user, rank, score, met_days, longest, count, last in await cursor.fetchall():
        found.setdefault(battle, {})[user] = (rank, Score(user, score, met_days, longest, count, last))
    return found


async def save_standings(uow: UnitOfWork, rows: Sequence[tuple[BattleId, int, Score]]) -> None:
    """Keep changed lines: (battle, rank, score)."""
    driver = await uow.driver()
    ordered = sorted(rows, key=lambda row: (row[0], row[2].user_id))
    flat = [(battle, s.user_id, rank, s.score, s.met_days, s.longest_streak, s.facts, s.last_counted_at) for battle, rank, s in ordered]
    await driver.execute(
        "insert into standing select * from unnest(%s::uuid[], %s::uuid[], %s::int[], %s::bigint[], %s::int[], %s::int[], %s::int[], "
        "%s::timestamptz[]) on conflict (battle_id, user_id) do update set rank = excluded.rank, score = excluded.score, "
        "met_days = excluded.met_days, longest_streak = excluded.longest_streak, facts = excluded.facts, "
        "last_counted_at = excluded.last_counted_at",
        [list(column) for column in zip(*flat, strict=True)],
    )


async def count_revisions(uow: UnitOfWork, battles: Sequence[BattleId], as_of: datetime) -> None:
    """The standings of these battles (held) changed once more."""
    await uow.connection.execute(
        text("update battle set revision = revision + 1, as_of = :as_of where battle_id = any(:battles)"),
        {"battles": list(battles), "as_of": as_of},
    )


async def save_vector(uow: UnitOfWork, battle_id: BattleId, vector: Mapping[str, Sequence[int]]) -> None:
    """Keep the barrier's answer."""
    await uow.connection.execute(
        text("update battle set vector = cast(:vector as jsonb) where battle_id = :battle"), {"battle": battle_id, "vector": _json(vector)}
    )


async def save_result(uow: UnitOfWork, battle_id: BattleId, document: Mapping[str, Any], result_hash: str) -> None:
    """Keep the last word on a battle."""
    await uow.connection.execute(
        text("update battle set result = cast(:document as jsonb), result_hash = :hash where battle_id = :battle"),
        {"battle": battle_id, "document": _json(document), "hash": result_hash},
    )


def _battle(row: Sequence[Any]) -> StoredBattle:
    battle_id, owner, phase, spec, timetable, version, revision, as_of, vector, result_hash = row
    return StoredBattle(battle_id, owner, Phase(phase), _spec(spec), _timetable(timetable), version, revision, as_of, vector, result_hash)


@lru_cache(maxsize=20_000)
def _spec(stored: str) -> BattleSpec:
    return msgspec.json.decode(stored, type=BattleSpec)


@lru_cache(maxsize=20_000)
def _timetable(stored: str) -> Timetable:
    return msgspec.json.decode(stored, type=Timetable)


@lru_cache(maxsize=20_000)
def _contest(spec: BattleSpec, timetable: Timetable) -> Contest:
    return Contest.of(spec, timetable)


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


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
