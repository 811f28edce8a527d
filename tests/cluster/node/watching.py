"""People who watch a battle over a stream, and resume where another process answers when theirs is gone."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from arena.client.client import ArenaClient
from arena.client.errors import ApiProblem, Unreachable

PAUSE_SECONDS = 0.2


@dataclass(slots=True)
class Watcher:
    """One screen; `seen` are the revisions and `scores` the best scores as they came; `resumed` counts new beginnings."""

    url: str
    token: str
    battle_id: UUID
    seen: list[int] = field(default_factory=list)
    scores: list[int] = field(default_factory=list)
    resumed: int = -1

    @property
    def score(self) -> int:
        """The best score as it is shown."""
        return self.scores[-1] if self.scores else 0

    async def watch(self) -> None:
        """Watch until cancelled."""
        while True:
            # A connection each time, so that the service may choose another pod.
            async with httpx.AsyncClient(base_url=self.url, timeout=10) as http:
                self.resumed += 1
                with contextlib.suppress(ApiProblem, Unreachable, httpx.HTTPError):
                    await self._follow(ArenaClient(http).as_bearer(self.token))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _follow(self, client: ArenaClient) -> None:
        last = self.seen[-1] if self.seen else None
        async for standings in client.live.stream(self.battle_id, last_event_id=last):
            self.seen.append(standings.revision)
            self.scores.append(standings.items[0].score if standings.items else 0)
