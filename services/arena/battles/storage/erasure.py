"""SQL of forgetting people."""

from collections.abc import Collection

from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import BattleId, UserId


async def erase(uow: UnitOfWork, user_ids: Collection[UserId], *, name: str) -> None:
    """Delete the rows about these people, the reasons given about them, and what they wrote; their battles get the `name`."""
    values = {"users": list(user_ids), "principals": [str(user) for user in user_ids], "name": name}
    for statement in (
        "delete from battle where owner_id = any(:users) and phase = 'draft'",
        "update battle set name = :name where owner_id = any(:users)",
        "delete from participant where user_id = any(:users)",
        "delete from invitation where user_id = any(:users)",
        "update decision set reason = '' where user_id = any(:users)",
        "delete from idempotency_key where principal = any(:principals) and status is not null",
    ):
        await uow.connection.execute(text(statement), values)


async def disown(uow: UnitOfWork, user_ids: Collection[UserId], battle_ids: Collection[BattleId], *, nobody: UserId) -> None:
    """Those of these battles that these people own are nobody's."""
    if battle_ids:
        await uow.connection.execute(
            text("update battle set owner_id = :nobody where id = any(:battles) and owner_id = any(:users)"),
            {"nobody": nobody, "battles": list(battle_ids), "users": list(user_ids)},
        )
