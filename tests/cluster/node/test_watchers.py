"""A battle with a `live` of its own: its pods serve its watchers, and a watcher whose pod is killed goes on at another."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.cluster.node.faults import kill
from tests.cluster.node.figures import keep_figures
from tests.cluster.node.release import Release
from tests.cluster.node.watching import Watcher
from tests.cluster.scenarios.operating import battle
from tests.cluster.scenarios.people import Player, player

NAME = "watched"
WATCHERS = 8
SLOW, QUICK = 6, 20
"""Logs whose standings all see before the next one, and logs without a pause."""
POINTS = 10
DEDICATED = "live-dedicated"

pytestmark = pytest.mark.timeout(400)


@dataclass(frozen=True, slots=True)
class Watched:
    """A running battle with pods of its own."""

    url: str
    battle_id: UUID
    player: Player


@pytest.fixture
def watched(arena: Release) -> Iterator[Watched]:
    """Declared as a resource, joined by two, begun; only the one logs."""
    start = (datetime.now(UTC) + timedelta(seconds=75)).replace(second=0)
    window = {"start": f"{start:%Y-%m-%dT%H:%M}", "end": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M}"}
    spec = {"inviteOnly": False, "maxParticipants": 10, "scoring": {"points": POINTS}, "dedicated": True}
    arena.node.cluster.apply(battle(NAME, window=window, load={"viewers": 100, "leadTime": "30m"}, **spec), namespace=arena.namespace)
    arena.kubectl("wait", "--for=condition=Accepted", "--timeout=60s", f"battle/{NAME}")
    battle_id = str(arena.node.cluster.get("battle", NAME, arena.namespace)["status"]["battleId"])
    ada, bob = (player(arena.url("api"), name) for name in ("ada", "bob"))
    ada.accept(battle_id)
    bob.accept(battle_id)
    arena.kubectl("wait", "--for=condition=CapacityReady", "--timeout=120s", f"battle/{NAME}")
    # The resource shows the phase a little later: the platform itself is asked.
    arena.node.cluster.eventually(lambda: phase(ada, battle_id) == "running", "the battle has not begun", 120)
    yield Watched(arena.node.url(dedicated_service(arena), arena.namespace), UUID(battle_id), ada)
    arena.kubectl("annotate", f"battle/{NAME}", "habitarena.io/allow-delete=true")
    arena.kubectl("delete", f"battle/{NAME}", "--timeout=60s")


def phase(of: Player, battle_id: str) -> str:
    """The battle's phase as the platform has it."""
    return str(of.http.get(f"/api/battles/{battle_id}").raise_for_status().json()["phase"])


def dedicated_service(arena: Release) -> str:
    """The service of the battle's own pods."""
    found: list[dict[str, Any]] = json.loads(arena.kubectl("get", "services", "-l", f"habitarena.io/battle={NAME}", "-o", "json"))["items"]
    return str(found[0]["metadata"]["name"])


def streams(arena: Release) -> float:
    """How many streams the battle's own pods say that they serve."""
    total = 0.0
    for pod in arena.pods(DEDICATED):
        metrics = httpx.get(f"http://{pod['status']['podIP']}:8001/metrics", trust_env=False).text
        total += sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("arena_live_streams"))
    return total


async def eventually(holds: Callable[[], bool], otherwise: str, seconds: float = 60) -> None:
    """Wait until something holds, while the watchers watch."""
    until = time.monotonic() + seconds
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < until, otherwise
        await asyncio.sleep(0.1)


async def play(arena: Release, watched: Watched) -> list[Watcher]:
    """Log while all watch, one after the other and then without a pause; in the middle of each one of the battle's pods is killed."""
    token = str(watched.player.http.headers["authorization"]).removeprefix("Bearer ")
    watchers = [Watcher(watched.url, token, watched.battle_id) for _ in range(WATCHERS)]
    watching = [asyncio.create_task(watcher.watch()) for watcher in watchers]
    logged = 0

    async def log(*, killing: bool) -> None:
        nonlocal logged
        logged += 1
        if killing:
            await asyncio.to_thread(kill, arena, DEDICATED)
        await asyncio.to_thread(watched.player.log)

    async def until_all_saw_it() -> None:
        await eventually(lambda: all(watcher.score == logged * POINTS for watcher in watchers), f"not all saw the score after log {logged}")

    try:
        await eventually(lambda: streams(arena) == WATCHERS, "the battle's own pods do not serve its watchers")
        for number in range(SLOW):
            await log(killing=number == SLOW // 2)
            await until_all_saw_it()
        await asyncio.to_thread(arena.wait_ready)
        for number in range(QUICK):
            await log(killing=number == QUICK // 2)
        began = time.monotonic()
        await until_all_saw_it()
        keep_figures(watchers_up_to_date_seconds=round(time.monotonic() - began, 1))
    finally:
        for task in watching:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    return watchers


def test_watchers_of_a_killed_pod_resume_at_another_and_miss_nothing_that_was_promised(arena: Release, watched: Watched) -> None:
    assert len(arena.pods(DEDICATED)) >= 2
    watchers = asyncio.run(play(arena, watched))
    assert sum(watcher.resumed for watcher in watchers) > 0
    standings = watched.player.http.get(f"{arena.url('live')}/api/live/battles/{watched.battle_id}/standings").raise_for_status().json()
    for watcher in watchers:
        # Never back, also where a stream was resumed; the newest came (services/arena/live/README.md says what a stream promises).
        assert watcher.seen == sorted(watcher.seen)
        assert watcher.seen[-1] == standings["revision"]
        # What was shown until all had seen it was shown to each: no standing is missed while a stream is resumed.
        assert set(range(0, SLOW * POINTS + 1, POINTS)) <= set(watcher.scores)
