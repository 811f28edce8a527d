"""Streaks and days."""

from datetime import date
from uuid import UUID

from arena.client.models import Days, Streak, Today
from arena.client.transport import Transport

_BASE = "/api/scoring"


class ScoringCalls:
    """`/api/scoring`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def today(self) -> Today:
        """Every habit as of today."""
        return await self._transport.get(f"{_BASE}/today", Today)

    async def streak(self, habit_id: UUID) -> Streak:
        """A streak and its reasons."""
        return await self._transport.get(f"{_BASE}/habits/{habit_id}/streak", Streak)

    async def days(self, habit_id: UUID, first: date, last: date) -> Days:
        """How each day of a habit looks."""
        return await self._transport.get(f"{_BASE}/habits/{habit_id}/days", Days, {"first": first.isoformat(), "last": last.isoformat()})
