"""One battle: who leads, how it came about, what is next; its result once final."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import Response

from arena.client import ApiProblem, Unreachable
from arena.client.models import Curves, Standings
from arena.web.forms import Submitted, sentence
from arena.web.routing import page_router
from arena.web.views import battle as view
from arena.web.views import board
from arena.web.views.chart import chart_of, drawn
from arena.web.views.today import place
from arena.web.visitor import SignedIn, Visitor

router = page_router()
_PROFILES = 100


@router.get("/battles/{battle_id}")
async def battle_page(battle_id: UUID, visitor: SignedIn) -> Response:
    """The battle."""
    return await _show(visitor, battle_id)


@router.get("/battles/{battle_id}/chart")
async def chart_piece(battle_id: UUID, visitor: SignedIn) -> Response:
    """Score over time, for the script that fetches it anew."""
    person, standings = await asyncio.gather(visitor.person(), visitor.client.live.standings(battle_id))
    curves = await visitor.client.live.curves(battle_id, drawn(standings, person.id))
    return visitor.show("parts/chart_only.html", chart=chart_of(standings, curves, person.id))


@router.get("/battles/{battle_id}/result.json")
async def result(battle_id: UUID, visitor: SignedIn) -> Response:
    """The result document to keep, byte by byte as the API answers it."""
    document = await visitor.client.battles.result_document(battle_id)
    headers = {"content-disposition": f'attachment; filename="battle-{battle_id}.json"'}
    return Response(document, media_type="application/json", headers=headers)


@router.post("/battles/{battle_id}/{action}")
async def act(battle_id: UUID, action: str, visitor: SignedIn, sent: Submitted) -> Response:
    """Open, call off, leave, decline an invitation, or make a new link."""
    del sent
    calls = visitor.client.battles
    try:
        match action:
            case "open":
                await calls.open(battle_id)
            case "cancel":
                await calls.cancel(battle_id)
            case "leave":
                await calls.leave(battle_id)
            case "decline":
                await calls.decline(battle_id)
            case "invite":
                await calls.new_invite(battle_id)
            case "spectator":
                await calls.new_spectator(battle_id)
            case _:
                return await _show(visitor, battle_id, 404, "There is no such action.")
    except ApiProblem as problem:
        if problem.status in {401, 404} or problem.status >= 500:  # noqa: PLR2004 - these have pages of their own
            raise
        return await _show(visitor, battle_id, problem.status, sentence(problem.detail))
    gone = action in {"leave", "decline"}
    return visitor.go("/battles" if gone else f"/battles/{battle_id}")


async def _show(visitor: Visitor, battle_id: UUID, status: int = 200, refusal: str = "") -> Response:
    client = visitor.client
    person, document = await asyncio.gather(visitor.person(), client.battles.get(battle_id))
    battle = view.read(document)
    standings = await _standings(visitor, battle)
    curves = await _curves(visitor, standings, battle_id, person.id)
    names = await _participants(visitor, battle) if standings is None or not battle.is_live else []
    rows = board.lines(standings, person.id) if standings and battle.is_live else []
    context: dict[str, Any] = {
        "battle": battle,
        "line": view.line(battle, visitor.clock()),
        "kind": view.KINDS.get(battle.kind, battle.kind),
        "rules": view.rules(battle),
        "cancelled": view.cancelled_words(battle),
        "owned": battle.owner_id == person.id,
        "changeable": battle.owner_id == person.id and battle.is_changeable,
        "rows": rows,
        "standings": standings,
        "place": place(standings, person.id) if standings and battle.is_live else None,
        "mine": next((row for row in rows if row.is_me), None),
        "winner": view.winner_words(standings.items, person.id) if standings and battle.phase == "final" else "",
        "chart": chart_of(standings, curves, person.id) if curves and standings else None,
        "names": names,
        "base": str(visitor.request.base_url).rstrip("/"),
        "refusal": refusal,
        "stream": f"/api/live/battles/{battle.id}/stream",
        "chart_address": f"/battles/{battle.id}/chart",
    }
    return visitor.show("battle.html", status, **context)


async def _standings(visitor: Visitor, battle: view.Battle) -> Standings | None:
    """None where they cannot be told just now: the rest of the page is shown all the same."""
    if not battle.is_live:
        return None
    try:
        return await visitor.client.live.standings(battle.id)
    except (ApiProblem, Unreachable):
        return None


async def _curves(visitor: Visitor, standings: Standings | None, battle_id: UUID, me: UUID) -> Curves | None:
    if standings is None or not standings.items:
        return None
    try:
        return await visitor.client.live.curves(battle_id, drawn(standings, me))
    except (ApiProblem, Unreachable):
        return None


async def _participants(visitor: Visitor, battle: view.Battle) -> list[str]:
    """Who has joined so far, by name."""
    page = await visitor.client.battles.participants(battle.id)
    ids = [UUID(item["user_id"]) for item in page.items][:_PROFILES]
    if not ids:
        return []
    named = {profile.id: profile.display_name for profile in await visitor.client.identity.profiles(ids)}
    return [named.get(user, "Someone") for user in ids]
