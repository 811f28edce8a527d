"""What there is to say about a streak, compared with what was said last: extended, at risk, broken, restored."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from arena.contracts.events.scoring import StreakAtRisk, StreakBroken, StreakExtended, StreakRestored
from arena.contracts.ids import HabitId, UserId
from arena.scoring.domain.streaks import Deadline, Streak

WARNING = timedelta(hours=4)
"""How long before its deadline a streak is called at risk."""

News = StreakExtended | StreakAtRisk | StreakBroken | StreakRestored


@dataclass(frozen=True, slots=True)
class Announced:
    """What was last said: the length and first day of the run, the run that was lost before it, the day that was warned of."""

    length: int = 0
    since: date | None = None
    lost: int = 0
    lost_since: date | None = None
    warned_day: date | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The news, what is announced after it, and when to look again."""

    news: tuple[News, ...]
    announced: Announced
    look_again: datetime | None


def outlook(
    user_id: UserId, habit_id: HabitId, before: Announced, streak: Streak, deadline: Deadline | None, *, today: date, now: datetime
) -> Outlook:
    """Compare a streak with what was said of it. Saying it twice is impossible: the answer's `announced` is the next call's `before`."""
    news: list[News] = []
    after = before
    day = streak.last_met or today
    if _broke(before, streak):
        news.append(StreakBroken(user_id, habit_id, before.length, today))
        after = Announced(lost=before.length, lost_since=before.since)
    if _healed(after, streak):
        news.append(StreakRestored(user_id, habit_id, streak.current, day))
        after = Announced(streak.current, streak.since)
    elif streak.current > after.length:
        news.append(StreakExtended(user_id, habit_id, streak.current, day))
    after = replace(after, length=streak.current, since=streak.since)
    if deadline and deadline.first <= today and deadline.at - WARNING <= now and after.warned_day != deadline.first:
        news.append(StreakAtRisk(user_id, habit_id, deadline.length, deadline.first, deadline.at))
        after = replace(after, warned_day=deadline.first)
    return Outlook(tuple(news), after, _next_look(deadline, now))


def _broke(before: Announced, streak: Streak) -> bool:
    """The run that was announced is not the one that lives now."""
    return (
        before.length > 0
        and before.since is not None
        and (streak.since is None or streak.since > before.since)
        and streak.current < before.length
    )


def _healed(after: Announced, streak: Streak) -> bool:
    """The lost run lives again: the current one reaches back to its first day."""
    return after.lost > 0 and after.lost_since is not None and streak.since is not None and streak.since <= after.lost_since


def _next_look(deadline: Deadline | None, now: datetime) -> datetime | None:
    if deadline is None:
        return None
    warning = deadline.at - WARNING
    return warning if warning > now else deadline.at
