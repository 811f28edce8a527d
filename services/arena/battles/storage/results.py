"""SQL of results."""

from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import BattleId


async def add(uow: UnitOfWork, battle_id: BattleId, document: str, result_hash: str) -> None:
    """Keep the last word on a battle: canonical JSON, and the SHA-256 over it."""
    await uow.connection.execute(
        text("insert into result values (:battle, :document, :hash, :now)"),
        {"battle": battle_id, "document": document, "hash": result_hash, "now": uow.now},
    )


async def find(uow: UnitOfWork, battle_id: BattleId) -> tuple[str, str] | None:
    """The document and its hash, once there is one."""
    rows = await uow.connection.execute(text("select document, hash from result where battle_id = :battle"), {"battle": battle_id})
    row = rows.first()
    return None if row is None else (row.document, row.hash)
