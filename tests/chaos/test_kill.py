"""Kill -9 at random moments under load: nothing promised is lost, nothing counts twice, and the standings say the same as the ledger."""

import asyncio
import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from arena.embedded.testing_process import ArenaProcess, open_folder
from tests.chaos.conftest import Report
from tests.chaos.history import History, Verdict, judge
from tests.chaos.load import Load, battle_among, enlist, facts_of
from tests.chaos.nemeses import Struck

WRITERS = 8
POINTS = 10


async def rounds(arena: ArenaProcess, load: Load, kills: int) -> list[int]:
    """Kill so many times while the writers write; answers how many requests were in flight at each kill."""
    chance = random.Random(os.environ.get("ARENA_SEED", "habitarena"))  # noqa: S311 - a seeded test
    writing = [asyncio.create_task(load.write(writer)) for writer in load.writers]
    in_flight = []
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.05, 0.7))
        in_flight.append(load.in_flight)
        arena.kill()
        await asyncio.to_thread(arena.start)
    await asyncio.sleep(0.3)
    load.running = False
    await asyncio.gather(*writing)
    return in_flight


async def settled_standings(http: httpx.AsyncClient, battle_id: str, load: Load, expected: dict[str, int]) -> dict[str, int]:
    """The standings once they stop being behind, at the latest after 30 s."""
    found: dict[str, int] = {}
    for _ in range(300):
        answer = await http.get(f"/api/live/battles/{battle_id}/standings", headers=load.writers[0].headers)
        found = {row["user_id"]: row["score"] for row in answer.raise_for_status().json()["items"]}
        if found == expected:
            break
        await asyncio.sleep(0.1)
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as found:
        yield found


@pytest.mark.slow
@pytest.mark.timeout(1500)
async def test_fifty_kills_lose_nothing_and_double_nothing(folder: Path, report: Report) -> None:
    kills = int(os.environ.get("ARENA_KILLS", "50"))
    arena = ArenaProcess(folder / "data")
    await asyncio.to_thread(arena.start)
    try:
        load = Load(arena.url, await enlist(arena.url, WRITERS))
        battle_id = await battle_among(arena.url, load.writers, starts_in=3, lasts=timedelta(hours=1))
        in_flight = await rounds(arena, load, kills)
        async with httpx.AsyncClient(base_url=arena.url, timeout=30) as http:
            ledger = {writer.user_id: await facts_of(http, writer) for writer in load.writers}
            expected = {user: POINTS * len(found) for user, found in ledger.items()}
            standings = await settled_standings(http, battle_id, load, expected)
    finally:
        assert await asyncio.to_thread(arena.stop) == 0
    verdict = judge(
        History(
            asked={writer.user_id: writer.client_ids for writer in load.writers},
            promised={writer.user_id: writer.promised for writer in load.writers},
            ledger=ledger,
            counted=expected,
            standings=[standings],
        )
    )
    struck = Struck({"kill embedded": kills}, kills, sum(count > 0 for count in in_flight))
    report.tell("embedded", struck, verdict, sum(len(writer.promised) for writer in load.writers))
    assert verdict == Verdict()
    assert arena.lines[-1] == "stopped"
