"""The client: one group of calls a service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import httpx

from arena.client.battles import BattleCalls
from arena.client.dead_letters import DeadLetterCalls
from arena.client.habits import HabitCalls
from arena.client.identity import IdentityCalls
from arena.client.live import LiveCalls
from arena.client.scoring import ScoringCalls
from arena.client.transport import TRIES, Transport


class ArenaClient:
    """Everything the public API offers, for one person (or for nobody yet); a call is tried `tries` times where the server asks to wait."""

    def __init__(self, http: httpx.AsyncClient, *, tries: int = TRIES) -> None:
        self.transport = Transport(http, tries)
        self.identity = IdentityCalls(self.transport)
        self.habits = HabitCalls(self.transport)
        self.scoring = ScoringCalls(self.transport)
        self.battles = BattleCalls(self.transport)
        self.live = LiveCalls(self.transport)
        self.dead_letters = DeadLetterCalls(self.transport)

    def as_bearer(self, access_token: str) -> Self:
        """Speak for whom the token names from now on."""
        self.transport.headers["authorization"] = f"Bearer {access_token}"
        return self

    @classmethod
    @asynccontextmanager
    async def connect(cls, base_url: str, *, seconds: float = 30.0) -> AsyncIterator[Self]:
        """A client of the platform at an address."""
        async with httpx.AsyncClient(base_url=base_url, timeout=seconds) as http:
            yield cls(http)
