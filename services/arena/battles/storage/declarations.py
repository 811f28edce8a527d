"""SQL of what resources declare: one row a resource, kept for a while after it has withdrawn."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from sqlalchemy import text

from arena.battles.domain.battle import Battle
from arena.battles.domain.declaring import Declaration, Resource
from arena.battles.storage.battles import COLUMNS, NEW, PHASE_DUE, StoredBattle, new_row, stored
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import Phase
from arena.contracts.ids import BattleId, UserId

REMEMBERED: Final = timedelta(days=30)
"""How long a resource that has withdrawn is known: far longer than any request is under way."""
_AT_ONCE: Final = 100

_COLUMNS = "d.uid, d.kind as resource_kind, d.namespace as resource_namespace, d.name as resource_name, d.generation, d.fence, d.protect"
_HELD = f"""
select {_COLUMNS}, d.withdrawn_at, {COLUMNS},
  array(select user_id from invitation i where i.battle_id = b.id) as players,
  (select count(*) from invitation i where i.battle_id = b.id and i.declined_at is null
    and not exists (select from participant p where p.battle_id = i.battle_id and p.user_id = i.user_id)) as invited
from declaration d left join battle b on b.id = d.battle_id"""
_LOCK_DUE = """
select 1 from due where kind = %s and key = (select battle_id::text from declaration where uid = %s) for update"""
_LOCK = "select 1 from declaration d join battle b on b.id = d.battle_id where d.uid = %s for no key update of b, d"
_ADD = """
insert into declaration (uid, battle_id, kind, namespace, name, generation, fence, protect, declared_at)
values (:uid, :battle, :resource_kind, :resource_namespace, :resource_name, :generation, :fence, :protect, :now)
on conflict (uid) do nothing returning battle_id"""


class Withdrawn(Enum):
    """A resource that declares nothing any more."""

    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class HeldDeclaration:
    """A resource's declaration, the battle as it stands, who is invited by name, and how many of them have not answered."""

    declaration: Declaration
    battle: Battle
    players: frozenset[UserId]
    invited: int


Known = HeldDeclaration | Withdrawn | None
"""What is known of a resource."""


async def find(uow: UnitOfWork, uid: str) -> Known:
    """What is known of the resource with this uid."""
    rows = await uow.connection.execute(text(f"{_HELD} where d.uid = :uid"), {"uid": uid})
    row = rows.first()
    if row is None:
        return None
    return _held(row) if row.withdrawn_at is None else Withdrawn.WITHDRAWN


async def lock(uow: UnitOfWork, uid: str) -> Known:
    """The same, held until the transaction ends: first the due time, then battle and declaration; read only once they are held."""
    await uow.ask((_LOCK_DUE, (PHASE_DUE, uid)), (_LOCK, (uid,)))
    return await find(uow, uid)


async def add(uow: UnitOfWork, declaration: Declaration, battle_id: BattleId) -> bool:
    """Let the resource declare this battle; False if the resource is known already."""
    rows = await uow.connection.execute(text(_ADD), {**_row(declaration), "battle": battle_id, "now": uow.now})
    return rows.first() is not None


async def add_with(uow: UnitOfWork, declaration: Declaration, made: StoredBattle) -> bool:
    """The same with a new battle, which is not made if the resource is known already."""
    rows = await uow.connection.execute(
        text(f"with d as ({_ADD}) {NEW} from d returning id"),
        {**_row(declaration), "battle": made.battle.id, "now": uow.now, **new_row(made)},
    )
    return rows.first() is not None


async def save(uow: UnitOfWork, declaration: Declaration) -> None:
    """Store the resource's newer word."""
    await uow.connection.execute(
        text(
            "update declaration set kind = :resource_kind, namespace = :resource_namespace, name = :resource_name, "
            "generation = :generation, fence = :fence, protect = :protect where uid = :uid"
        ),
        _row(declaration),
    )


async def withdraw(uow: UnitOfWork, uid: str) -> None:
    """Let a resource that is held declare nothing any more; those that withdrew long ago are forgotten."""
    await uow.ask(
        (
            "update declaration set battle_id = null, kind = null, namespace = null, name = null, withdrawn_at = %s where uid = %s",
            (uow.now, uid),
        ),
        (
            "delete from declaration where uid in (select uid from declaration where withdrawn_at < %s limit %s for update skip locked)",
            (uow.now - REMEMBERED, _AT_ONCE),
        ),
    )


async def withdraw_unknown(uow: UnitOfWork, uid: str, fence: int) -> bool:
    """Remember that this resource declares nothing, before it ever did; False if it is known already."""
    rows = await uow.connection.execute(
        text(
            "insert into declaration (uid, generation, fence, protect, declared_at, withdrawn_at) "
            "values (:uid, 0, :fence, false, :now, :now) on conflict (uid) do nothing returning uid"
        ),
        {"uid": uid, "fence": fence, "now": uow.now},
    )
    return rows.first() is not None


async def holder(uow: UnitOfWork, battle_id: BattleId) -> Declaration | None:
    """Who declares a battle."""
    rows = await uow.connection.execute(text(f"select {_COLUMNS} from declaration d where d.battle_id = :battle"), {"battle": battle_id})
    row = rows.first()
    return None if row is None else _declaration(row)


async def declared_among(uow: UnitOfWork, battle_ids: Collection[BattleId]) -> set[BattleId]:
    """Those of these battles that a resource declares."""
    rows = await uow.connection.execute(
        text("select battle_id from declaration where battle_id = any(:battles)"), {"battles": list(battle_ids)}
    )
    return {BattleId(row.battle_id) for row in rows}


async def listing(
    uow: UnitOfWork, *, protect: bool | None, phases: Collection[Phase], after: str | None, limit: int
) -> list[HeldDeclaration]:
    """What is declared now, by uid; all phases where none is named."""
    rows = await uow.connection.execute(
        text(
            f"{_HELD} where d.withdrawn_at is null and (cast(:protect as boolean) is null or d.protect = :protect) "
            "and (cast(:phases as text[]) is null or b.phase = any(:phases)) and (cast(:after as text) is null or d.uid > :after) "
            "order by d.uid limit :limit"
        ),
        {"protect": protect, "phases": [phase.value for phase in phases] or None, "after": after, "limit": limit},
    )
    return [_held(row) for row in rows]


def resource(row: Any) -> Resource | None:
    """Who declares the battle of a row, if anybody does."""
    return None if row.resource_kind is None else Resource(row.resource_kind, row.resource_namespace, row.resource_name)


def _held(row: Any) -> HeldDeclaration:
    players = frozenset(UserId(user) for user in row.players)
    return HeldDeclaration(_declaration(row), stored(row).battle, players, row.invited)


def _declaration(row: Any) -> Declaration:
    named = Resource(row.resource_kind, row.resource_namespace, row.resource_name)
    return Declaration(row.uid, named, row.generation, row.fence, row.protect)


def _row(declaration: Declaration) -> dict[str, Any]:
    return {
        "uid": declaration.uid,
        "resource_kind": declaration.resource.kind,
        "resource_namespace": declaration.resource.namespace,
        "resource_name": declaration.resource.name,
        "generation": declaration.generation,
        "fence": declaration.fence,
        "protect": declaration.protect,
    }
