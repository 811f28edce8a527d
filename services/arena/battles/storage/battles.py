"""SQL of battles themselves: adding, holding, finding, saving."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from arena.battles.domain.battle import Battle
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import BattleSpec, CancelReason, Phase
from arena.contracts.events.battles import Timetable
from arena.contracts.ids import BattleId, UserId

PHASE_DUE = "battle.phase"
"""The kind of due time that moves a battle on."""

COLUMNS = (
    "b.id, b.owner_id, b.name, b.spec, b.starts_at, b.ends_at, b.grace_ends_at, b.audit_ends_at, b.tzdata, b.phase, b.joined, "
    "b.cancelled_for, b.result_hash, b.invite, b.spectator, b.created_at"
)


NEW = (
    "insert into battle (id, owner_id, name, spec, starts_at, ends_at, grace_ends_at, audit_ends_at, tzdata, phase, joined, "
    "cancelled_for, result_hash, invite, spectator, created_at) select :id, :owner_id, :name, cast(:spec as jsonb), :starts_at, "
    ":ends_at, :grace_ends_at, :audit_ends_at, :tzdata, :phase, :joined, :cancelled_for, :result_hash, :invite, :spectator, :created_at"
)
"""Inserts a battle; what follows it may say on which condition."""


@dataclass(frozen=True, slots=True)
class StoredBattle:
    """A battle with what only this service keeps of it: the tokens of its two links and when it was made."""

    battle: Battle
    invite: str
    spectator: str
    created_at: datetime


async def add(uow: UnitOfWork, stored: StoredBattle) -> None:
    """Insert a battle."""
    await uow.connection.execute(text(NEW), new_row(stored))


async def save(uow: UnitOfWork, battle: Battle) -> None:
    """Store what may change of a battle."""
    await uow.connection.execute(
        text(
            "update battle set name = :name, spec = cast(:spec as jsonb), starts_at = :starts_at, ends_at = :ends_at, "
            "grace_ends_at = :grace_ends_at, audit_ends_at = :audit_ends_at, tzdata = :tzdata, phase = :phase, joined = :joined, "
            "cancelled_for = :cancelled_for, result_hash = :result_hash where id = :id"
        ),
        _row(battle),
    )


async def lock_many(uow: UnitOfWork, battle_ids: Iterable[BattleId]) -> list[StoredBattle]:
    """These battles, held until the transaction ends, in the order of their ids.

    Their due times are held first, as the due runner comes by them first: who went the other way round could meet it in a deadlock.
    """
    ids = sorted(set(battle_ids))
    await uow.connection.execute(
        text("select 1 from due where kind = :kind and key = any(:keys) order by key for update"),
        {"kind": PHASE_DUE, "keys": [str(battle_id) for battle_id in ids]},
    )
    rows = await uow.connection.execute(
        text(f"select {COLUMNS} from battle b where b.id = any(:ids) order by b.id for no key update"), {"ids": ids}
    )
    return [stored(row) for row in rows]


async def lock(uow: UnitOfWork, battle_id: BattleId) -> StoredBattle | None:
    """One battle, held until the transaction ends."""
    found = await lock_many(uow, [battle_id])
    return found[0] if found else None


async def set_links(uow: UnitOfWork, battle_id: BattleId, invite: str, spectator: str) -> None:
    """Replace the tokens; the links that were given out lead nowhere from then on."""
    await uow.connection.execute(
        text("update battle set invite = :invite, spectator = :spectator where id = :id"),
        {"id": battle_id, "invite": invite, "spectator": spectator},
    )


async def concerning(uow: UnitOfWork, user_ids: Iterable[UserId]) -> list[BattleId]:
    """The battles that these people own or take part in."""
    rows = await uow.connection.execute(
        text("select id from battle where owner_id = any(:users) union select battle_id from participant where user_id = any(:users)"),
        {"users": list(user_ids)},
    )
    return [BattleId(row.id) for row in rows]


def stored(row: Any) -> StoredBattle:
    """The battle of a row with `COLUMNS`."""
    timetable = Timetable(row.starts_at, row.ends_at, row.grace_ends_at, row.audit_ends_at, row.tzdata)
    battle = Battle(
        id=BattleId(row.id),
        owner_id=UserId(row.owner_id),
        name=row.name,
        spec=msgspec.convert(row.spec, BattleSpec),
        timetable=timetable,
        phase=Phase(row.phase),
        joined=row.joined,
        cancelled_for=None if row.cancelled_for is None else CancelReason(row.cancelled_for),
        result_hash=row.result_hash,
    )
    return StoredBattle(battle, row.invite, row.spectator, row.created_at)


def new_row(stored: StoredBattle) -> dict[str, Any]:
    """The values of `NEW`."""
    return {
        **_row(stored.battle),
        "owner_id": stored.battle.owner_id,
        "invite": stored.invite,
        "spectator": stored.spectator,
        "created_at": stored.created_at,
    }


def _row(battle: Battle) -> dict[str, Any]:
    return {
        "id": battle.id,
        "name": battle.name,
        "spec": msgspec.json.encode(battle.spec).decode(),
        "starts_at": battle.timetable.start,
        "ends_at": battle.timetable.end,
        "grace_ends_at": battle.timetable.grace_ends,
        "audit_ends_at": battle.timetable.audit_ends,
        "tzdata": battle.timetable.tzdata,
        "phase": battle.phase.value,
        "joined": battle.joined,
        "cancelled_for": battle.cancelled_for.value if battle.cancelled_for else None,
        "result_hash": battle.result_hash,
    }
