"""SQL of looking: a battle as somebody sees it, with their own part in it; lists by age, newest first."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from arena.battles.domain.battle import MAX_PARTICIPANTS, Participant
from arena.battles.domain.declaring import Resource
from arena.battles.storage.battles import COLUMNS, StoredBattle, stored
from arena.battles.storage.declarations import resource
from arena.battles.storage.participants import participant
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import Phase
from arena.contracts.ids import BattleId, UserId


@dataclass(frozen=True, slots=True)
class SeenBattle:
    """A battle, the part that whoever looks has in it, if any, and the resource that declares it, if one does."""

    stored: StoredBattle
    me: Participant | None
    by_name: bool = False
    """Invited by name, and not declined."""
    declared_by: Resource | None = None


_ME = "p.user_id, p.habits, p.time_zone, p.day_start, p.week_start, p.joined_at, p.left_at"
_SEEN = f"""
select {COLUMNS}, b.id as battle_id, {_ME}, d.kind as resource_kind, d.namespace as resource_namespace, d.name as resource_name,
  exists(select from invitation i where i.battle_id = b.id and i.user_id = :viewer and i.declined_at is null) as by_name
from battle b left join participant p on p.battle_id = b.id and p.user_id = :viewer left join declaration d on d.battle_id = b.id"""
_LIMIT = f"coalesce(cast(b.spec ->> 'max_participants' as integer), {MAX_PARTICIPANTS})"
_PLACES = f"case when b.spec ->> 'kind' = 'head_to_head' then 2 else {_LIMIT} end"


async def find(uow: UnitOfWork, battle_id: BattleId, viewer: UserId | None) -> SeenBattle | None:
    """One battle."""
    return await _one(uow, "b.id = :given", battle_id, viewer)


async def find_by_invite(uow: UnitOfWork, token: str, viewer: UserId | None) -> SeenBattle | None:
    """The battle that an invite leads to."""
    return await _one(uow, "b.invite = :given", token, viewer)


async def find_by_spectator(uow: UnitOfWork, token: str, viewer: UserId | None) -> SeenBattle | None:
    """The battle that a spectator link leads to."""
    return await _one(uow, "b.spectator = :given", token, viewer)


async def mine(uow: UnitOfWork, viewer: UserId, *, phases: Collection[Phase], before: BattleId | None, limit: int) -> list[SeenBattle]:
    """The battles that the viewer owns or takes part in; all phases where none is named."""
    owned = "b.id in (select id from battle where owner_id = :viewer union all select battle_id from participant where user_id = :viewer)"
    return await _list(uow, owned, viewer, phases, before, limit)


async def open_to_all(
    uow: UnitOfWork, viewer: UserId, *, phases: Collection[Phase], before: BattleId | None, limit: int
) -> list[SeenBattle]:
    """The battles that anybody may join now."""
    public = "b.phase = 'open' and b.spec ->> 'invite_only' = 'false' and b.starts_at > :now"
    return await _list(uow, public, viewer, phases, before, limit)


async def invited(uow: UnitOfWork, viewer: UserId, *, phases: Collection[Phase], before: BattleId | None, limit: int) -> list[SeenBattle]:
    """The battles that the viewer is invited to by name, and can still join."""
    named = "b.id in (select battle_id from invitation where user_id = :viewer and declined_at is null)"
    joinable = f"p.user_id is null and b.phase = 'open' and b.starts_at > :now and b.joined < {_PLACES}"
    return await _list(uow, f"{named} and {joinable}", viewer, phases, before, limit)


async def _one(uow: UnitOfWork, condition: str, given: BattleId | str, viewer: UserId | None) -> SeenBattle | None:
    rows = await uow.connection.execute(text(f"{_SEEN} where {condition}"), {"given": given, "viewer": viewer})
    row = rows.first()
    return None if row is None else _seen(row)


async def _list(
    uow: UnitOfWork, condition: str, viewer: UserId, phases: Collection[Phase], before: BattleId | None, limit: int
) -> list[SeenBattle]:
    rows = await uow.connection.execute(
        text(
            f"{_SEEN} where {condition} and (cast(:phases as text[]) is null or b.phase = any(:phases)) "
            "and (cast(:before as uuid) is null or b.id < :before) order by b.id desc limit :limit"
        ),
        {
            "viewer": viewer,
            "phases": [phase.value for phase in phases] or None,
            "before": before,
            "limit": limit,
            "now": uow.now,
        },
    )
    return [_seen(row) for row in rows]


def _seen(row: Any) -> SeenBattle:
    return SeenBattle(stored(row), None if row.user_id is None else participant(row), row.by_name, resource(row))
