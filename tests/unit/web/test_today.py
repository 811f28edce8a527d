"""What Today shows of a habit and of a battle."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from arena.client.models import Day, Habit, LeaderboardRow, Standings, TodayItem
from arena.web.views.habits import about
from arena.web.views.today import Place, place, row, view
from arena.web.views.words import Clock

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CLOCK = Clock(NOW, "UTC")
HABIT, ME, ANN, BEN = (UUID(int=n) for n in range(4))


def habit(**changes: Any) -> Habit:
    fields = {"id": HABIT, "name": "Run", "kind": "measured", "unit": "km", "target": {"at_least": 5}, "schedule": {"type": "daily"}}
    return Habit(**{**fields, "archived": False, "created_at": NOW, **changes})


def item(state: str = "pending", total: float | None = None, *, due: bool = True, current: int = 0, **changes: Any) -> TodayItem:
    today = Day(NOW.date(), state, total, due=due, reason="nothing_logged")
    fields = {"best": 3, "unit": "day", "state": state, "last_met": None, "at_risk_deadline": None}
    return TodayItem(habit_id=HABIT, today=today, current=current, **{**fields, **changes})


def board(*rows: tuple[UUID, str, int, int]) -> Standings:
    return Standings([LeaderboardRow(user, name, rank, score) for user, name, rank, score in rows], 1, NOW, "running")


def test_what_is_missing_to_the_target_is_suggested() -> None:
    assert row(habit(), item(total=1.5), None, CLOCK).suggested == "3.5"
    assert row(habit(), item(state="done", total=6), None, CLOCK).suggested == ""
    assert row(habit(target=None), item(), None, CLOCK).suggested == ""


def test_a_streak_at_risk_says_until_when() -> None:
    shown = row(habit(), item(current=4, at_risk_deadline=NOW + timedelta(hours=9)), None, CLOCK)
    assert shown.streak == "4-day streak"
    assert shown.deadline is not None
    assert shown.deadline.words == "tonight 21:00"


def test_without_a_streak_it_says_when_it_was_last_done_and_blames_nobody() -> None:
    assert row(habit(), item(last_met=date(2026, 11, 17)), None, CLOCK).streak == "last done Tue 17 Nov"
    assert row(habit(), item(), None, CLOCK).streak == ""


def test_due_done_and_resting_habits_are_apart_and_archived_ones_absent() -> None:
    habits = [habit(id=UUID(int=n), archived=n == 3) for n in range(4)]
    states = [("pending", True), ("done", True), ("not_due", False), ("pending", True)]
    items = [
        TodayItem(UUID(int=n), Day(NOW.date(), state, None, due=due, reason=""), 0, 0, "day", state, None, None)
        for n, (state, due) in enumerate(states)
    ]
    column = view(habits, items, {}, CLOCK)
    assert [[shown.id.int for shown in part] for part in (column.due, column.done, column.rest)] == [[0], [1], [2]]
    assert not column.is_empty
    assert view([], [], {}, CLOCK).is_empty


def test_a_habit_that_scoring_has_not_heard_of_yet_is_due() -> None:
    assert row(habit(), None, None, CLOCK).state == "due"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(ME, "Me", 1, 30), (ANN, "Ann", 2, 10)], Place(1, 2, "20 ahead of Ann")),
        ([(ANN, "Ann", 1, 30), (BEN, "Ben", 2, 20), (ME, "Me", 3, 10)], Place(3, 3, "10 behind Ben")),
        ([(ANN, "Ann", 1, 0), (ME, "Me", 1, 0)], Place(1, 2, "level with Ann")),
        ([(ANN, "Ann", 1, 30), (ME, "Me", 2, 30)], Place(2, 2, "as many points as Ann")),
        ([(ME, "Me", 1, 30), (ANN, "Ann", 2, 30)], Place(1, 2, "as many points as Ann")),
        ([(ME, "Me", 1, 0)], Place(1, 1, "")),
        ([(ANN, "Ann", 1, 0)], None),
    ],
)
def test_my_place_tells_the_gap_to_the_next(rows: list[tuple[UUID, str, int, int]], told: Place | None) -> None:
    assert place(board(*rows), ME) == told


@pytest.mark.parametrize(
    ("schedule", "target", "words"),
    [
        ({"type": "daily"}, {"at_least": 5}, "at least 5 km, every day"),
        ({"type": "weekdays", "days": ["mon", "wed"]}, None, "on Mon, Wed"),
        ({"type": "weekdays", "days": ["mon", "tue", "wed", "thu", "fri"]}, None, "on weekdays"),
        ({"type": "weekdays", "days": ["sat", "sun"]}, {"at_most": 2.5}, "at most 2.5 km, on weekends"),
        ({"type": "times_per_week", "times": 1}, None, "once a week"),
        ({"type": "times_per_week", "times": 3}, None, "3 times a week"),
    ],
)
def test_a_habit_in_one_line(schedule: dict[str, Any], target: dict[str, float] | None, words: str) -> None:
    assert about(habit(schedule=schedule, target=target)) == words
