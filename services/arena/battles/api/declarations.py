"""What resources declare; for the platform's operator and our own services."""

from typing import Annotated

from fastapi import Depends, Path, Query, Response

from arena.battles.api.door import PREFIX, BattlesDep, ThisBattle, me
from arena.battles.schemas.declarations import DeclarationIn, DeclarationOut, WithdrawalIn
from arena.battles.storage import declarations
from arena.battles.use_cases import declaring
from arena.battles.use_cases.declaring import Wish
from arena.chassis.core.errors import ValidationFailed
from arena.chassis.http.auth import CurrentPlatform, CurrentUser
from arena.chassis.http.deadlines import RequestDeadline
from arena.chassis.http.door import ReadUnitOfWork, WriteUnitOfWork
from arena.chassis.http.pagination import Page, PageRequest
from arena.chassis.http.route import Router
from arena.contracts.battle_spec import Phase
from arena.contracts.ids import BattleId

router = Router(PREFIX, tags=["battles"])
Uid = Annotated[str, Path(min_length=1, max_length=64, description="The resource's uid: whatever else is called as it is, is another.")]


async def _wish(uid: Uid, _: CurrentPlatform, body: DeclarationIn, parts: BattlesDep, deadline: RequestDeadline) -> Wish:
    """Ask identity who the players are; no transaction waits for it."""
    known = await parts.accounts.who(body.players, deadline) if body.players else {}
    players = tuple(known.get(email) for email in body.players)
    adopt = None if body.adopt is None else BattleId(body.adopt)
    return Wish(body.declaration(uid), body.name, body.to_domain(), players, adopt)


async def _phases(
    phase: Annotated[list[str] | None, Query(max_length=20, description="Only these phases, repeated or separated by commas.")] = None,
) -> frozenset[Phase]:
    named = [name for given in phase or () for name in given.split(",")]
    unknown = sorted(set(named) - set(Phase))
    if unknown:
        raise ValidationFailed(f"There is no phase {unknown[0]!r}; there are {', '.join(Phase)}.", field="phase")
    return frozenset(Phase(name) for name in named)


@router.get("/declarations", summary="What resources declare")
async def list_declarations(
    _: CurrentPlatform,
    uow: ReadUnitOfWork,
    page: PageRequest,
    phases: Annotated[frozenset[Phase], Depends(_phases)],
    protect: Annotated[bool | None, Query(description="Only those that are to be protected, or only those that are not.")] = None,
) -> Page[DeclarationOut]:
    """By uid; with `protect=true&phase=running,grace,audit` those that stand in the way of a deployment."""
    after = page.after(tuple[str])
    rows = await declarations.listing(uow, protect=protect, phases=phases, after=after[0] if after else None, limit=page.fetch)
    return page.page(rows, key=lambda row: (row.declaration.uid,), shape=DeclarationOut.from_domain)


@router.get("/declarations/{uid}", summary="What a resource declares, and how it stands")
async def get_declaration(uid: Uid, _: CurrentPlatform, uow: ReadUnitOfWork) -> DeclarationOut:
    """What has withdrawn is not there."""
    return DeclarationOut.from_domain(await declaring.look(uow, uid))


@router.put(
    "/declarations/{uid}",
    status_code=200,
    summary="Declare a battle",
    responses={201: {"model": DeclarationOut, "description": "The resource declares its first."}},
)
async def declare(wish: Annotated[Wish, Depends(_wish)], uow: WriteUnitOfWork, battles: BattlesDep, response: Response) -> DeclarationOut:
    """Makes and opens, takes over, changes or invites; what is so already is left alone, also when the battle is over."""
    held, known = await battles.declaring.declare(uow, wish)
    if not known:
        response.status_code = 201
    return DeclarationOut.from_domain(held)


@router.post("/declarations/{uid}/withdraw", status_code=204, summary="Declare no longer")
async def withdraw(uid: Uid, _: CurrentPlatform, body: WithdrawalIn, uow: WriteUnitOfWork) -> None:
    """For good, and twice is once; the battle goes on undeclared, or is called off if it has not begun."""
    await declaring.withdraw(uow, uid, body.fence, cancel=body.cancel)


@router.delete("/{battle_id}/invitation", status_code=204, summary="Decline an invitation by name")
async def decline(battle_id: ThisBattle, user: CurrentUser, uow: WriteUnitOfWork) -> None:
    """Twice is once; who has joined stays in."""
    await declaring.decline(uow, battle_id, me(user))
