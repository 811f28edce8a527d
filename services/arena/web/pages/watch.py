"""A battle for spectators: the link is all they need."""

import asyncio

from fastapi import Response

from arena.client import ApiProblem, Unreachable
from arena.client.models import Standings
from arena.web.routing import LinkToken, page_router
from arena.web.views import battle as view
from arena.web.views import board
from arena.web.views.chart import Chart, chart_of, drawn
from arena.web.visitor import Anybody, Visitor

router = page_router()


@router.get("/watch/{token}")
async def watch(token: LinkToken, visitor: Anybody) -> Response:
    """The standings and how they came about; no account, no habits, nothing else."""
    client = visitor.client
    document, standings = await asyncio.gather(client.battles.spectated(token), client.live.spectate(token))
    battle = view.read(document)
    return visitor.show(
        "watch.html",
        battle=battle,
        line=view.line(battle, visitor.clock()),
        kind=view.KINDS.get(battle.kind, battle.kind),
        rules=view.rules(battle),
        cancelled=view.cancelled_words(battle),
        rows=board.lines(standings, None),
        standings=standings,
        winner=view.winner_words(standings.items, None) if battle.phase == "final" else "",
        chart=await _chart(visitor, token, standings) if battle.is_live else None,
        stream=f"/api/live/spectate/{token}/stream",
        chart_address=f"/watch/{token}/chart",
    )


@router.get("/watch/{token}/chart")
async def chart_piece(token: LinkToken, visitor: Anybody) -> Response:
    """Score over time, for the script that fetches it anew."""
    standings = await visitor.client.live.spectate(token)
    curves = await visitor.client.live.spectated_curves(token, drawn(standings, None))
    return visitor.show("parts/chart_only.html", chart=chart_of(standings, curves, None))


async def _chart(visitor: Visitor, token: str, standings: Standings) -> Chart | None:
    """None where it cannot be drawn just now: the standings are shown all the same."""
    if not standings.items:
        return None
    try:
        curves = await visitor.client.live.spectated_curves(token, drawn(standings, None))
    except (ApiProblem, Unreachable):
        return None
    return chart_of(standings, curves, None)
