"""SQL of who is invited by name."""

from collections.abc import Collection

from sqlalchemy import text

from arena.chassis.db.unit_of_work import Question, UnitOfWork
from arena.contracts.ids import BattleId, UserId


async def set_players(uow: UnitOfWork, battle_id: BattleId, players: Collection[UserId]) -> None:
    """Invite these people and nobody else: who is invited already stays so, and who declined is not asked again."""
    await uow.ask(
        ("delete from invitation where battle_id = %s and user_id <> all(%b::uuid[])", (battle_id, list(players))),
        _invite(uow, battle_id, players),
    )


async def add(uow: UnitOfWork, battle_id: BattleId, players: Collection[UserId]) -> None:
    """Invite these people."""
    await uow.ask(_invite(uow, battle_id, players))


async def stands(uow: UnitOfWork, battle_id: BattleId, user_id: UserId) -> bool:
    """Whether somebody is invited and has not declined."""
    rows = await uow.connection.execute(
        text("select 1 from invitation where battle_id = :battle and user_id = :user and declined_at is null"),
        {"battle": battle_id, "user": user_id},
    )
    return rows.first() is not None


async def decline(uow: UnitOfWork, battle_id: BattleId, user_id: UserId) -> bool:
    """Note that somebody does not want to; False if they were never invited."""
    rows = await uow.connection.execute(
        text("update invitation set declined_at = coalesce(declined_at, :now) where battle_id = :battle and user_id = :user returning 1"),
        {"battle": battle_id, "user": user_id, "now": uow.now},
    )
    return rows.first() is not None


def _invite(uow: UnitOfWork, battle_id: BattleId, players: Collection[UserId]) -> Question:
    statement = "insert into invitation select %s, user_id, %s from unnest(%b::uuid[]) user_id order by user_id on conflict do nothing"
    return statement, (battle_id, uow.now, list(players))
