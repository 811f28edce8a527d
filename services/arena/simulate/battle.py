"""A short battle among simulated people, from the first word to the result."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from arena.client import ArenaClient, Unreachable
from arena.simulate.driver import Actor, patiently

ENDED = frozenset({"final", "cancelled"})
_LOOK_AGAIN = 0.25
_LEAD = 3.0
"""Seconds between the opening and the start, and for each contestant a little more."""
_LEAD_EACH = 0.15


async def announce(host: ArenaClient, name: str, minutes: float, contestants: int) -> dict[str, Any]:
    """A free-for-all that starts in a moment and lasts so many minutes (one at least), open to whoever has the invitation."""
    start = (datetime.now(UTC) + timedelta(seconds=_LEAD + _LEAD_EACH * contestants)).replace(microsecond=0, tzinfo=None)
    window = {
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=max(1.0, minutes))).isoformat(timespec="seconds"),
        "time_zone": "UTC",
        "grace_minutes": 0,
    }
    battle = await host.battles.create(name=name, kind="free_for_all", window=window)
    return battle | await host.battles.open(battle["id"])


async def join_all(actors: Sequence[Actor], battle_id: str, invite: str | None) -> None:
    """Everybody joins with all their habits."""

    async def join(actor: Actor) -> None:
        fields = {"invite": invite} if invite else {}
        await patiently(lambda: actor.client.battles.join(battle_id, actor.habits, **fields))

    async with asyncio.TaskGroup() as tasks:
        for actor in actors:
            tasks.create_task(join(actor))


async def until_started(client: ArenaClient, battle_id: str, invite: str | None = None) -> dict[str, Any]:
    """The battle once it runs (or is over)."""
    while True:
        battle = await client.battles.get(battle_id, invite=invite)
        if battle["phase"] not in {"draft", "open"}:
            return battle
        await asyncio.sleep(_LOOK_AGAIN)


async def until_ended(client: ArenaClient, battle_id: str) -> dict[str, Any]:
    """The battle once it is final or cancelled; a platform that is away for a moment is waited for."""
    while True:
        try:
            battle = await client.battles.get(battle_id)
        except Unreachable:
            battle = {"phase": "unknown"}
        if battle["phase"] in ENDED:
            return battle
        await asyncio.sleep(_LOOK_AGAIN)


def ends_at(battle: dict[str, Any]) -> datetime:
    """When its window ends."""
    return datetime.fromisoformat(battle["window"]["ends_at"])
