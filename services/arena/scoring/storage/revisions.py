"""How often a battle's standings were announced."""

from collections.abc import Sequence
from datetime import datetime

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import BattleId

_SET = """
update battle b set revision = n.revision, as_of = n.as_of
from unnest(%b::uuid[], %b::int[], %b::timestamptz[]) n(battle_id, revision, as_of) where b.battle_id = n.battle_id"""


async def set_revisions(uow: UnitOfWork, rows: Sequence[tuple[BattleId, int, datetime]]) -> None:
    """Go on counting from here: (battle, revision, when it was announced)."""
    if rows:
        await uow.ask((_SET, [list(column) for column in zip(*rows, strict=True)]))
