"""The heat map's squares."""

import itertools
from datetime import date, timedelta

import pytest

from arena.client.models import Day
from arena.web.views.calendar import STATES, WEEKS, calendar, span

TODAY = date(2026, 11, 21)  # a Saturday


def day(when: date, state: str) -> Day:
    return Day(when, state, None, due=True, reason="met")


@pytest.mark.parametrize(("week_start", "weekday"), [("mon", 0), ("sun", 6), ("sat", 5)])
def test_whole_weeks_are_shown_from_the_profile_s_first_day_up_to_this_week(week_start: str, weekday: int) -> None:
    first, last = span(TODAY, week_start)
    assert first.weekday() == weekday
    assert (last - first).days + 1 == WEEKS * 7
    assert last - timedelta(days=6) <= TODAY <= last


def test_weeks_are_columns_and_the_first_row_is_the_week_s_first_day() -> None:
    first, last = span(TODAY, "sun")
    shown = calendar([day(first + timedelta(days=n), "done") for n in range(7 * WEEKS)], first, last, TODAY)
    assert [row.weekday for row in shown.rows] == ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    assert [cell.day for cell in shown.rows[0].cells] == [first + timedelta(weeks=n) for n in range(WEEKS)]
    assert sum(cell.is_today for row in shown.rows for cell in row.cells) == 1


def test_days_before_the_habit_and_in_the_future_are_blank() -> None:
    first, last = span(TODAY, "mon")
    shown = calendar([day(TODAY, "pending"), day(TODAY + timedelta(days=1), "future")], first, last, TODAY)
    drawn = [cell for row in shown.rows for cell in row.cells if cell.label]
    assert [(cell.day, cell.state, cell.label) for cell in drawn] == [(TODAY, "pending", "Sat 21 Nov: open")]


def test_a_young_habit_is_shown_without_the_empty_weeks_before_it() -> None:
    first, last = span(TODAY, "mon")
    shown = calendar([day(TODAY, "done")], first, last, TODAY)
    assert len(shown.months) == len(shown.rows[0].cells) == 12
    old = calendar([day(first, "done"), day(TODAY, "done")], first, last, TODAY)
    assert len(old.months) == WEEKS


def test_only_states_that_occur_are_in_the_key() -> None:
    first, last = span(TODAY, "mon")
    assert list(calendar([day(TODAY, "done")], first, last, TODAY).states) == ["done"]
    assert {"done", "partly", "missed", "pending", "not_due"} <= STATES.keys()


def test_month_names_do_not_overlap() -> None:
    first, last = span(TODAY, "mon")
    places = [place for place, name in enumerate(calendar([day(first, "done")], first, last, TODAY).months) if name]
    assert all(later - earlier > 2 for earlier, later in itertools.pairwise(places))
