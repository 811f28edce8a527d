"""A battle from its start to its result, struck all the while; then everything that was said is gathered and judged."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg

from arena.contracts.registry import LEDGER
from arena.contracts.result import problems
from tests.chaos.carrying import confirmed, is_behind
from tests.chaos.history import History, Place, Spot, Verdict, judge, per_user
from tests.chaos.load import Load, Writer, battle_among, enlist, facts_of, until_phase
from tests.chaos.nemeses import Cut, Jump, Kill, KillBackend, Moments, Mute, Nemesis, Pause, Slow, Struck
from tests.chaos.proxy import Proxy
from tests.chaos.shape import CARRYING, PATIENCE, WORDS, Shape, ready
from tests.chaos.watching import Heads, Watcher
from tests.integration.split.conftest import until

WRITERS = 6
WATCHERS = 2
POINTS = 10
LASTS = timedelta(seconds=61)
OVERTIME = 4.0
"""Seconds after the end of a battle in which it is still struck: while it is scored."""
KILLS_TO_OTHERS = 3
"""How much more often a nemesis that kills is chosen than one that does not."""


def nemeses_of(shape: Shape) -> list[list[Nemesis]]:
    """In groups that strike at the same time: at who serves, works, carries, at what all stand on, and between them."""

    def kill(name: str) -> Nemesis:
        return Kill(f"kill {name}", shape.processes[name], lambda: ready(shape.processes[name]))

    def ailing(name: str, proxy: Proxy) -> list[Nemesis]:
        return [Cut(f"cut {name}", proxy), Mute(f"mute {name}", proxy), Slow(f"slow {name}", proxy)]

    serving = [name for name, words in WORDS.items() if words[0] == "serve"]
    working = [name for name in WORDS if name not in serving]
    carrying = [name for name in CARRYING if name in shape.processes]
    server: list[Nemesis] = [
        Kill("kill postgres", shape.server),
        KillBackend("kill backend", shape.server.login, shape.server.begin),
        Jump("postgres ahead", shape.server.clock, 20),
        Jump("postgres behind", shape.server.clock, -20),
    ]
    carriers: list[Nemesis] = [*map(kill, carrying)]
    between: list[Nemesis] = [nemesis for name in shape.processes for nemesis in ailing(name, shape.proxies[name])]
    between += [Pause(f"pause {name}", shape.processes[name]) for name in ("api", *working, *carrying)]
    between += [Jump(f"{name} ahead", shape.clocks[name], 86_400) for name in (*working, *carrying)]
    if shape.carrier is not None:
        carriers.append(Kill("kill broker", shape.carrier))
        between += [*ailing("broker", shape.carrier.proxy), Pause("pause broker", shape.carrier, seconds=8)]
    groups = [[*map(kill, serving)], [*map(kill, working)], carriers, server, between]
    return [group for group in groups if group]


async def torment(nemeses: Sequence[Nemesis], chance: random.Random, load: Load, moments: Moments, until: float) -> Struck:
    """Strike and heal, one after the other, until the loop's clock says so; half of the blows fall into an open transaction."""
    struck = Struck()
    now = asyncio.get_running_loop().time
    weights = [KILLS_TO_OTHERS if nemesis.kills else 1 for nemesis in nemeses]
    while now() < until:
        [nemesis] = chance.choices(nemeses, weights)
        await asyncio.sleep(chance.uniform(0.05, 0.5))
        seen = chance.random() < 0.5 and await moments.open_transaction()
        struck.note(nemesis, in_flight=load.in_flight > 0, in_transaction=seen)
        await nemesis.strike()
        try:
            await asyncio.sleep(chance.uniform(0, 0.5))
        finally:
            await nemesis.heal()
    return struck


@dataclass(slots=True)
class Chapter:
    """One battle and what came of it."""

    struck: Struck
    verdict: Verdict
    promised: int


@asynccontextmanager
async def beside(*watching: Any) -> AsyncIterator[None]:
    """Somebody looks on meanwhile."""
    tasks = [asyncio.create_task(one.watch()) for one in watching]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def chapter(shape: Shape, chance: random.Random) -> Chapter:
    """One battle, struck from its start until it is scored."""
    writers = await enlist(shape.url, WRITERS)
    battle_id = await battle_among(shape.url, writers, starts_in=15, lasts=LASTS)
    async with httpx.AsyncClient(base_url=shape.url, timeout=30, headers=writers[0].headers) as http:
        window = (await http.get(f"/api/battles/{battle_id}")).raise_for_status().json()["window"]
    load = Load(shape.url, writers, logged_at=window["starts_at"], chance=chance, patience=PATIENCE)
    watchers = [Watcher(shape.processes["live"].url, battle_id, writer.headers) for writer in writers[:WATCHERS]]
    heads = Heads(shape.server.login)
    ends_at = datetime.fromisoformat(window["ends_at"])
    lasts = (ends_at - datetime.now(ends_at.tzinfo)).total_seconds() + OVERTIME
    async with beside(*watchers, heads):
        struck = await _under_fire(shape, load, chance, lasts)
        history = await _gathered(shape, load, battle_id, ends_at)
    history.watched = [watcher.revisions for watcher in watchers]
    history.heads = heads.seen
    assert all(watcher.streams for watcher in watchers)
    return Chapter(struck, judge(history), sum(len(writer.promised) for writer in writers))


