"""An invite link, and joining with chosen habits."""

import asyncio
from http import HTTPStatus
from uuid import UUID

from fastapi import Response

from arena.client import ApiProblem
from arena.contracts.civil import zones
from arena.web.forms import Form, Submission, Submitted, refused
from arena.web.routing import LinkToken, page_router
from arena.web.views import battle as view
from arena.web.views.habits import about
from arena.web.visitor import Anybody, SignedIn, Visitor

router = page_router()
_INPUTS = {"habits": "habits", "time_zone": "time_zone"}


@router.get("/battles/join/{token}")
async def invited(token: LinkToken, visitor: Anybody) -> Response:
    """What one is invited to; who is not signed in sees it too, and is asked to."""
    battle = view.read(await visitor.client.battles.invited(token))
    if not visitor.token:
        return await _show_guest(visitor, battle)
    if battle.me:
        return visitor.go(f"/battles/{battle.id}")
    return await _show(visitor, battle, Form(), token)


@router.get("/battles/{battle_id}/join")
async def own(battle_id: UUID, visitor: SignedIn) -> Response:
    """For its owner, and for battles that need no invitation."""
    battle = view.read(await visitor.client.battles.get(battle_id))
    if battle.me:
        return visitor.go(f"/battles/{battle.id}")
    return await _show(visitor, battle, Form(), "")


@router.post("/battles/{battle_id}/join")
async def join(battle_id: UUID, visitor: SignedIn, sent: Submitted) -> Response:
    """Compete with these habits."""
    invite = sent.text("invite")
    fields = {"invite": invite} if invite else {}
    if zone := sent.text("time_zone"):
        fields["time_zone"] = zone
    try:
        await visitor.client.battles.join(battle_id, _habits(sent), **fields)
    except ApiProblem as problem:
        if problem.status in {HTTPStatus.NOT_FOUND, HTTPStatus.UNAUTHORIZED}:
            raise
        battle = view.read(await visitor.client.battles.get(battle_id, invite=invite or None))
        return await _show(visitor, battle, refused(sent, problem, _INPUTS), invite, problem.status)
    return visitor.go(f"/battles/{battle_id}")


def _habits(sent: Submission) -> list[UUID]:
    """What is ticked; a value that is no id was not put there by our page."""
    found = []
    for given in sent.many("habits"):
        try:
            found.append(UUID(given))
        except ValueError:
            continue
    return found


async def _show(visitor: Visitor, battle: view.Battle, form: Form, invite: str, status: int = 200) -> Response:
    client = visitor.client
    person, habits, owners = await asyncio.gather(visitor.person(), client.habits.all(), client.identity.profiles([battle.owner_id]))
    return visitor.show(
        "join.html",
        status,
        battle=battle,
        line=view.line(battle, visitor.clock()),
        kind=view.KINDS.get(battle.kind, battle.kind),
        rules=view.rules(battle),
        host=view.host_words(battle, person.id, next((owner.display_name for owner in owners), None)),
        habits=[(habit, about(habit)) for habit in habits if not habit.archived],
        zones=sorted(zones()) if battle.window.days == "own" else [],
        form=form,
        invite=invite,
    )


async def _show_guest(visitor: Visitor, battle: view.Battle) -> Response:
    line = view.line(battle, visitor.clock())
    return visitor.show(
        "join_guest.html", battle=battle, line=line, kind=view.KINDS.get(battle.kind, battle.kind), rules=view.rules(battle)
    )
