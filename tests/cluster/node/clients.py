"""Clients that ask again once, and no more: what fails even then is a request that an upgrade has cost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from tests.chaos.load import Writer
from tests.cluster.node.release import Release

PAUSE_SECONDS = 0.1
AGAIN_SECONDS = 1.0
"""How long a client waits before it asks again, where nobody says."""
_PASSING = {429, 502, 503, 504}


@dataclass(slots=True)
class Clients:
    """Writers who log, one who reads standings, one who opens a page; each over a connection that is kept."""

    arena: Release
    writers: list[Writer]
    battle_id: str
    asked: int = 0
    again: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _running: bool = True

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Let them ask as long as this is open; the last answers are waited for."""
        standings = f"/api/live/battles/{self.battle_id}/standings"
        async with asyncio.TaskGroup() as tasks:
            for writer in self.writers:
                tasks.create_task(self._log(writer))
            tasks.create_task(self._read("live", standings, self.writers[0].headers))
            tasks.create_task(self._read("web", "/", {}))
            try:
                yield
            finally:
                self._running = False

    async def _log(self, writer: Writer) -> None:
        path = f"/api/habits/{writer.habit_id}/logs"
        async with self._client("api", writer.headers) as http:
            while self._running:
                writer.asked += 1
                name = f"{writer.name}-{writer.asked}"
                body = {"logged_at": datetime.now(UTC).isoformat(), "time_zone": "Europe/Berlin", "client_id": name}
                if await self._ask(http, http.build_request("POST", path, json=body)):
                    writer.promised.add(name)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _read(self, component: str, path: str, headers: dict[str, str]) -> None:
        async with self._client(component, headers) as http:
            while self._running:
                await self._ask(http, http.build_request("GET", path))
                await asyncio.sleep(PAUSE_SECONDS)

    async def _ask(self, http: httpx.AsyncClient, request: httpx.Request) -> bool:
        """Ask, at most twice; answers whether that went well."""
        self.asked += 1
        trouble, wait = await self._once(http, request)
        if trouble and wait is not None:
            self.again.append(trouble)
            await asyncio.sleep(wait)
            trouble, _ = await self._once(http, request)
        if trouble:
            self.failed.append(trouble)
        return not trouble

    async def _once(self, http: httpx.AsyncClient, request: httpx.Request) -> tuple[str, float | None]:
        """What went wrong, if anything, and after how long it is worth another try, if it is."""
        what = f"{datetime.now(UTC):%H:%M:%S.%f} {request.method} {request.url.path}"
        try:
            answer = await http.send(request)
        except httpx.TransportError as trouble:
            return f"{what}: {trouble!r}", AGAIN_SECONDS
        if answer.is_success:
            return "", None
        wait = float(answer.headers.get("retry-after", AGAIN_SECONDS)) if answer.status_code in _PASSING else None
        return f"{what}: {answer.status_code} {answer.text[:200]}", wait

    def _client(self, component: str, headers: dict[str, str]) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.arena.url(component), headers=headers, timeout=10, trust_env=False, follow_redirects=True)
