"""Today: which habits are due, what is done of them, and how the running battles stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from arena.client.models import Habit, LeaderboardRow, LogEntry, Standings, TodayItem
from arena.web.views.habits import about, is_measured
from arena.web.views.words import Clock, Moment, day_words, number, quantity


@dataclass(frozen=True, slots=True)
class HabitRow:
    """A habit as Today shows it. `state` is `due`, `done` or `rest`; `latest` is the entry that Undo takes back."""

    id: UUID
    name: str
    state: str
    about: str
    amount: str
    counted: bool
    streak: str
    deadline: Moment | None
    measured: bool
    unit: str
    suggested: str
    latest: UUID | None
    day: date


@dataclass(frozen=True, slots=True)
class TodayView:
    """The column: what is due, what is done, what rests."""

    due: list[HabitRow]
    done: list[HabitRow]
    rest: list[HabitRow]

    @property
    def is_empty(self) -> bool:
        """Whether there is no habit at all."""
        return not (self.due or self.done or self.rest)


def view(habits: Sequence[Habit], items: Iterable[TodayItem], latest: Mapping[UUID, LogEntry], clock: Clock) -> TodayView:
    """Rows in the order of the habits; what is archived is left out."""
    by_habit = {item.habit_id: item for item in items}
    rows = [row(habit, by_habit.get(habit.id), latest.get(habit.id), clock) for habit in habits if not habit.archived]
    return TodayView(*([shown for shown in rows if shown.state == state] for state in ("due", "done", "rest")))


def row(habit: Habit, item: TodayItem | None, latest: LogEntry | None, clock: Clock, *, counted: bool = True) -> HabitRow:
    """One habit; `item` is missing for the moment in which scoring has not heard of it yet, and old where not all is `counted`."""
    deadline = item.at_risk_deadline if item and item.current else None
    return HabitRow(
        id=habit.id,
        name=habit.name,
        state=_state(item),
        about=about(habit),
        amount=_amount(habit, item) if counted else "kept, not counted yet" if latest else "not counted yet",
        counted=counted,
        streak=_streak(item, clock.today),
        deadline=clock.at(deadline) if deadline else None,
        measured=is_measured(habit),
        unit=habit.unit or "",
        suggested=_suggested(habit, item),
        latest=latest.id if latest else None,
        day=item.today.day if item else clock.today,
    )


def _state(item: TodayItem | None) -> str:
    if item is None:
        return "due"
    if item.today.state == "done":
        return "done"
    return "due" if item.today.due else "rest"


def _amount(habit: Habit, item: TodayItem | None) -> str:
    total = item.today.total if item else None
    if total is None:
        return ""
    if is_measured(habit):
        return quantity(total, habit.unit)
    return f"{number(total)} times" if total != 1 else ""


def _streak(item: TodayItem | None, today: date) -> str:
    if item is None:
        return ""
    if item.current:
        return f"{number(item.current)}-{item.unit} streak"
    return f"last done {day_words(item.last_met, today)}" if item.last_met else ""


def _suggested(habit: Habit, item: TodayItem | None) -> str:
    """What is missing to the target."""
    needed = (habit.target or {}).get("at_least")
    if needed is None:
        return ""
    missing = needed - ((item.today.total if item else None) or 0)
    return f"{missing:.3f}".rstrip("0").rstrip(".") if missing > 0 else ""


@dataclass(frozen=True, slots=True)
class Place:
    """My place in a battle: rank, of how many, and the gap to the next."""

    rank: int
    of: int
    gap: str


def place(standings: Standings, me: UUID) -> Place | None:
    """My place; None for who is not in it."""
    from_top = sorted(standings.items, key=lambda line: line.rank)
    mine = next((line for line in from_top if line.user_id == me), None)
    if mine is None:
        return None
    return Place(mine.rank, len(from_top), _gap(mine, [line for line in from_top if line.user_id != me]))


def _gap(mine: LeaderboardRow, others: Sequence[LeaderboardRow]) -> str:
    """To the next above, or for who leads to the next below; tie-breaks part ranks of equal points."""
    level = [line for line in others if line.rank == mine.rank]
    above = [line for line in others if line.rank < mine.rank]
    if level:
        return f"level with {level[0].display_name}"
    if above and above[-1].score == mine.score:
        return f"as many points as {above[-1].display_name}"
    if above:
        return f"{number(above[-1].score - mine.score)} behind {above[-1].display_name}"
    if others and others[0].score == mine.score:
        return f"as many points as {others[0].display_name}"
    return f"{number(mine.score - others[0].score)} ahead of {others[0].display_name}" if others else ""
