"""The standings as last announced: a rank and a score for each contestant."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import BattleId, UserId
from arena.scoring.domain.rules_contest import Score

Stored = dict[UserId, tuple[int, Score]]


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


async def save_standings(uow: UnitOfWork, rows: Sequence[tuple[BattleId, int, Score]]) -> None:
    """Keep changed lines: (battle, rank, score). Their battles are held, so their order does not matter."""
    driver = await uow.driver()
    flat = [(battle, rank, *reached) for battle, rank, reached in rows]
    await driver.execute(
        "insert into standing (battle_id, rank, user_id, score, met_days, longest_streak, facts, last_counted_at) "
        "select * from unnest(%b::uuid[], %b::int[], %b::uuid[], %b::bigint[], %b::int[], %b::int[], %b::int[], %b::timestamptz[]) "
        "on conflict (battle_id, user_id) do update set rank = excluded.rank, score = excluded.score, met_days = excluded.met_days, "
        "longest_streak = excluded.longest_streak, facts = excluded.facts, last_counted_at = excluded.last_counted_at",
        [list(column) for column in zip(*flat, strict=True)],
    )


async def count_revisions(uow: UnitOfWork, battles: Sequence[BattleId], as_of: datetime) -> None:
    """The standings of these battles (held) changed once more."""
    driver = await uow.driver()
    await driver.execute(
        "update battle set revision = revision + 1, as_of = %s where battle_id = any(%b)",
        (as_of, list(battles)),
    )
