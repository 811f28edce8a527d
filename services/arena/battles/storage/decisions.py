"""SQL of arbiters' decisions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import BattleId, FactId, UserId

_COLUMNS = "id, battle_id, user_id, action, fact_id, reason, decided_by, decided_at"


class Action(StrEnum):
    """What an arbiter can decide."""

    EXCLUDE_FACT = "exclude_fact"
    DISQUALIFY = "disqualify"


@dataclass(frozen=True, slots=True)
class Decision:
    """What an arbiter decided about somebody, and why; the reason never leaves this service."""

    id: UUID
    battle_id: BattleId
    user_id: UserId
    action: Action
    fact_id: FactId | None
    reason: str
    decided_by: UserId
    decided_at: datetime


async def add(uow: UnitOfWork, decision: Decision) -> Decision:
    """Insert a decision; the one that stands already if the same was decided before."""
    values = {
        "id": decision.id,
        "battle_id": decision.battle_id,
        "user_id": decision.user_id,
        "action": decision.action.value,
        "fact_id": decision.fact_id,
        "reason": decision.reason,
        "decided_by": decision.decided_by,
        "decided_at": decision.decided_at,
    }
    await uow.connection.execute(
        text(
            f"insert into decision ({_COLUMNS}) values (:id, :battle_id, :user_id, :action, :fact_id, :reason, :decided_by, :decided_at) "
            "on conflict do nothing"
        ),
        values,
    )
    rows = await uow.connection.execute(
        text(
            f"select {_COLUMNS} from decision where battle_id = :battle_id and user_id = :user_id and action = :action "
            "and fact_id is not distinct from cast(:fact_id as uuid)"
        ),
        values,
    )
    return _decision(rows.one())


async def listing(uow: UnitOfWork, battle_id: BattleId, *, about: UserId | None, after: UUID | None, limit: int) -> list[Decision]:
    """The decisions of a battle in order; only those `about` somebody where named."""
    rows = await uow.connection.execute(
        text(
            f"select {_COLUMNS} from decision where battle_id = :battle and (cast(:about as uuid) is null or user_id = :about) "
            "and (cast(:after as uuid) is null or id > :after) order by id limit :limit"
        ),
        {"battle": battle_id, "about": about, "after": after, "limit": limit},
    )
    return [_decision(row) for row in rows]


def _decision(row: Any) -> Decision:
    return Decision(
        id=row.id,
        battle_id=row.battle_id,
        user_id=row.user_id,
        action=Action(row.action),
        fact_id=row.fact_id,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
