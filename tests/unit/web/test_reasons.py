"""Streaks and days explained in sentences."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from arena.client.models import Break, Day, Explanation, Habit, Judgement, Saving, Streak, Support
from arena.web.views.reasons import day_reason, headline, reasons, saving_of, support_of, supports

TODAY = date(2026, 11, 21)
FRIDAY = date(2026, 11, 20)
LOG = UUID(int=7)


def habit(**changes: Any) -> Habit:
    fields = {"kind": "measured", "unit": "km", "target": {"at_least": 5}, "schedule": {"type": "daily"}}
    return Habit(**{"id": UUID(int=1), "name": "Run", "archived": False, "created_at": datetime.now(UTC), **fields, **changes})


YES_NO = habit(kind="yes_no", unit=None, target=None)


def judgement(day: date, **changes: Any) -> Judgement:
    fields = {
        "first": day,
        "last": day,
        "unit": "day",
        "rule": "at_least",
        "words": "at least 5 a day",
        "shortfall": "too_little",
        "reached": 3,
        "needed": 5,
        "missing": 2,
        "log_ids": [],
        "saved_by": [Saving(day, 2, None)],
        "becomes": 9,
    }
    return Judgement(**{**fields, **changes})


def streak(current: int = 4, **why: Any) -> Streak:
    explanation = Explanation(**{"since": FRIDAY, "began": None, "rests_on": [], "pending": None, "broken": None, **why})
    return Streak(UUID(int=1), TODAY, current, 9, "day", "met", FRIDAY if current else None, FRIDAY, None, explanation)


def said(told: Streak, of: Habit | None = None) -> list[str]:
    return [sentence.words for sentence in reasons(of or habit(), told, TODAY)]


def test_the_headline_says_how_long_and_since_when() -> None:
    assert headline(streak(4), TODAY) == "4 days in a row, since yesterday"
    assert headline(streak(0), TODAY) == "Last done yesterday"


def test_an_open_day_says_what_would_lengthen_the_streak() -> None:
    assert said(streak(8, pending=judgement(TODAY))) == [
        "Today is open: at least 5 km a day; 3 of 5 so far.",
        "Log 2 km today and it becomes 9 days.",
    ]


def test_a_break_names_its_day_the_rule_and_what_would_mend_it() -> None:
    broken = Break(FRIDAY, 2, 6, judgement(FRIDAY))
    told = list(reasons(habit(), streak(1, began="after_break", broken=broken), TODAY))
    assert [sentence.words for sentence in told] == [
        "It began after a break.",
        "The last break was on Fri 20 Nov, 2 days long. The streak before it was 6 days.",
        "For Fri 20 Nov the rule was at least 5 km a day; 3 of 5 is there.",
        "It would mend if you log 2 km on Fri 20 Nov: then the streak is 9 days.",
    ]
    assert told[-1].day == FRIDAY


def test_a_total_that_is_too_high_is_mended_by_lowering_it() -> None:
    broken = Break(FRIDAY, 1, 0, judgement(FRIDAY, rule="at_most", saved_by=[Saving(FRIDAY, None, 1.5)]))
    assert said(streak(1, broken=broken))[-1] == "It would mend if you lower the total by 1.5 km on Fri 20 Nov: then the streak is 9 days."


def test_a_habit_of_yes_and_no_is_logged_not_measured() -> None:
    broken = Break(FRIDAY, 1, 0, judgement(FRIDAY, rule="any_amount", words="done", saved_by=[Saving(FRIDAY, 1, None)]))
    assert said(streak(1, broken=broken), YES_NO)[-1].startswith("It would mend if you log it on Fri 20 Nov")


def test_an_entry_says_what_rests_on_it() -> None:
    told = streak(4, rests_on=[Support(LOG, FRIDAY, 5.5, 1)])
    assert support_of(told, LOG) == "The streak of 4 days rests on it: without it, 1."
    assert support_of(told, UUID(int=8)) == ""
    assert [sentence.words for sentence in supports(habit(), told, TODAY)] == ["Fri 20 Nov: 5.5 km, without it 1"]


def test_an_entry_that_others_stand_in_for_says_nothing() -> None:
    assert support_of(streak(4, rests_on=[Support(LOG, FRIDAY, 5.5, 4)]), LOG) == ""


def test_a_day_that_would_mend_the_streak_says_so() -> None:
    broken = Break(FRIDAY, 1, 6, judgement(FRIDAY))
    assert saving_of(streak(1, broken=broken), habit(), FRIDAY) == "Log 2 km and the streak becomes 9 days."
    assert saving_of(streak(1, broken=broken), habit(), TODAY) == ""


@pytest.mark.parametrize(
    ("reason", "total", "words"),
    [
        ("met", 6, "It was due and is done: 6 km."),
        ("too_little", 3, "It was due: 3 km so far, and the target is at least 5 km."),
        ("nothing_logged", None, "It was due, and nothing is logged."),
        ("rest_day", None, "It was not due on this weekday, so the streak goes on across it."),
    ],
)
def test_a_day_says_why_it_counts_so(reason: str, total: float | None, words: str) -> None:
    assert day_reason(habit(), Day(FRIDAY, "x", total, due=True, reason=reason)) == words


def test_every_reason_of_the_api_has_words() -> None:
    """The list is that of `GET /api/scoring/habits/{id}/days`."""
    named = (
        "met extra nothing_logged too_little too_much rest_day not_lived week_met week_missed week_open week_not_whole not_begun not_yet"
    )
    for reason in named.split():
        assert day_reason(habit(), Day(FRIDAY, "x", 1, due=True, reason=reason)), reason
