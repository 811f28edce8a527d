"""What is said of a streak: once, in the right order, and when to look again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from arena.contracts.events.scoring import StreakAtRisk, StreakBroken, StreakExtended, StreakRestored
from arena.contracts.ids import HabitId, UserId
from arena.scoring.domain.streaks import Deadline, State, Streak
from arena.scoring.domain.streaks_news import WARNING, Announced, Outlook, outlook
from arena.scoring.domain.streaks_rules import Unit

USER, HABIT = UserId(UUID(int=1)), HabitId(UUID(int=2))
TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 11, tzinfo=UTC)


def streak(length: int, *, since: date | None = None, last_met: date | None = None) -> Streak:
    return Streak(length, length, Unit.DAY, State.MET if length else State.NONE, since, last_met, None)


def look(before: Announced, now_is: Streak, deadline: Deadline | None = None, now: datetime = NOW) -> Outlook:
    return outlook(USER, HABIT, before, now_is, deadline, today=TODAY, now=now)


FOUR = streak(4, since=date(2026, 3, 6), last_met=date(2026, 3, 9))
TOLD = Announced(4, date(2026, 3, 6))
DUE = Deadline(TODAY, TODAY, MIDNIGHT, 4)


def test_a_streak_that_grew_is_said_with_its_last_day() -> None:
    seen = look(Announced(3, date(2026, 3, 6)), FOUR)
    assert seen.news == (StreakExtended(USER, HABIT, 4, date(2026, 3, 9)),)
    assert seen.announced == TOLD


def test_what_was_said_is_not_said_again() -> None:
    assert look(TOLD, FOUR).news == ()


def test_a_streak_that_shrank_by_an_undo_but_lives_is_not_news() -> None:
    seen = look(TOLD, streak(3, since=date(2026, 3, 6), last_met=date(2026, 3, 8)))
    assert (seen.news, seen.announced) == ((), Announced(3, date(2026, 3, 6)))


def test_a_streak_that_is_gone_is_broken_once() -> None:
    seen = look(TOLD, streak(0))
    assert seen.news == (StreakBroken(USER, HABIT, 4, TODAY),)
    assert seen.announced == Announced(0, None, lost=4, lost_since=date(2026, 3, 6))
    assert look(seen.announced, streak(0)).news == ()


def test_a_new_streak_after_a_break_is_both_news() -> None:
    fresh = streak(1, since=date(2026, 3, 9), last_met=date(2026, 3, 9))
    seen = look(TOLD, fresh)
    assert seen.news == (StreakBroken(USER, HABIT, 4, TODAY), StreakExtended(USER, HABIT, 1, date(2026, 3, 9)))
    assert seen.announced == Announced(1, date(2026, 3, 9), lost=4, lost_since=date(2026, 3, 6))


def test_a_late_fact_that_heals_restores_and_the_loss_is_forgotten() -> None:
    broken = Announced(0, None, lost=4, lost_since=date(2026, 3, 1))
    healed = streak(9, since=date(2026, 3, 1), last_met=date(2026, 3, 9))
    seen = look(broken, healed)
    assert seen.news == (StreakRestored(USER, HABIT, 9, date(2026, 3, 9)),)
    assert seen.announced == Announced(9, date(2026, 3, 1))


def test_a_streak_that_reaches_further_back_than_what_was_lost_is_restored_too() -> None:
    broken = Announced(0, None, lost=4, lost_since=date(2026, 3, 5))
    assert isinstance(look(broken, streak(9, since=date(2026, 3, 1), last_met=TODAY)).news[0], StreakRestored)


def test_a_streak_that_begins_after_what_was_lost_does_not_restore_it() -> None:
    broken = Announced(0, None, lost=4, lost_since=date(2026, 3, 1))
    seen = look(broken, streak(2, since=date(2026, 3, 8), last_met=date(2026, 3, 9)))
    assert seen.news == (StreakExtended(USER, HABIT, 2, date(2026, 3, 9)),)
    assert seen.announced.lost == 4


def test_the_day_of_news_without_a_met_day_is_today() -> None:
    assert look(Announced(), streak(1, since=TODAY)).news == (StreakExtended(USER, HABIT, 1, TODAY),)


def test_four_hours_before_the_end_a_streak_is_at_risk_once_a_day() -> None:
    warning = MIDNIGHT - WARNING
    assert timedelta(hours=4) == WARNING
    assert look(TOLD, FOUR, DUE, warning - timedelta(seconds=1)).news == ()
    seen = look(TOLD, FOUR, DUE, warning)
    assert seen.news == (StreakAtRisk(USER, HABIT, 4, TODAY, MIDNIGHT),)
    assert seen.announced == replace(TOLD, warned_day=TODAY)
    assert look(seen.announced, FOUR, DUE, warning + timedelta(hours=1)).news == ()


def test_a_deadline_of_a_coming_day_is_no_risk_yet() -> None:
    tomorrow = Deadline(TODAY + timedelta(days=1), TODAY + timedelta(days=1), NOW + timedelta(hours=1), 4)
    assert look(TOLD, FOUR, tomorrow).news == ()


def test_one_looks_again_at_the_warning_then_at_the_deadline_and_never_without_one() -> None:
    warning = MIDNIGHT - WARNING
    assert look(TOLD, FOUR, DUE, NOW).look_again == warning
    assert look(TOLD, FOUR, DUE, warning).look_again == MIDNIGHT
    assert look(TOLD, FOUR, None).look_again is None


def test_a_restored_streak_may_be_warned_of_anew() -> None:
    broken = Announced(0, None, lost=4, lost_since=date(2026, 3, 6), warned_day=TODAY)
    seen = look(broken, FOUR, DUE, MIDNIGHT - timedelta(hours=1))
    assert [type(news) for news in seen.news] == [StreakRestored, StreakAtRisk]
