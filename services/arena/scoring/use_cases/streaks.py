"""Streaks: derived from facts whenever somebody asks; announced when a fact or a deadline changes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.civil import civil_day
from arena.contracts.ids import HabitId, UserId
from arena.scoring.domain.streaks import Streak, streak, streak_and_deadline
from arena.scoring.domain.streaks_days import DayView, days
from arena.scoring.domain.streaks_explain import Explanation, explain
from arena.scoring.domain.streaks_history import History
from arena.scoring.domain.streaks_news import Announced, outlook
from arena.scoring.storage import ledger, streaks
from arena.scoring.storage.ledger import OwnedHistory
from arena.scoring.use_cases.ledger import STREAK_REVIEW


class HabitUnknown(Exception):
    """Scoring has not heard of such a habit of this user."""

    slug = "habit-not-found"

    def __init__(self, habit_id: HabitId) -> None:
        super().__init__(f"there is no habit {habit_id} of yours")


@dataclass(frozen=True, slots=True)
class Told:
    """A streak with its reasons, as of a civil day."""

    habit_id: HabitId
    today: date
    streak: Streak
    explanation: Explanation


class Streaks:
    """What can be asked of streaks, and what their deadlines make happen."""

    async def review(self, uow: UnitOfWork, keys: Sequence[str]) -> None:
        """Announce what changed of these habits' streaks and look again at the next deadline."""
        habits = [HabitId(UUID(key)) for key in keys]
        before = await streaks.announced(uow, habits)
        rows = []
        for habit_id, user_id, history in await ledger.histories(uow, habits):
            today = _today(uow, history)
            view = outlook(
                user_id,
                habit_id,
                before.get(habit_id, Announced()),
                *streak_and_deadline(history, today),
                today=today,
                now=uow.now,
            )
            for news in view.news:
                uow.emit(news)
            if view.look_again:
                uow.schedule(STREAK_REVIEW, habit_id, view.look_again)
            if view.announced != before.get(habit_id):
                rows.append((habit_id, user_id, view.announced))
        if rows:
            await streaks.save(uow, rows)

    async def tell(self, uow: UnitOfWork, user_id: UserId, habit_id: HabitId) -> Told:
        """A habit's streak with its reasons.

        Raises:
            HabitUnknown.
        """
        history = (await self.history(uow, user_id, habit_id)).history
        today = _today(uow, history)
        return Told(habit_id, today, streak(history, today), explain(history, today))

    async def days(self, uow: UnitOfWork, user_id: UserId, habit_id: HabitId, first: date, last: date) -> tuple[date, list[DayView]]:
        """Today's civil day, and how each day of a habit looks.

        Raises:
            HabitUnknown.
        """
        history = (await self.history(uow, user_id, habit_id)).history
        today = _today(uow, history)
        return today, days(history, first, last, today)

    async def overview(self, uow: UnitOfWork, user_id: UserId) -> list[tuple[OwnedHistory, date]]:
        """Every habit of the user with its history and today's civil day."""
        owned = await ledger.histories(uow, await ledger.habits_of(uow, user_id))
        return [(one, _today(uow, one.history)) for one in owned]

    async def history(self, uow: UnitOfWork, user_id: UserId, habit_id: HabitId) -> OwnedHistory:
        """The history of one habit of the user.

        Raises:
            HabitUnknown.
        """
        for owned in await ledger.histories(uow, [habit_id]):
            if owned.user_id == user_id:
                return owned
        raise HabitUnknown(habit_id)


def _today(uow: UnitOfWork, history: History) -> date:
    return civil_day(uow.now, history.calendar.zone, history.calendar.day_start)
