"""One battle from beginning to end over the public API, in real time: two people, a minute, a result that anybody can recompute."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.chassis.testing.databases import TestDatabase
from arena.contracts.ids import BattleId
from arena.contracts.result import problems
from arena.simulate.exports import SimulatedDay, SimulatedHabit, loop_database
from tests.integration.live.watching import Watch
from tests.integration.platform.acts import add_habit, log, ok, problem, start_battle, until_phase
from tests.integration.scoring.ground import Ground

MINUTE = 60.0
DONE = 2


async def play(ann: Any, bob: Any, battle: dict[str, Any], habits: dict[str, Any]) -> None:
    """Facts of every kind; of Ann's three count, of Bob's two."""
    start = datetime.fromisoformat(battle["window"]["starts_at"])
    end = datetime.fromisoformat(battle["window"]["ends_at"])
    mine, his = habits["Ann"], habits["Bob"]
    ok(await log(ann.http, mine, logged_at=start.isoformat()), 201)
    ok(await log(ann.http, mine, logged_at=(end - timedelta(microseconds=1)).isoformat()), 201)
    ok(await log(ann.http, mine, logged_at=(start + timedelta(seconds=5)).isoformat(), client_id="once"), 201)
    ok(await log(ann.http, mine, logged_at=(start + timedelta(seconds=5)).isoformat(), client_id="once"), 200)
    ok(await log(ann.http, mine, logged_at=(start - timedelta(seconds=1)).isoformat()), 201)
    ok(await log(ann.http, mine, logged_at=end.isoformat()), 201)
    ok(await log(ann.http, mine, civil_day=start.date().isoformat()), 201)
    ok(await log(ann.http, await add_habit(ann.http, "Read"), logged_at=start.isoformat()), 201)
    taken_back = ok(await log(bob.http, his, logged_at=start.isoformat()), 201)
    moved = ok(await log(bob.http, his, logged_at=(start - timedelta(days=1)).isoformat()), 201)
    ok(await log(bob.http, his, logged_at=(start + timedelta(seconds=1)).isoformat()), 201)
    path = f"/api/habits/{his['id']}/logs"
    assert (await bob.http.delete(f"{path}/{taken_back['id']}")).status_code == 204
    ok(await bob.http.patch(f"{path}/{moved['id']}", json={"logged_at": (start + timedelta(seconds=2)).isoformat()}))
    export = loop_database([SimulatedHabit("Run", days=(SimulatedDay(start.date(), DONE),))])
    ok(await bob.http.post("/api/habits/imports", files={"file": ("loop.db", export)}), 201)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_battle_of_a_minute_ends_with_a_result_that_anybody_can_recompute(platform: Any, database: TestDatabase) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob", time_zone="Asia/Tokyo")
    battle, habits = await start_battle(ann, bob, kind="head_to_head", lasts=MINUTE)
    path = f"/api/battles/{battle['id']}"
    stream = await Watch.of(platform.parts.http, f"/api/live/spectate/{battle['spectator']}/stream")
    await play(ann, bob, battle, habits)
    await stream.scores(Ann=30, Bob=20)
    assert problem(await ann.http.get(f"{path}/result")) == (404, "result-not-ready")
    ended = await stream.until(seconds=MINUTE + 20, phase="final")
    assert [(row["display_name"], row["score"]) for row in ended["items"]] == [("Ann", 30), ("Bob", 20)]
    late = ok(await log(bob.http, habits["Bob"], logged_at=battle["window"]["starts_at"]), 201)
    assert late["civil_day"]

    final = await until_phase(bob, battle, "final")
    document = ok(await bob.http.get(f"{path}/result"))
    assert document["hash"] == final["result_hash"] == sha256_hex(canonical_json(document["result"]))
    assert list(problems(document["result"])) == []
    lines = [(line["user_id"], line["rank"], line["score"]) for line in document["result"]["standings"]]
    assert lines == [(ann.id, 1, 30), (bob.id, 2, 20)]
    await _erase(bob)
    assert ok(await ann.http.get(f"{path}/result")) == document
    await _comes_out_again(platform, Ground.over(database), document)
    await stream.close()


async def _erase(person: Any) -> None:
    erased = await person.http.request("DELETE", "/api/identity/me", json={"password": "correct horse battery"})
    assert erased.status_code == 204
    await asyncio.sleep(0.5)


async def _comes_out_again(platform: Any, ground: Ground, document: dict[str, Any]) -> None:
    """The log holds the same result, and scoring built anew from the log finds it again, though the ledger's rows are gone."""
    battle_id = BattleId(document["result"]["battle_id"])
    [scored] = await ground.scored()
    assert {"result": scored.result, "hash": scored.result_hash} == document
    await platform.parts.workers.stop()
    await ground.forget()
    ground.restart(muted=True)
    await ground.drain()
    while await ground.result_hash(battle_id) is None:
        await ground.act()
        await asyncio.sleep(0.05)
    assert await ground.result_hash(battle_id) == document["hash"]
    await ground.close()
