"""Habits, logs, settings, imports."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from arena.client.models import Habit, ImportReport, LedgerSettings, LogEntry, Page
from arena.client.transport import Transport, decode

_BASE = "/api/habits"


class HabitCalls:
    """`/api/habits`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def settings(self) -> LedgerSettings:
        """What decides my days."""
        return await self._transport.get(f"{_BASE}/settings", LedgerSettings)

    async def change_settings(self, time_zone: str, day_start: str = "00:00", week_start: str = "mon") -> LedgerSettings:
        """In force at once for what is accepted from then on."""
        body = {"time_zone": time_zone, "day_start": day_start, "week_start": week_start}
        return decode(await self._transport.send("PUT", f"{_BASE}/settings", json=body), LedgerSettings)

    async def create(self, name: str, kind: str = "yes_no", **fields: Any) -> Habit:
        """Add a habit; `fields` are unit, target, schedule."""
        return await self._transport.post(_BASE, Habit, {"name": name, "kind": kind, **fields})

    async def all(self) -> list[Habit]:
        """Every habit of mine."""
        return [habit async for habit in self._each(_BASE, Page[Habit])]

    async def get(self, habit_id: UUID) -> Habit:
        """One habit."""
        return await self._transport.get(f"{_BASE}/{habit_id}", Habit)

    async def change(self, habit_id: UUID, **fields: Any) -> Habit:
        """Edit a habit."""
        return decode(await self._transport.send("PATCH", f"{_BASE}/{habit_id}", json=fields), Habit)

    async def delete(self, habit_id: UUID) -> None:
        """Delete a habit and its log."""
        await self._transport.send("DELETE", f"{_BASE}/{habit_id}")

    async def log(self, habit_id: UUID, at: datetime | date, *, time_zone: str | None = None, **fields: Any) -> LogEntry:
        """Log at an instant (aware) or on a civil day; `fields` are value, client_id, note."""
        when: dict[str, Any] = {"logged_at": at.isoformat()} if isinstance(at, datetime) else {"civil_day": at.isoformat()}
        if time_zone is not None:
            when["time_zone"] = time_zone
        return await self._transport.post(f"{_BASE}/{habit_id}/logs", LogEntry, when | fields)

    async def logs(self, habit_id: UUID, *, first: date | None = None, last: date | None = None) -> list[LogEntry]:
        """The log of a habit, latest day first."""
        params = {"first": first.isoformat() if first else None, "last": last.isoformat() if last else None}
        return [entry async for entry in self._each(f"{_BASE}/{habit_id}/logs", Page[LogEntry], params)]

    async def correct(self, habit_id: UUID, log_id: UUID, **fields: Any) -> LogEntry:
        """Put another revision in the place of an entry."""
        return decode(await self._transport.send("PATCH", f"{_BASE}/{habit_id}/logs/{log_id}", json=fields), LogEntry)

    async def undo(self, habit_id: UUID, log_id: UUID) -> None:
        """Take an entry back."""
        await self._transport.send("DELETE", f"{_BASE}/{habit_id}/logs/{log_id}")

    async def import_file(self, name: str, data: bytes) -> ImportReport:
        """Import another app's export."""
        answer = await self._transport.send("POST", f"{_BASE}/imports", files={"file": (name, data)}, timeout=300.0)
        return decode(answer, ImportReport)

    async def _each(self, path: str, model: Any, params: dict[str, Any] | None = None) -> AsyncIterator[Any]:
        cursor = None
        while True:
            page = await self._transport.get(path, model, {**(params or {}), "limit": 200, "cursor": cursor})
            for item in page.items:
                yield item
            cursor = page.next_cursor
            if cursor is None:
                return
