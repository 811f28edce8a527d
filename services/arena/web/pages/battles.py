"""My battles, those I am invited to, and those anybody may join."""

import asyncio
from typing import Annotated

from fastapi import Query, Response

from arena.web.routing import page_router
from arena.web.views import battle as view
from arena.web.visitor import SignedIn

router = page_router()
_SHOWN = 30
_OVER = frozenset({"final", "cancelled"})


@router.get("/battles")
async def battles(visitor: SignedIn, after: Annotated[str | None, Query(max_length=1024)] = None) -> Response:
    """Newest first."""
    client = visitor.client
    _, mine, public, invited = await asyncio.gather(
        visitor.person(),
        client.battles.page(limit=_SHOWN, cursor=after),
        client.battles.page(public="true", limit=_SHOWN),
        client.battles.page(invited="true", limit=_SHOWN),
    )
    clock = visitor.clock()
    lines = [view.line(view.read(document), clock) for document in mine.items]
    invitations = [view.line(view.read(document), clock) for document in invited.items]
    known = {line.battle.id for line in (*lines, *invitations)}
    return visitor.show(
        "battles.html",
        invitations=invitations,
        now=[line for line in lines if line.battle.phase not in _OVER],
        over=[line for line in lines if line.battle.phase in _OVER],
        public=[line for document in public.items if (line := view.line(view.read(document), clock)).battle.id not in known],
        more=mine.next_cursor,
    )
