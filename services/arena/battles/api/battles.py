"""Battles: made, changed, looked at; and their results."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from arena.battles.api.door import PREFIX, AnyViewer, BattlesDep, CurrentViewer, ThisBattle, me
from arena.battles.schemas.answers import BattleOut, result_body
from arena.battles.schemas.requests import BattleIn, BattlePatch
from arena.battles.storage.views import SeenBattle
from arena.battles.use_cases import viewing
from arena.battles.use_cases.hosting import Link
from arena.battles.use_cases.viewing import Listing, Which
from arena.chassis.core.errors import ValidationFailed
from arena.chassis.http.auth import CurrentUser
from arena.chassis.http.door import ReadUnitOfWork, WriteUnitOfWork
from arena.chassis.http.pagination import Page, PageRequest
from arena.chassis.http.route import Router
from arena.contracts.battle_spec import Phase
from arena.contracts.ids import BattleId

router = Router(PREFIX, tags=["battles"])


@router.post("", status_code=201, summary="Draft a battle")
async def create_battle(body: BattleIn, user: CurrentUser, uow: WriteUnitOfWork, battles: BattlesDep) -> BattleOut:
    """Nobody else sees it until it is opened, unless they have the invite."""
    created = await battles.hosting.create(uow, me(user), body.name, body.to_domain())
    return BattleOut.from_domain(SeenBattle(created, None), owned=True)


@router.get("", summary="My battles, those open to all, or those I am invited to")
async def list_battles(
    user: CurrentUser,
    uow: ReadUnitOfWork,
    page: PageRequest,
    phase: Annotated[list[Phase] | None, Query(max_length=len(Phase), description="Only these phases.")] = None,
    *,
    public: Annotated[bool, Query(description="Battles that anybody may join now, instead of mine.")] = False,
    invited: Annotated[bool, Query(description="Battles that I am invited to by name and can still join, instead of mine.")] = False,
) -> Page[BattleOut]:
    """Newest first; mine are those I own and those I take part in."""
    before = page.after(tuple[UUID])
    if public and invited:
        raise ValidationFailed("Ask for the battles open to all or for those you are invited to, one after the other.", field="invited")
    which = Which.INVITED if invited else Which.PUBLIC if public else Which.MINE
    wanted = Listing(which, frozenset(phase or ()), BattleId(before[0]) if before else None, page.fetch)
    rows = await viewing.listing(uow, me(user), wanted)
    return page.page(rows, key=lambda seen: (seen.stored.battle.id,), shape=lambda seen: BattleOut.seen(seen, user.user_id))


@router.get("/invites/{token}", summary="What an invite leads to")
async def get_invited(token: str, viewer: AnyViewer, uow: ReadUnitOfWork) -> BattleOut:
    """For whoever holds the link, signed in or not."""
    return BattleOut.seen(await viewing.see_by_invite(uow, token, viewer), viewer.user_id)


@router.get("/spectate/{token}", summary="What a spectator link leads to")
async def get_spectated(token: str, viewer: AnyViewer, uow: ReadUnitOfWork) -> BattleOut:
    """For whoever holds the link, signed in or not."""
    return BattleOut.seen(await viewing.see_by_spectator(uow, token, viewer), viewer.user_id)


@router.get("/{battle_id}", summary="One battle")
async def get_battle(battle_id: ThisBattle, viewer: CurrentViewer, uow: ReadUnitOfWork) -> BattleOut:
    """For its owner, who takes part, who is invited, and anybody if it is open to all; for others it is not there."""
    return BattleOut.seen(await viewing.see(uow, battle_id, viewer), viewer.user_id)


@router.patch("/{battle_id}", summary="Change a battle that has not begun")
async def change_battle(
    battle_id: ThisBattle, body: BattlePatch, user: CurrentUser, uow: WriteUnitOfWork, battles: BattlesDep
) -> BattleOut:
    """Its owner; whoever has joined already may leave until it starts."""
    return BattleOut.seen(await battles.hosting.edit(uow, battle_id, me(user), body.to_domain()), user.user_id)


@router.post("/{battle_id}/open", summary="Let people join")
async def open_battle(battle_id: ThisBattle, user: CurrentUser, uow: WriteUnitOfWork, battles: BattlesDep) -> BattleOut:
    """Its owner; twice is once."""
    return BattleOut.seen(await battles.hosting.open(uow, battle_id, me(user)), user.user_id)


@router.post("/{battle_id}/cancel", summary="Call a battle off that has not begun")
async def cancel_battle(battle_id: ThisBattle, user: CurrentUser, uow: WriteUnitOfWork, battles: BattlesDep) -> BattleOut:
    """Its owner; twice is once."""
    return BattleOut.seen(await battles.hosting.cancel(uow, battle_id, me(user)), user.user_id)


@router.post("/{battle_id}/invite", summary="Make a new invite link")
async def renew_invite(battle_id: ThisBattle, user: CurrentUser, uow: WriteUnitOfWork, battles: BattlesDep) -> BattleOut:
    """Its owner; the link given out so far leads nowhere from now on, who has joined stays."""
    return BattleOut.seen(await battles.hosting.renew(uow, battle_id, me(user), Link.INVITE), user.user_id)


@router.post("/{battle_id}/spectator", summary="Make a new spectator link")
async def renew_spectator(battle_id: ThisBattle, user: CurrentUser, uow: WriteUnitOfWork, battles: BattlesDep) -> BattleOut:
    """Its owner; the link given out so far leads nowhere from now on."""
    return BattleOut.seen(await battles.hosting.renew(uow, battle_id, me(user), Link.SPECTATOR), user.user_id)


@router.get("/{battle_id}/result", summary="The result", response_model=dict[str, Any])
async def get_result(battle_id: ThisBattle, viewer: CurrentViewer, uow: ReadUnitOfWork) -> Response:
    """`{result, hash}`: the hash is the SHA-256 over the canonical JSON (RFC 8785) of the result; `arena verify` checks both."""
    document, result_hash = await viewing.result(uow, battle_id, viewer)
    return Response(result_body(document, result_hash), media_type="application/json", headers={"etag": f'"{result_hash}"'})
