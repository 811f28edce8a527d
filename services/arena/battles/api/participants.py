"""Who takes part, and what arbiters decide about them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from arena.battles.api.door import ARBITER, PREFIX, Applying, BattlesDep, CurrentViewer, ThisBattle, me
from arena.battles.schemas.answers import DecisionOut, MyPartOut, ParticipantOut
from arena.battles.schemas.requests import DecisionIn
from arena.battles.use_cases import taking_part, viewing
from arena.battles.use_cases.deciding import decisions_on
from arena.chassis.http.auth import CurrentUser, Principal, require_role
from arena.chassis.http.door import ReadUnitOfWork, WriteUnitOfWork
from arena.chassis.http.pagination import Page, PageRequest
from arena.chassis.http.route import Router
from arena.contracts.ids import UserId

router = Router(PREFIX, tags=["battles"])
Arbiter = Annotated[Principal, Depends(require_role(ARBITER))]


@router.post(
    "/{battle_id}/participants",
    status_code=201,
    summary="Join a battle",
    responses={200: {"model": MyPartOut, "description": "I take part already; nothing changed."}},
)
async def join_battle(battle_id: ThisBattle, applicant: Applying, uow: WriteUnitOfWork, response: Response) -> MyPartOut:
    """With habits of mine; their zone, day start and week start are fixed from here on. The owner needs no invite."""
    joined, known = await taking_part.join(uow, battle_id, applicant)
    if known:
        response.status_code = 200
    return MyPartOut.from_domain(joined)


@router.get("/{battle_id}/participants", summary="Who takes part")
async def list_participants(battle_id: ThisBattle, viewer: CurrentViewer, uow: ReadUnitOfWork, page: PageRequest) -> Page[ParticipantOut]:
    """In the order of joining; what others compete with is not shown."""
    after = page.after(tuple[datetime, UUID])
    since = (after[0], UserId(after[1])) if after else None
    rows = await viewing.who_takes_part(uow, battle_id, viewer, after=since, limit=page.fetch)
    return page.page(rows, key=lambda row: (row.joined_at, row.user_id), shape=ParticipantOut.from_domain)


@router.get("/{battle_id}/participants/me", summary="With what I compete")
async def get_my_part(battle_id: ThisBattle, user: CurrentUser, uow: ReadUnitOfWork) -> MyPartOut:
    """My habits, zone and day start in this battle."""
    return MyPartOut.from_domain(await viewing.my_part(uow, battle_id, me(user)))


@router.delete("/{battle_id}/participants/me", status_code=204, summary="Leave a battle")
async def leave_battle(battle_id: ThisBattle, user: CurrentUser, uow: WriteUnitOfWork) -> None:
    """Before the start without a trace; while it runs for good, out of the standings."""
    await taking_part.leave(uow, battle_id, me(user))


@router.post(
    "/{battle_id}/decisions",
    status_code=201,
    summary="Decide (arbiters)",
    responses={200: {"model": DecisionOut, "description": "The same was decided before."}},
)
async def decide(
    battle_id: ThisBattle, body: DecisionIn, arbiter: Arbiter, uow: WriteUnitOfWork, battles: BattlesDep, response: Response
) -> DecisionOut:
    """From the start until the end of the audit; the reason stays in this service."""
    decision, known = await battles.deciding.decide(uow, battle_id, me(arbiter), body.to_domain())
    if known:
        response.status_code = 200
    return DecisionOut.from_domain(decision)


@router.get("/{battle_id}/decisions", summary="What arbiters decided")
async def list_decisions(battle_id: ThisBattle, viewer: CurrentViewer, uow: ReadUnitOfWork, page: PageRequest) -> Page[DecisionOut]:
    """All of it for arbiters and admins, for others what is about themselves."""
    after = page.after(tuple[UUID])
    rows = await decisions_on(uow, battle_id, viewer, after=after[0] if after else None, limit=page.fetch)
    return page.page(rows, key=lambda row: (row.id,), shape=DecisionOut.from_domain)
