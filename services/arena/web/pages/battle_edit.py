"""Change a battle that has not begun."""

import asyncio
from uuid import UUID

from fastapi import Response

from arena.client import ApiProblem
from arena.contracts.civil import zones
from arena.web.forms import Form, Submitted, refused
from arena.web.routing import page_router
from arena.web.views import battle as view
from arena.web.views import battle_form
from arena.web.visitor import SignedIn, Visitor

router = page_router()


@router.get("/battles/{battle_id}/edit")
async def edit_form(battle_id: UUID, visitor: SignedIn) -> Response:
    """The battle as it is; for whoever cannot change it (any more) its page."""
    person, battle = await asyncio.gather(visitor.person(), _battle(visitor, battle_id))
    if battle.owner_id != person.id or not battle.is_changeable:
        return visitor.go(f"/battles/{battle_id}")
    return _show(visitor, battle, battle_form.of(battle))


@router.post("/battles/{battle_id}/edit")
async def edit(battle_id: UUID, visitor: SignedIn, sent: Submitted) -> Response:
    """Who has joined sees the change, and may leave until the start."""
    _, battle = await asyncio.gather(visitor.person(), _battle(visitor, battle_id))
    try:
        await visitor.client.battles.change(battle_id, **battle_form.changes(sent, battle))
    except ApiProblem as problem:
        return _show(visitor, battle, refused(sent, problem, battle_form.INPUTS), problem.status)
    return visitor.go(f"/battles/{battle_id}")


async def _battle(visitor: Visitor, battle_id: UUID) -> view.Battle:
    return view.read(await visitor.client.battles.get(battle_id))


def _show(visitor: Visitor, battle: view.Battle, form: Form, status: int = 200) -> Response:
    return visitor.show("battle_form.html", status, battle=battle, form=form, kinds=view.KINDS, zones=sorted(zones()))
