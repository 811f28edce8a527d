"""A battle for spectators: the link is all they need."""

import asyncio

from fastapi import Response

from arena.web.routing import LinkToken, page_router
from arena.web.views import battle as view
from arena.web.views import board
from arena.web.visitor import Anybody

router = page_router()


@router.get("/watch/{token}")
async def watch(token: LinkToken, visitor: Anybody) -> Response:
    """The standings; no account, no habits, nothing else."""
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
        stream=f"/api/live/spectate/{token}/stream",
    )
