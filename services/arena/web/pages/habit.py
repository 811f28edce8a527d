"""Habits: the list, and one habit with its calendar and the reasons of its streak."""

import asyncio
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from arena.web.routing import page_router
from arena.web.views import calendar as heat
from arena.web.views import reasons
from arena.web.views.habits import about, is_measured
from arena.web.visitor import SignedIn

router = page_router()
_STEP = timedelta(weeks=heat.WEEKS)
_FIRST = date(1971, 1, 1)


@router.get("/habits")
async def habits(visitor: SignedIn) -> Response:
    """All of mine, archived ones too."""
    _, found, today = await asyncio.gather(visitor.person(), visitor.client.habits.all(), visitor.client.scoring.today())
    by_habit = {item.habit_id: item for item in today.items}
    rows = [(habit, about(habit), by_habit.get(habit.id)) for habit in found]
    return visitor.show(
        "habits.html",
        up_to_date=today.up_to_date,
        active=[row for row in rows if not row[0].archived],
        archived=[row for row in rows if row[0].archived],
    )


@router.get("/habits/{habit_id}")
async def habit_page(habit_id: UUID, visitor: SignedIn, until: Annotated[str, Query(max_length=10)] = "") -> Response:
    """The calendar, the streak and why it is so long."""
    client = visitor.client
    person, habit, streak = await asyncio.gather(visitor.person(), client.habits.get(habit_id), client.scoring.streak(habit_id))
    first, last = heat.span(_until(until, streak.today), person.settings.week_start)
    days = await client.scoring.days(habit_id, first, last)
    return visitor.show(
        "habit.html",
        up_to_date=streak.up_to_date and days.up_to_date,
        habit=habit,
        about=about(habit),
        measured=is_measured(habit),
        streak=streak,
        headline=reasons.headline(streak, days.today),
        reasons=list(reasons.reasons(habit, streak, days.today)),
        supports=reasons.supports(habit, streak, days.today),
        deadline=visitor.clock().at(streak.at_risk_deadline) if streak.at_risk_deadline and streak.current else None,
        map=heat.calendar(days.items, first, last, days.today),
        earlier=max(_FIRST, last - _STEP) if days.items and days.items[0].state != "before" else None,
        later=min(streak.today, last + _STEP) if last < streak.today else None,
    )


def _until(given: str, today: date) -> date:
    try:
        return min(max(date.fromisoformat(given), _FIRST), today) if given else today
    except ValueError:
        return today
