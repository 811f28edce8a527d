"""One day of a habit: what is logged, what was due, why it counts so; add, correct, take back."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

from fastapi import Response
from starlette.exceptions import HTTPException

from arena.web.forms import Form
from arena.web.routing import page_router
from arena.web.views import reasons
from arena.web.views.habits import about, is_measured
from arena.web.views.words import day_name, day_words
from arena.web.visitor import SignedIn, Visitor

router = page_router()
_ONE = timedelta(days=1)
_FIRST, _LAST = date(1970, 1, 2), date(9999, 12, 30)


@router.get("/habits/{habit_id}/days/{day}")
async def day_page(habit_id: UUID, day: str, visitor: SignedIn) -> Response:
    """The day."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise HTTPException(404) from None
    return await show_day(visitor, habit_id, wanted, Form())


async def show_day(visitor: Visitor, habit_id: UUID, day: date, form: Form, status: int = 200, wrong_log: UUID | None = None) -> Response:
    """The page of a day; `form` holds what was refused: about the entry `wrong_log`, or the one to be added."""
    if not _FIRST <= day <= _LAST:
        raise HTTPException(404)
    client = visitor.client
    _, habit, days, logs, streak = await asyncio.gather(
        visitor.person(),
        client.habits.get(habit_id),
        client.scoring.days(habit_id, day, day),
        client.habits.logs(habit_id, first=day, last=day),
        client.scoring.streak(habit_id),
    )
    shown = days.items[0]
    return visitor.show(
        "day.html",
        status,
        up_to_date=streak.up_to_date and days.up_to_date,
        habit=habit,
        about=about(habit),
        measured=is_measured(habit),
        day=shown,
        name=day_name(day, days.today),
        spoken=day_words(day, days.today),
        reason=reasons.day_reason(habit, shown),
        saving=reasons.saving_of(streak, habit, day),
        logs=sorted(logs, key=lambda entry: entry.accepted_at),
        supports={entry.id: reasons.support_of(streak, entry.id) for entry in logs},
        before=day - _ONE,
        after=day + _ONE if day <= days.today else None,
        can_add=day <= days.today + _ONE,
        form=form,
        wrong_log=wrong_log,
    )
