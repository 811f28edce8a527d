"""SQL of who takes part."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from arena.battles.domain.battle import Participant
from arena.battles.domain.timetable import ParticipantDays
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.habit import Weekday
from arena.contracts.ids import BattleId, UserId

_COLUMNS = "battle_id, user_id, habits, time_zone, day_start, week_start, joined_at, left_at"


async def add(uow: UnitOfWork, joined: Participant) -> None:
    """Insert somebody."""
    await uow.connection.execute(
        text(f"insert into participant ({_COLUMNS}) values (:battle, :user, :habits, :zone, :start, :week, :joined, :left)"),
        {
            "battle": joined.battle_id,
            "user": joined.user_id,
            "habits": list(joined.habits),
            "zone": joined.time_zone,
            "start": joined.day_start,
            "week": joined.week_start.value,
            "joined": joined.joined_at,
            "left": joined.left_at,
        },
    )


async def find(uow: UnitOfWork, battle_id: BattleId, user_id: UserId) -> Participant | None:
    """Somebody in a battle, also if they have left while it ran."""
    rows = await uow.connection.execute(
        text(f"select {_COLUMNS} from participant where battle_id = :battle and user_id = :user"), {"battle": battle_id, "user": user_id}
    )
    row = rows.first()
    return None if row is None else participant(row)


async def remove(uow: UnitOfWork, battle_id: BattleId, user_id: UserId) -> None:
    """Take somebody out without a trace."""
    await uow.connection.execute(
        text("delete from participant where battle_id = :battle and user_id = :user"), {"battle": battle_id, "user": user_id}
    )


async def mark_left(uow: UnitOfWork, battle_id: BattleId, user_id: UserId, at: datetime) -> None:
    """Note that somebody forfeited."""
    await uow.connection.execute(
        text("update participant set left_at = :at where battle_id = :battle and user_id = :user"),
        {"battle": battle_id, "user": user_id, "at": at},
    )


async def listing(uow: UnitOfWork, battle_id: BattleId, *, after: tuple[datetime, UserId] | None, limit: int) -> list[Participant]:
    """Who takes part, in the order of joining."""
    rows = await uow.connection.execute(
        text(
            f"select {_COLUMNS} from participant where battle_id = :battle "
            "and (cast(:at as timestamptz) is null or (joined_at, user_id) > (:at, :user)) order by joined_at, user_id limit :limit"
        ),
        {"battle": battle_id, "at": after[0] if after else None, "user": after[1] if after else None, "limit": limit},
    )
    return [participant(row) for row in rows]


async def days(uow: UnitOfWork, battle_id: BattleId, *, but: UserId | None = None) -> list[ParticipantDays]:
    """The zones and day starts of those who take part, each once; `but` leaves somebody out."""
    rows = await uow.connection.execute(
        text(
            "select distinct time_zone, day_start from participant where battle_id = :battle and left_at is null "
            "and (cast(:but as uuid) is null or user_id <> :but) order by 1, 2"
        ),
        {"battle": battle_id, "but": but},
    )
    return [ParticipantDays(row.time_zone, row.day_start) for row in rows]


def participant(row: Any) -> Participant:
    """The participant of a row with those columns."""
    return Participant(
        battle_id=row.battle_id,
        user_id=row.user_id,
        habits=tuple(row.habits),
        time_zone=row.time_zone,
        day_start=row.day_start,
        week_start=Weekday(row.week_start),
        joined_at=row.joined_at,
        left_at=row.left_at,
    )
