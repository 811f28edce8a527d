"""Live standings in the terminal."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from rich.live import Live
from rich.table import Table

from arena.cli.console import err, out, table_of
from arena.client import ApiProblem, ArenaClient, Unreachable
from arena.client.models import Standings

_AGAIN = 0.5
"""Seconds before a stream that ended is taken up again."""


@asynccontextmanager
async def watched(client: ArenaClient, battle_id: str, name: str) -> AsyncIterator[None]:
    """Show the standings as they change while the block runs; where nobody can see it, show nothing."""
    watching = asyncio.create_task(_watch(client, battle_id, name)) if err.is_terminal else None
    try:
        yield
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.wait([watching])


async def _watch(client: ArenaClient, battle_id: str, name: str) -> None:
    with Live(console=err, auto_refresh=False, transient=True) as screen:
        while True:
            try:
                async for standings in client.live.stream(UUID(battle_id)):
                    screen.update(picture(name, standings), refresh=True)
            except (Unreachable, ApiProblem, httpx.HTTPStatusError):
                pass  # the platform is away for a moment; the stream is taken up again below
            await asyncio.sleep(_AGAIN)


def picture(name: str, standings: Standings) -> Table:
    """The standings as a table."""
    rows = ({"rank": row.rank, "name": row.display_name, "score": row.score} for row in standings.items)
    return leaderboard(rows, title=f"{name} · {standings.phase} · {standings.as_of:%H:%M:%S} UTC")


def show_standings(rows: Iterable[dict[str, Any]]) -> None:
    """The standings on stdout."""
    out.print(leaderboard(rows))


def leaderboard(rows: Iterable[dict[str, Any]], *, title: str | None = None) -> Table:
    """Rows of rank, name and score."""
    table = table_of("rank", "name", "score", title=title)
    table.columns[0].justify = table.columns[2].justify = "right"
    for row in rows:
        table.add_row(str(row["rank"]), row["name"], str(row["score"]))
    return table
