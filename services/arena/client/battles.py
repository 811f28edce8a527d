"""Battles."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from arena.client.models import Page
from arena.client.transport import Transport, decode

_BASE = "/api/battles"
Battle = dict[str, Any]


class BattleCalls:
    """`/api/battles`; a battle is handed over as the API words it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, **fields: Any) -> Battle:
        """Draft a battle."""
        return await self._transport.post(_BASE, Battle, fields)

    async def page(self, **params: Any) -> Page[Battle]:
        """One page of battles of mine; with `public="true"` of those open to all, with `invited="true"` of those I am invited to."""
        return await self._transport.get(_BASE, Page[Battle], params)

    async def get(self, battle_id: UUID | str, *, invite: str | None = None) -> Battle:
        """One battle."""
        return await self._transport.get(f"{_BASE}/{battle_id}", Battle, {"invite": invite})

    async def change(self, battle_id: UUID | str, **fields: Any) -> Battle:
        """Edit a battle that has not begun."""
        return decode(await self._transport.send("PATCH", f"{_BASE}/{battle_id}", json=fields), Battle)

    async def open(self, battle_id: UUID | str) -> Battle:
        """Let people join."""
        return await self._transport.post(f"{_BASE}/{battle_id}/open", Battle)

    async def cancel(self, battle_id: UUID | str) -> Battle:
        """Call it off."""
        return await self._transport.post(f"{_BASE}/{battle_id}/cancel", Battle)

    async def new_invite(self, battle_id: UUID | str) -> Battle:
        """Make a new invite link; the old one is void."""
        return await self._transport.post(f"{_BASE}/{battle_id}/invite", Battle)

    async def new_spectator(self, battle_id: UUID | str) -> Battle:
        """Make a new spectator link; the old one is void."""
        return await self._transport.post(f"{_BASE}/{battle_id}/spectator", Battle)

    async def invited(self, token: str) -> Battle:
        """The battle that an invite leads to."""
        return await self._transport.get(f"{_BASE}/invites/{quote(token, safe='')}", Battle)

    async def spectated(self, token: str) -> Battle:
        """The battle that a spectator link leads to; nobody need be signed in."""
        return await self._transport.get(f"{_BASE}/spectate/{quote(token, safe='')}", Battle)

    async def join(self, battle_id: UUID | str, habits: list[UUID], **fields: Any) -> dict[str, Any]:
        """Compete with these habits; `fields` are time_zone, invite."""
        body = {"habits": [str(habit) for habit in habits], **fields}
        return await self._transport.post(f"{_BASE}/{battle_id}/participants", dict[str, Any], body)

    async def leave(self, battle_id: UUID | str) -> None:
        """Go."""
        await self._transport.send("DELETE", f"{_BASE}/{battle_id}/participants/me")

    async def decline(self, battle_id: UUID | str) -> None:
        """Turn down an invitation by name."""
        await self._transport.send("DELETE", f"{_BASE}/{battle_id}/invitation")

    async def participants(self, battle_id: UUID | str) -> Page[dict[str, Any]]:
        """Who competes."""
        return await self._transport.get(f"{_BASE}/{battle_id}/participants", Page[dict[str, Any]])

    async def result(self, battle_id: UUID | str) -> dict[str, Any]:
        """The result document, once final."""
        return await self._transport.get(f"{_BASE}/{battle_id}/result", dict[str, Any])

    async def result_document(self, battle_id: UUID | str) -> bytes:
        """The same, byte by byte."""
        return (await self._transport.send("GET", f"{_BASE}/{battle_id}/result")).content
