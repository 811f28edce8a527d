"""The default shape of the charts: pages, API, live and two workers, each killed during a battle whose result must be exact."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.contracts.result import problems
from arena.embedded.testing import PASSWORD, Person
from tests.integration.platform.acts import log, ok, start_battle, until_phase
from tests.integration.split.conftest import Split, until

FACTS = 24
LASTS = 61.0


@asynccontextmanager
async def somebody(split: Split, name: str) -> AsyncIterator[Person]:
    """Signs up on the pages; speaks to the API with the token that the pages were given."""
    form = {"email": f"{name}@example.org", "password": PASSWORD, "display_name": name, "time_zone": "UTC", "next": "/"}
    async with httpx.AsyncClient(base_url=split.processes["web"].url, timeout=30) as pages:
        await pages.get("/sign-up")
        answer = await pages.post("/sign-up", data=form | {"csrf": pages.cookies["arena_csrf"]})
        assert (answer.status_code, answer.headers.get("location")) == (303, "/"), answer.text
        assert (await pages.get("/today")).status_code == 200
        token = pages.cookies["arena_access"]
    bearer = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=split.processes["api"].url, headers=bearer, timeout=30) as http:
        yield Person(ok(await http.get("/api/identity/me"))["id"], name, http)


async def log_some(person: Person, habit: dict[str, Any], battle: dict[str, Any], numbers: range) -> None:
    """Facts that count, each sent twice as a client does that is not sure."""
    for number in numbers:
        fact = {"client_id": f"fact-{number}", "logged_at": battle["window"]["starts_at"]}
        ok(await log(person.http, habit, **fact), 201)
        ok(await log(person.http, habit, **fact), 200)


def kill_and_begin(split: Split, name: str) -> None:
    split.processes[name].kill()
    split.processes[name].begin()
    split.processes[name].until_ready()


async def watched(split: Split, spectator: str) -> list[dict[str, Any]]:
    """The standings as `live` shows them now."""
    async with httpx.AsyncClient(base_url=split.processes["live"].url, timeout=30) as http:
        rows: list[dict[str, Any]] = ok(await http.get(f"/api/live/spectate/{spectator}/standings"))["items"]
        return rows


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_battle_across_processes_that_are_killed_ends_with_an_exact_result(split: Split) -> None:
    split.begin_postgres()
    assert split.arena("migrate").returncode == 0
    split.begin_all()
    second = split.process("second", ["work"])
    second.begin()
    second.until_ready()
    async with somebody(split, "Ann") as ann, somebody(split, "Bob") as bob:
        battle, habits = await start_battle(ann, bob, starts_in=4, lasts=LASTS)
        await log_some(ann, habits["Ann"], battle, range(FACTS // 2))
        split.processes["work"].kill()
        await log_some(bob, habits["Bob"], battle, range(FACTS // 2))
        kill_and_begin(split, "api")
        await log_some(ann, habits["Ann"], battle, range(FACTS // 2, FACTS))
        kill_and_begin(split, "live")
        split.processes["work"].begin()
        second.kill()
        final = await until_phase(bob, battle, "final", LASTS + 60)
        document = ok(await bob.http.get(f"/api/battles/{battle['id']}/result"))
        assert document["hash"] == final["result_hash"] == sha256_hex(canonical_json(document["result"]))
        assert list(problems(document["result"])) == []
        lines = [(line["user_id"], line["score"]) for line in document["result"]["standings"]]
        assert lines == [(ann.id, 10 * FACTS), (bob.id, 5 * FACTS)]
        assert [row["score"] for row in await watched(split, battle["spectator"])] == [10 * FACTS, 5 * FACTS]
        await told_to_come_back(split, battle["spectator"])
    for name in ("web", "api", "work"):
        assert split.processes[name].stop() == 0
        assert "Traceback" not in split.processes[name].log
        assert split.processes[name].log.rstrip().endswith("stopped")


async def told_to_come_back(split: Split, spectator: str) -> None:
    """A stream that is open when its process is told to stop says when to come back, and ends."""
    live = split.processes["live"]
    async with (
        httpx.AsyncClient(base_url=live.url, timeout=30) as http,
        http.stream("GET", f"/api/live/spectate/{spectator}/stream") as stream,
    ):
        lines = stream.aiter_lines()
        first = await anext(lines)
        assert live.running is not None
        live.running.terminate()
        told = [first, *[line async for line in lines]]
    assert "retry: 1000" in told
    until(lambda: live.running is None or live.running.poll() is not None)
    assert live.stop() == 0
    assert "Traceback" not in live.log
