"""Who looks on while things break: watchers of the standings, and one who looks at the heads of the log."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from tests.chaos.history import Place, Spot

LOOKS = 0.1


@dataclass(slots=True)
class Watcher:
    """A browser that comes back whenever its stream ends."""

    url: str
    battle_id: str
    headers: dict[str, str]
    revisions: list[int] = field(default_factory=list)
    streams: int = 0

    async def watch(self) -> None:
        """Until cancelled."""
        timeout = httpx.Timeout(10, read=20)  # a stream says something every 15 s
        async with httpx.AsyncClient(base_url=self.url, headers=self.headers, timeout=timeout) as http:
            while True:
                with suppress(httpx.TransportError):
                    await self._follow(http)
                await asyncio.sleep(0.1)

    async def _follow(self, http: httpx.AsyncClient) -> None:
        async with http.stream("GET", f"/api/live/battles/{self.battle_id}/stream") as stream:
            if stream.status_code != httpx.codes.OK:
                return
            self.streams += 1
            async for line in stream.aiter_lines():
                if line.startswith("id:"):
                    self.revisions.append(int(line.removeprefix("id:")))


@dataclass(slots=True)
class Heads:
    """Looks at the head of every partition again and again, past every proxy."""

    login: dict[str, Any]
    seen: list[dict[Place, Spot]] = field(default_factory=list)

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            with suppress(psycopg.Error):
                async with await psycopg.AsyncConnection.connect(**self.login, autocommit=True) as connection:
                    while True:
                        self.seen.append(await self._look(connection))
                        await asyncio.sleep(LOOKS)
            await asyncio.sleep(LOOKS)

    async def _look(self, connection: "psycopg.AsyncConnection[Any]") -> dict[Place, Spot]:
        rows = await connection.execute("select topic, partition, position, at from log.head where isfinite(at)")
        return {(topic, partition): Spot(position, at) for topic, partition, position, at in await rows.fetchall()}
