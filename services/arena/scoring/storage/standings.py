"""The standings as last announced: a rank and a score for each contestant."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import BattleId, UserId
from arena.scoring.domain.rules_contest import Score

Stored = dict[UserId, tuple[int, Score]]

_SAVE = """
insert into standing (battle_id, rank, user_id, score, met_days, longest_streak, facts, last_counted_at)
select * from unnest(%b::uuid[], %b::int[], %b::uuid[], %b::bigint[], %b::int[], %b::int[], %b::int[], %b::timestamptz[])
on conflict (battle_id, user_id) do update set rank = excluded.rank, score = excluded.score, met_days = excluded.met_days,
longest_streak = excluded.longest_streak, facts = excluded.facts, last_counted_at = excluded.last_counted_at"""
_KEEP = """
insert into standing (battle_id, rank, user_id, score, met_days, longest_streak, facts, last_counted_at)
select battle_id, 0, user_id, score, met_days, longest_streak, facts, last_counted_at
from unnest(%b::uuid[], %b::uuid[], %b::bigint[], %b::int[], %b::int[], %b::int[], %b::timestamptz[])
n(battle_id, user_id, score, met_days, longest_streak, facts, last_counted_at)
on conflict (battle_id, user_id) do update set score = excluded.score, met_days = excluded.met_days,
longest_streak = excluded.longest_streak, facts = excluded.facts, last_counted_at = excluded.last_counted_at
where (standing.score, standing.met_days, standing.longest_streak, standing.facts, standing.last_counted_at)
is distinct from (excluded.score, excluded.met_days, excluded.longest_streak, excluded.facts, excluded.last_counted_at)
returning battle_id"""
_CALLED_OFF = "select battle_id from battle where phase = 'cancelled' and battle_id = any(%b)"
_SET = """
update standing s set rank = n.rank, score = n.score
from unnest(%b::uuid[], %b::uuid[], %b::int[], %b::bigint[]) n(battle_id, user_id, rank, score)
where (s.battle_id, s.user_id) = (n.battle_id, n.user_id)"""
_REVISE = "update battle set revision = revision + 1, as_of = %s where battle_id = any(%b)"


async def standings_of(uow: UnitOfWork, battles: Iterable[BattleId]) -> dict[BattleId, Stored]:
    """The stored standings: by battle and user the rank and the score."""
    driver = await uow.driver()
    cursor = await driver.execute(
        "select battle_id, rank, user_id, score, met_days, longest_streak, facts, last_counted_at from standing where battle_id = any(%b)",
        (list(battles),),
        binary=True,
    )
    found: dict[BattleId, Stored] = {}
    for battle, rank, user, *reached in await cursor.fetchall():
        found.setdefault(battle, {})[user] = (rank, Score(user, *reached))
    return found


async def save(uow: UnitOfWork, rows: Sequence[tuple[BattleId, int, Score]], revised: Sequence[BattleId], as_of: datetime) -> None:
    """Keep changed lines (battle, rank, score) and count the revisions of their battles. These are held, so no order matters."""
    columns = [list(column) for column in zip(*((battle, rank, *reached) for battle, rank, reached in rows), strict=True)]
    await uow.ask(*([(_SAVE, columns)] if columns else []), (_REVISE, (as_of, list(revised))))


async def keep(uow: UnitOfWork, scores: Sequence[tuple[BattleId, Score]]) -> set[BattleId]:
    """Keep scores whose ranks wait for the next announcement; answers in which battles one is new."""
    columns = [list(column) for column in zip(*((battle, *reached) for battle, reached in scores), strict=True)]
    [rows] = await uow.ask((_KEEP, columns))
    return {battle for (battle,) in rows}


async def called_off(uow: UnitOfWork, battles: Iterable[BattleId]) -> set[BattleId]:
    """Which of these battles were called off."""
    [rows] = await uow.ask((_CALLED_OFF, (list(battles),)))
    return {battle for (battle,) in rows}


async def set_announced(uow: UnitOfWork, rows: Sequence[tuple[BattleId, UserId, int, int]]) -> None:
    """Let the lines that are there be what was announced: (battle, user, rank, score)."""
    if rows:
        await uow.ask((_SET, [list(column) for column in zip(*rows, strict=True)]))
