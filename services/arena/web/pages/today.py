"""Today: what is due, one tap logs; below, how the running battles stand."""

import asyncio
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from fastapi import Response

from arena.client import ApiProblem, ArenaClient, Unreachable
from arena.client.models import LogEntry
from arena.web.routing import page_router
from arena.web.views import battle as battles
from arena.web.views import today as view
from arena.web.views.battle import BattleLine
from arena.web.views.words import Clock
from arena.web.visitor import SignedIn

router = page_router()
_MOST_BATTLES = 5


@router.get("/today")
async def today(visitor: SignedIn) -> Response:
    """The first page."""
    client = visitor.client
    person, habits, told = await asyncio.gather(visitor.person(), client.habits.all(), client.scoring.today())
    clock = visitor.clock()
    touched = {item.habit_id: item.today.day for item in told.items if item.today.total is not None}
    latest, running = await asyncio.gather(latest_logs(client, touched), _running(client, person.id, clock))
    column = view.view(habits, told.items, latest, clock)
    archived = sum(habit.archived for habit in habits)
    return visitor.show("today.html", up_to_date=told.up_to_date, column=column, battles=running, archived=archived)


async def latest_logs(client: ArenaClient, days: Mapping[UUID, date]) -> dict[UUID, LogEntry]:
    """Of each habit's day, the entry that Undo takes back: the one accepted last."""
    logs = await asyncio.gather(*(client.habits.logs(habit, first=day, last=day) for habit, day in days.items()))
    return {habit: max(entries, key=lambda entry: entry.accepted_at) for habit, entries in zip(days, logs, strict=True) if entries}


async def _running(client: ArenaClient, me: UUID, clock: Clock) -> list[BattleLine] | None:
    """None where they cannot be told just now: the habits are shown all the same."""
    try:
        page = await client.battles.page(phase=["running", "grace", "open"], limit=_MOST_BATTLES)
        found = [battles.read(document) for document in page.items]
        boards = await asyncio.gather(*(client.live.standings(battle.id) for battle in found))
    except (ApiProblem, Unreachable):
        return None
    return [
        battles.line(battle, clock, view.place(board, me) if battle.is_live else None) for battle, board in zip(found, boards, strict=True)
    ]
