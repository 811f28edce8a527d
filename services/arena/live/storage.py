"""SQL of live: how many watch which battle, as the processes that serve them say."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import BattleId

_TELL = text("""
insert into viewing (instance, battle_id, viewers, seen_at)
select :instance, battle_id, viewers, :at from unnest(cast(:battles as uuid[]), cast(:viewers as integer[])) n(battle_id, viewers)
on conflict (instance, battle_id) do update set viewers = excluded.viewers, seen_at = excluded.seen_at""")
_TAKE_BACK = text("delete from viewing where instance = :instance and battle_id <> all(cast(:battles as uuid[]))")
_SWEEP = text("delete from viewing where ctid in (select ctid from viewing where seen_at < :before for update skip locked)")
_ELSEWHERE = text("""
select coalesce(sum(viewers), 0) from viewing where battle_id = :battle_id and instance <> :instance and seen_at > :after""")


async def tell(uow: UnitOfWork, instance: UUID, viewers: Mapping[BattleId, int]) -> None:
    """Store what a process serves at the moment; what it served before and does not any more is taken back."""
    battles = list(viewers)
    await uow.connection.execute(_TAKE_BACK, {"instance": instance, "battles": battles})
    if battles:
        values = {"instance": instance, "battles": battles, "viewers": list(viewers.values()), "at": uow.now}
        await uow.connection.execute(_TELL, values)


async def sweep(uow: UnitOfWork, before: datetime) -> None:
    """Delete what processes that are gone have left behind."""
    await uow.connection.execute(_SWEEP, {"before": before})


async def viewers_elsewhere(uow: UnitOfWork, instance: UUID, battle_id: BattleId, after: datetime) -> int:
    """How many watch a battle by other processes, as these have said after that instant."""
    values = {"instance": instance, "battle_id": battle_id, "after": after}
    return int(await uow.connection.scalar(_ELSEWHERE, values) or 0)
