"""`arena simulate`: seeded people who use the public API."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Annotated, Any

import typer

from arena.cli.connect import Url, address
from arena.cli.console import AsJson, fail, progress, say, show_json
from arena.cli.settings import WRONG_USE
from arena.cli.watching import show_standings, watched
from arena.contracts.civil import is_zone, use_tzdata_wheel
from arena.simulate.battle import announce, ends_at, join_all, until_ended, until_started
from arena.simulate.driver import Actor, Tally, enlisted, live_through, load, play
from arena.simulate.people import ZONES, people

NEW = "new"
MOST = 1000
_DAYS = 30
_PACE = 6.0
"""Seconds that pass about between two logs of one person while a battle is on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be simulated."""

    days: int | None
    rate: float | None
    minutes: float
    battle: str | None
    invite: str | None
    live: bool
    """Whether people log in real time."""


def simulate(
    url: Url = None,
    users: Annotated[int, typer.Option(min=1, max=MOST, help="How many people.")] = 8,
    zones: Annotated[str, typer.Option(help="IANA zones they live in, separated by commas.")] = ",".join(ZONES),
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="Log what they did on so many days up to now.")] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, max=5000, help="Load: so many logs a second, for --minutes.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.05, max=1440, help="How long they log in real time.")] = None,
    battle: Annotated[str | None, typer.Option(help="Compete in a battle: its id, or `new` for a battle of --minutes.")] = None,
    invite: Annotated[str | None, typer.Option(help="The battle's invitation, where it needs one.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and the same life.")] = 1,
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Let simulated people use the platform: history, a battle, or load.

    Without a mode they log the last 30 days. Their accounts are sim-SEED-NUMBER@example.org; run again, the same people go on.
    """
    live = bool(rate or minutes or battle)
    plan = Plan(days or (None if live else _DAYS), rate, minutes or 2.0, battle, invite, live)
    if plan.battle == NEW and plan.minutes < 1:
        fail("A battle lasts a minute at least: give --minutes 1 or more.", WRONG_USE)
    told = asyncio.run(_simulate(address(url), users, _zones(zones), seed, plan))
    if as_json:
        show_json(told)
    else:
        _tell(told)


def _zones(given: str) -> list[str]:
    use_tzdata_wheel()
    found = [zone.strip() for zone in given.split(",") if zone.strip()]
    wrong = [zone for zone in found if not is_zone(zone)]
    if wrong or not found:
        fail(f"{', '.join(wrong) or 'An empty list'} is no IANA time zone: --zones is such as Europe/Berlin,Asia/Tokyo.", WRONG_USE)
    return found


async def _simulate(url: str, users: int, zones: list[str], seed: int, plan: Plan) -> dict[str, Any]:
    tally, began = Tally(), perf_counter()
    async with AsyncExitStack() as stack:
        with progress("people arrive", users) as advance:
            actors = await stack.enter_async_context(enlisted(url, people(seed, users, zones), advance))
        arrived = perf_counter()
        told = await _act(actors, plan, tally)
    seconds = round(perf_counter() - arrived, 3)
    return {
        "url": url,
        "seed": seed,
        "users": users,
        "logs": tally.accepted,
        "refused": dict(tally.refused),
        "seconds": seconds,
        "seconds_to_arrive": round(arrived - began, 3),
        "logs_per_second": round(tally.accepted / seconds, 2) if seconds else None,
        "p50_ms": tally.quantile(0.5),
        "p99_ms": tally.quantile(0.99),
        **told,
    }


async def _act(actors: list[Actor], plan: Plan, tally: Tally) -> dict[str, Any]:
    if plan.days:
        with progress("lives are lived", len(actors)) as advance:
            today = datetime.now(UTC).date()
            await live_through(actors, today - timedelta(days=plan.days), today + timedelta(days=1), tally, advance)
    if not plan.live:
        return {}
    if plan.battle is None:
        await _log_for(actors, plan, tally, datetime.now(UTC) + timedelta(minutes=plan.minutes))
        return {}
    return {"battle": await _compete(actors, plan, tally)}


async def _log_for(actors: list[Actor], plan: Plan, tally: Tally, until: datetime) -> None:
    seconds = max(0.0, (until - datetime.now(UTC)).total_seconds())
    if plan.rate:
        with progress("logs", round(plan.rate * seconds)) as advance:
            await load(actors, plan.rate, seconds, tally, advance)
    else:
        await play(actors, until, _PACE, tally)


async def _compete(actors: list[Actor], plan: Plan, tally: Tally) -> dict[str, Any]:
    host, new = actors[0].client, plan.battle == NEW
    if new:
        battle = await announce(host, "A short one", plan.minutes, len(actors))
    else:
        battle = await host.battles.get(str(plan.battle), invite=plan.invite)
    await join_all(actors, battle["id"], battle["invite"] or plan.invite)
    battle = await until_started(host, battle["id"])
    async with watched(host, battle["id"], battle["name"]):
        until = ends_at(battle) if new else min(ends_at(battle), datetime.now(UTC) + timedelta(minutes=plan.minutes))
        await _log_for(actors, plan, tally, until)
        battle = await until_ended(host, battle["id"]) if new else await host.battles.get(battle["id"])
    standings = await host.live.standings(battle["id"])
    rows = [{"rank": row.rank, "name": row.display_name, "score": row.score, "user_id": str(row.user_id)} for row in standings.items]
    return {"id": battle["id"], "phase": battle["phase"], "result_hash": battle["result_hash"], "standings": rows}


def _tell(told: dict[str, Any]) -> None:
    say(f"{told['users']} people, {told['logs']} logs in {told['seconds']} s ({told['logs_per_second']} a second)")
    if told["p50_ms"] is not None:
        say(f"answered within {told['p50_ms']} ms (half of them), {told['p99_ms']} ms (99 of 100)")
    for slug, count in told["refused"].items():
        say(f"refused: {slug} ({count})")
    if "battle" in told:
        show_standings(told["battle"]["standings"])
        say(f"battle {told['battle']['id']}: {told['battle']['phase']}")
