"""HTTP of scoring: parse, one call, shape the answer."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

from arena.chassis.bus.catching_up import caught_up
from arena.chassis.core.errors import ValidationFailed
from arena.chassis.http.auth import CurrentService, CurrentUser
from arena.chassis.http.door import ReadUnitOfWork
from arena.chassis.http.fields import CivilDate
from arena.chassis.http.route import Router
from arena.contracts.ids import BattleId, HabitId, UserId
from arena.contracts.registry import LEDGER, partition_of
from arena.scoring.domain.streaks import streak
from arena.scoring.domain.streaks_days import days
from arena.scoring.schemas import (
    Curve,
    CurvePoint,
    DaysOut,
    HistoryOut,
    SnapshotOut,
    SnapshotRow,
    StreakOut,
    TodayItem,
    TodayOut,
)
from arena.scoring.use_cases.ledger import LEDGER_CONSUMER
from arena.scoring.use_cases.standings import history, snapshot
from arena.scoring.use_cases.streaks import Streaks

LONGEST = timedelta(days=3 * 366)

router = Router("/api/scoring", tags=["scoring"])


async def _streaks(request: Request) -> Streaks:
    streaks: Streaks = request.app.state.streaks
    return streaks


async def _up_to_date(request: Request, user: CurrentUser) -> bool:
    """What the user logged before asking is counted in the answer; False where that takes longer than people wait."""
    return await caught_up(request.app.state.units, LEDGER_CONSUMER, LEDGER.number, partition_of(str(user.user_id)))


StreaksDep = Annotated[Streaks, Depends(_streaks)]
UpToDate = Annotated[bool, Depends(_up_to_date)]
"""Named before the unit of work: what that sees was counted."""


@router.get("/today", summary="Every habit as of today")
async def today(user: CurrentUser, up_to_date: UpToDate, uow: ReadUnitOfWork, streaks: StreaksDep) -> TodayOut:
    """Whether it is due, what was logged, and how its streak stands."""
    overview = await streaks.overview(uow, UserId(user.user_id))
    return TodayOut(
        up_to_date=up_to_date,
        items=[
            TodayItem.from_domain(owned.habit_id, days(owned.history, now, now, now)[0], streak(owned.history, now))
            for owned, now in overview
        ],
    )


@router.get("/habits/{habit_id}/streak", summary="A streak and its reasons")
async def get_streak(habit_id: UUID, user: CurrentUser, up_to_date: UpToDate, uow: ReadUnitOfWork, streaks: StreaksDep) -> StreakOut:
    """Derived from the facts whenever it is asked for; the explanation names the entries and what would save it."""
    return StreakOut.from_domain(await streaks.tell(uow, UserId(user.user_id), HabitId(habit_id)), up_to_date=up_to_date)


@router.get("/habits/{habit_id}/days", summary="The days of a habit")
async def get_days(
    habit_id: UUID,
    user: CurrentUser,
    up_to_date: UpToDate,
    uow: ReadUnitOfWork,
    streaks: StreaksDep,
    first: Annotated[CivilDate, Query(description="From this civil day on.")],
    last: Annotated[CivilDate, Query(description="Up to this civil day; at most three years later.")],
) -> DaysOut:
    """How each day looks, and why."""
    if not first <= last <= min(first, date.max - LONGEST) + LONGEST:
        raise ValidationFailed("last is on or up to three years after first", field="last")
    now, views = await streaks.days(uow, UserId(user.user_id), HabitId(habit_id), first, last)
    return DaysOut.from_domain(views, now, up_to_date=up_to_date)


@router.get("/battles/{battle_id}/standings", summary="Standings as kept (services)")
async def get_standings(battle_id: UUID, _: CurrentService, uow: ReadUnitOfWork) -> SnapshotOut:
    """What `live` begins with; people ask `/api/live`."""
    stored = await snapshot(uow, BattleId(battle_id))
    rows = [SnapshotRow(user_id=row.user_id, rank=row.rank, score=row.score) for row in stored.rows]
    return SnapshotOut(battle_id=battle_id, revision=stored.revision, as_of=stored.as_of, rows=rows)


@router.get("/battles/{battle_id}/history", summary="Score over time (services)")
async def get_history(
    battle_id: UUID, _: CurrentService, uow: ReadUnitOfWork, users: Annotated[list[UUID], Query(max_length=20)]
) -> HistoryOut:
    """For the chart; people ask `/api/live`."""
    told = await history(uow, BattleId(battle_id), [UserId(user) for user in users])
    curves = [
        Curve(user_id=user, points=[CurvePoint(at=at, score=reached) for at, reached in points]) for user, points in told.curves.items()
    ]
    return HistoryOut(start=told.start, end=told.end, curves=curves)
