"""Standings, now and as they change."""

from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote
from uuid import UUID

import httpx
import msgspec

from arena.client.errors import Unreachable
from arena.client.models import Curves, Standings, Summary
from arena.client.transport import Transport

_BASE = "/api/live"


class LiveCalls:
    """`/api/live`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def standings(self, battle_id: UUID) -> Standings:
        """The standings now."""
        return await self._transport.get(f"{_BASE}/battles/{battle_id}/standings", Standings)

    async def spectate(self, token: str) -> Standings:
        """The standings now, by a spectator link."""
        return await self._transport.get(f"{_BASE}/spectate/{quote(token, safe='')}/standings", Standings)

    async def curves(self, battle_id: UUID, users: Sequence[UUID] | None = None) -> Curves:
        """Score over time of at most six; of the first six where none are named."""
        return await self._transport.get(f"{_BASE}/battles/{battle_id}/history", Curves, _of(users))

    async def spectated_curves(self, token: str, users: Sequence[UUID] | None = None) -> Curves:
        """The same, by a spectator link."""
        return await self._transport.get(f"{_BASE}/spectate/{quote(token, safe='')}/history", Curves, _of(users))

    async def summary(self, battle_id: UUID) -> Summary:
        """Viewers and the first five lines; for the platform and services only."""
        return await self._transport.get(f"{_BASE}/battles/{battle_id}/summary", Summary)

    async def stream(self, battle_id: UUID, *, last_event_id: int | None = None) -> AsyncIterator[Standings]:
        """The standings at once and after every change, until the server ends the stream."""
        headers = dict(self._transport.headers) | ({} if last_event_id is None else {"last-event-id": str(last_event_id)})
        try:
            async with self._transport.http.stream("GET", f"{_BASE}/battles/{battle_id}/stream", headers=headers, timeout=60.0) as answer:
                answer.raise_for_status()
                async for line in answer.aiter_lines():
                    if line.startswith("data: "):
                        yield msgspec.json.decode(line[6:], type=Standings)
        except httpx.TransportError as lost:
            raise Unreachable(str(lost)) from lost


def _of(users: Sequence[UUID] | None) -> dict[str, list[str] | None]:
    return {"users": [str(user) for user in users] if users else None}
