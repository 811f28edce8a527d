"""People who log without a pause while something is broken, what they were promised, and whether it was kept."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx

from tests.chaos.load import Load, Writer, battle_among, enlist, logs_of
from tests.cluster.node.release import Release

WRITERS = 3
POINTS = 10
MORE = 5
"""So many promises after a fault show that it is over for a writer."""


@dataclass(slots=True)
class Crowd:
    """Writers in one battle of an installed platform."""

    arena: Release
    url: str
    writers: list[Writer]
    battle_id: str

    @classmethod
    async def gather(cls, arena: Release) -> "Crowd":
        """Accounts, habits, and a battle that runs."""
        url = arena.url("api")
        writers = await enlist(url, WRITERS)
        return cls(arena, url, writers, await begin_battle(url, writers, timedelta(hours=1)))

    async def outlive(self, fault: Callable[[], None]) -> float:
        """Write before, during and after a fault; answers the seconds from its end until all is as it should be, and asserts that it is."""
        load = Load(self.url, self.writers)
        writing = [asyncio.create_task(load.write(writer)) for writer in self.writers]
        try:
            await self._more_promises(writing)
            await asyncio.to_thread(fault)
            broken = time.monotonic()
            await self._more_promises(writing)
        finally:
            load.running = False
            await asyncio.gather(*writing)
        await asyncio.to_thread(self.arena.wait_ready)
        await self.check_promises()
        return time.monotonic() - broken

    async def check_promises(self) -> None:
        """Nothing promised is lost, nothing counts twice, nothing is there that nobody was promised, and the standings say so."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            ledgers = {writer.name: await logs_of(http, writer) for writer in self.writers}
        lost = {writer.name: writer.promised - set(ledgers[writer.name]) for writer in self.writers}
        doubled = {name: [one for one, count in ledger.items() if count > 1] for name, ledger in ledgers.items()}
        unasked = {writer.name: set(ledgers[writer.name]) - writer.promised for writer in self.writers}
        assert not any(lost.values()), f"lost: {lost}"
        assert not any(doubled.values()), f"doubled: {doubled}"
        assert not any(unasked.values()), f"never promised: {unasked}"
        expected = {writer.user_id: POINTS * len(ledgers[writer.name]) for writer in self.writers}
        assert await self._standings(expected) == expected

    async def _standings(self, expected: dict[str, int]) -> dict[str, int]:
        """The standings once they are as expected, or as they are after a minute."""
        found: dict[str, int] = {}
        until = time.monotonic() + 60
        async with httpx.AsyncClient(base_url=self.arena.url("live"), timeout=10) as http:
            while found != expected and time.monotonic() < until:
                try:
                    answer = await http.get(f"/api/live/battles/{self.battle_id}/standings", headers=self.writers[0].headers)
                except httpx.TransportError:
                    continue
                if answer.is_success:
                    found = {row["user_id"]: row["score"] for row in answer.json()["items"]}
                await asyncio.sleep(0.1)
        return found

    async def _more_promises(self, writing: list[asyncio.Task[None]]) -> None:
        """Wait until each writer was promised some more; one who gave up ends the wait."""
        wanted = {writer.name: len(writer.promised) + MORE for writer in self.writers}
        while any(len(writer.promised) < wanted[writer.name] for writer in self.writers):
            for task in writing:
                if task.done():
                    task.result()
            await asyncio.sleep(0.05)


async def begin_battle(url: str, writers: list[Writer], lasts: timedelta) -> str:
    """A battle of all writers, that runs; on a busy machine it may begin before all have joined, and is made anew with more time."""
    for starts_in in (3, 9):
        with contextlib.suppress(httpx.HTTPStatusError):
            return await battle_among(url, writers, starts_in=starts_in, lasts=lasts)
    return await battle_among(url, writers, starts_in=27, lasts=lasts)