async def _under_fire(shape: Shape, load: Load, chance: random.Random, lasts: float) -> Struck:
    until = asyncio.get_running_loop().time() + lasts
    writing = [asyncio.create_task(load.write(writer)) for writer in load.writers]
    parts = [
        torment(group, random.Random(chance.random()), load, Moments(shape.server.login, chance), until)  # noqa: S311 - a seeded test
        for group in nemeses_of(shape)
    ]
    try:
        return Struck.total(await asyncio.gather(*parts))
    finally:
        load.running = False
        await asyncio.gather(*writing)


async def _gathered(shape: Shape, load: Load, battle_id: str, ends_at: datetime) -> History:
    """All that can be known afterwards: asked for over HTTP, and read from the log past the platform."""
    writers, owner = load.writers, load.writers[0].headers
    async with httpx.AsyncClient(base_url=shape.url, timeout=30) as http:
        await until_phase(http, battle_id, owner, "final", seconds=90)
        document = (await http.get(f"/api/battles/{battle_id}/result", headers=owner)).raise_for_status().json()
        ledger = {writer.user_id: await facts_of(http, writer) for writer in writers}
    assert list(problems(document["result"])) == []
    result = per_user(document["result"]["standings"])
    await _recomputed(shape, battle_id)
    recorded, carried = await _carried(shape)
    facts, counted, places = await _read_log(shape, writers, ends_at)
    return History(
        asked={writer.user_id: writer.client_ids for writer in writers},
        promised={writer.user_id: writer.promised for writer in writers},
        ledger=ledger,
        facts=facts,
        places=places,
        confirmed=recorded,
        carried=carried,
        counted=counted,
        standings=[result, await _watched(shape, battle_id, owner, result)],
    )


async def _watched(shape: Shape, battle_id: str, headers: dict[str, str], expected: dict[str, int]) -> dict[str, int]:
    """The standings as `live` shows them, once they are the expected ones; at the latest after 30 s."""
    found: dict[str, int] = {}
    async with httpx.AsyncClient(base_url=shape.processes["live"].url, timeout=30, headers=headers) as http:
        for _ in range(300):
            answer = await http.get(f"/api/live/battles/{battle_id}/standings")
            found = per_user(answer.json()["items"]) if answer.is_success else {}
            if found == expected:
                break
            await asyncio.sleep(0.1)
    return found


async def _read_log(
    shape: Shape, writers: Sequence[Writer], ends_at: datetime
) -> tuple[dict[str, list[str]], dict[str, int], dict[Place, list[Spot]]]:
    """The writers' facts in order, their scores by the rule alone (so much for each fact that was accepted in time), and every place."""
    facts: dict[str, list[str]] = {writer.user_id: [] for writer in writers}
    counted = dict.fromkeys(facts, 0)
    places: dict[Place, list[Spot]] = {}
    async with await psycopg.AsyncConnection.connect(**shape.server.login, autocommit=True) as connection:
        rows = await connection.execute("select topic, partition, position, at, key, type, payload from log.event order by 1, 2, 3")
        async for topic, partition, position, at, key, kind, payload in rows:
            places.setdefault((topic, partition), []).append(Spot(position, at))
            if topic == LEDGER.number and kind == "FactLogged" and key in facts:
                facts[key].append(json.loads(payload)["fact_id"])
                counted[key] += POINTS * (at < ends_at)
    return facts, counted, places


async def _carried(shape: Shape) -> tuple[dict[Place, int], dict[Place, list[int]]]:
    """What the relay has recorded as carried, once that is all there is, and what Kafka has then."""
    if shape.carrier is None:
        return {}, {}
    await asyncio.to_thread(until, lambda: not is_behind(shape.server.login), 90)
    recorded = await asyncio.to_thread(confirmed, shape.server.login)
    return recorded, await asyncio.to_thread(shape.carrier.carried)


async def _recomputed(shape: Shape, battle_id: str) -> None:
    """The platform's own recomputation from the log comes out the same, and nothing is parked."""
    replayed = await asyncio.to_thread(shape.split.arena, "replay", "battle", battle_id, "--json")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert json.loads(replayed.stdout)["ok"], replayed.stdout
    parked = await asyncio.to_thread(shape.split.arena, "dlq", "list", "--json")
    assert json.loads(parked.stdout) == [], parked.stdout
