"""How often a battle's standings were announced."""

from datetime import datetime

from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import BattleId


async def set_revision(uow: UnitOfWork, battle_id: BattleId, revision: int, as_of: datetime) -> None:
    """Go on counting from here."""
    await uow.connection.execute(
        text("update battle set revision = :revision, as_of = :as_of where battle_id = :battle"),
        {"battle": battle_id, "revision": revision, "as_of": as_of},
    )
