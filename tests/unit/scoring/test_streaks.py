from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from timeit import repeat
from uuid import UUID

import pytest

from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.habit import ONE, Bound, HabitKind, Schedule, ScheduleType, Target, Weekday
from arena.contracts.ids import FactId
from arena.scoring.domain.streaks import Deadline, State, Streak, next_deadline, streak
from arena.scoring.domain.streaks_history import Calendar, DayFact, History, Terms
from arena.scoring.domain.streaks_rules import Unit, is_met

use_tzdata_wheel()

DAILY = Schedule()
MON_FRI = Schedule(ScheduleType.WEEKDAYS, (Weekday.MON, Weekday.FRI))
UTC_CALENDAR = Calendar("Etc/UTC")


def thrice() -> Schedule:
    return Schedule(ScheduleType.TIMES_PER_WEEK, times=3)


def june(day: int) -> date:
    """June 2026 begins on a Monday."""
    return date(2026, 6, 1) + timedelta(days=day - 1)


def done(*days: int, value: int = ONE) -> tuple[DayFact, ...]:
    return tuple(DayFact(FactId(UUID(int=n)), june(day), value) for n, day in zip(count(1), days, strict=False))


def history(
    facts: tuple[DayFact, ...], schedule: Schedule = DAILY, target: Target | None = None, since: int = 1, calendar: Calendar = UTC_CALENDAR
) -> History:
    return History(HabitKind.YES_NO, calendar, (Terms(june(since), schedule, target),), facts)


@pytest.mark.parametrize(
    ("target", "total", "met"),
    [
        (None, None, False),
        (None, 0, False),
        (None, 1, True),
        (Target(Bound.AT_LEAST, 2000), None, False),
        (Target(Bound.AT_LEAST, 2000), 1999, False),
        (Target(Bound.AT_LEAST, 2000), 2000, True),
        (Target(Bound.AT_MOST, 2000), None, False),
        (Target(Bound.AT_MOST, 2000), 0, True),
        (Target(Bound.AT_MOST, 2000), 2000, True),
        (Target(Bound.AT_MOST, 2000), 2001, False),
    ],
)
def test_a_day_is_met_by_its_total_and_never_by_silence(target: Target | None, total: int | None, *, met: bool) -> None:
    assert is_met(target, total) is met


def test_a_habit_without_a_fact_has_no_streak_and_nothing_at_stake() -> None:
    assert streak(history(()), june(3)) == Streak(0, 0, Unit.DAY, State.NONE, None, None, None)
    assert next_deadline(history(()), june(3)) is None


def test_met_days_in_a_row_make_a_streak_and_today_is_met() -> None:
    assert streak(history(done(1, 2, 3)), june(3)) == Streak(3, 3, Unit.DAY, State.MET, june(1), june(3), None)


def test_a_today_that_is_not_met_yet_is_pending_until_it_ends() -> None:
    pending = streak(history(done(1, 2, 3)), june(4))
    assert pending == Streak(3, 3, Unit.DAY, State.PENDING, june(1), june(3), datetime(2026, 6, 5, tzinfo=UTC))


def test_an_unmet_day_that_is_over_breaks_the_streak_and_the_best_stays() -> None:
    assert streak(history(done(1, 2, 3)), june(5)) == Streak(0, 3, Unit.DAY, State.NONE, None, None, None)


def test_a_new_streak_begins_after_the_break() -> None:
    assert streak(history(done(1, 2, 3, 5, 6)), june(6)) == Streak(2, 3, Unit.DAY, State.MET, june(5), june(6), None)


def test_nothing_is_due_before_the_first_terms_or_the_first_fact_whichever_is_earlier() -> None:
    early = history(done(1, 2), since=4)
    assert streak(early, june(4)).current == 0
    assert streak(early, june(3)).current == 2
    assert streak(history(done(4, 5), since=4), june(5)).since == june(4)


def test_several_facts_of_a_day_add_up_and_the_day_counts_once() -> None:
    twice = history(done(1, 1, 2), target=Target(Bound.AT_LEAST, 2 * ONE))
    assert streak(twice, june(2)).current == 1
    assert streak(history(done(1, 1)), june(1)).current == 1


def test_a_limit_is_kept_by_an_entry_within_it_and_broken_by_one_above_and_by_silence() -> None:
    limit = Target(Bound.AT_MOST, ONE)
    assert streak(history(done(1, 2, 3), target=limit), june(3)).current == 3
    assert streak(history(done(1, 2, 2, 3), target=limit), june(3)).current == 1
    assert streak(history(done(1, 3), target=limit), june(3)).current == 1


def test_a_limit_exceeded_today_is_pending_because_it_can_still_be_corrected() -> None:
    assert streak(history(done(1, 2, 2), target=Target(Bound.AT_MOST, ONE)), june(2)).state is State.PENDING


def test_chosen_weekdays_are_due_and_rest_days_neither_break_nor_extend() -> None:
    assert streak(history(done(1, 5, 8), MON_FRI), june(10)) == Streak(3, 3, Unit.DAY, State.NOT_DUE, june(1), june(8), None)
    assert streak(history(done(1, 3, 5), MON_FRI), june(5)).current == 2
    assert streak(history(done(1, 3), MON_FRI), june(6)).current == 0


def test_a_fact_on_a_rest_day_today_leaves_the_day_not_due() -> None:
    rest = streak(history(done(1, 3), MON_FRI), june(3))
    assert (rest.current, rest.state, rest.last_met) == (1, State.NOT_DUE, june(1))


def test_no_weekdays_mean_nothing_is_ever_due() -> None:
    never = history(done(1, 2), Schedule(ScheduleType.WEEKDAYS))
    assert streak(never, june(20)) == Streak(0, 0, Unit.DAY, State.NONE, None, None, None)
    assert next_deadline(never, june(2)) is None


def test_times_a_week_are_counted_in_weeks() -> None:
    met = history(done(1, 2, 3, 8, 10, 14), thrice())
    assert streak(met, june(14)) == Streak(2, 2, Unit.WEEK, State.MET, june(1), june(14), None)


def test_a_week_not_met_yet_is_pending_until_it_ends() -> None:
    met = history(done(1, 2, 3, 8), thrice())
    assert streak(met, june(14)) == Streak(1, 1, Unit.WEEK, State.PENDING, june(1), june(3), datetime(2026, 6, 15, tzinfo=UTC))
    assert streak(met, june(8)).at_risk_deadline == datetime(2026, 6, 15, tzinfo=UTC)
    assert streak(met, june(15)).current == 0


def test_a_week_begins_on_the_day_the_settings_say() -> None:
    facts = done(1, 2, 6, 7, 8, 9, 13)
    assert streak(history(facts, thrice()), june(14)).current == 2
    sunday = Calendar("Etc/UTC", week_start=Weekday.SUN)
    assert streak(history(done(7, 8, 9), thrice(), calendar=sunday), june(13)) == Streak(1, 1, Unit.WEEK, State.MET, june(7), june(9), None)


def test_a_first_week_that_is_not_whole_counts_when_it_is_met_and_is_never_missed() -> None:
    assert streak(history(done(5, 6, 7, 8, 9, 10), thrice(), since=5), june(14)).current == 2
    assert streak(history(done(5, 6, 8, 9, 10), thrice(), since=5), june(14)) == Streak(1, 1, Unit.WEEK, State.MET, june(8), june(10), None)
    assert streak(history(done(6), thrice(), since=5), june(7)) == Streak(0, 0, Unit.WEEK, State.NONE, None, None, None)


def test_a_whole_week_one_day_short_is_missed() -> None:
    assert streak(history(done(1, 2, 8, 9, 10), thrice()), june(14)).current == 1
    assert streak(history(done(1, 2, 3, 8, 9, 15, 16, 17), thrice()), june(17)) == Streak(
        1, 1, Unit.WEEK, State.MET, june(15), june(17), None
    )


def test_a_new_target_or_schedule_holds_from_its_day_on() -> None:
    terms = (Terms(june(1), DAILY, None), Terms(june(3), DAILY, Target(Bound.AT_LEAST, 2 * ONE)))
    changed = History(HabitKind.MEASURED, UTC_CALENDAR, terms, done(1, 2, 3))
    assert streak(changed, june(3)).state is State.PENDING
    assert streak(changed, june(4)).current == 0
    assert streak(History(HabitKind.MEASURED, UTC_CALENDAR, terms[::-1], done(1, 2, 3, 3)), june(3)).current == 3


def test_the_later_of_two_terms_from_one_day_holds() -> None:
    terms = (Terms(june(1), DAILY, Target(Bound.AT_LEAST, 5 * ONE)), Terms(june(1), DAILY, None))
    assert streak(History(HabitKind.YES_NO, UTC_CALENDAR, terms, done(1)), june(1)).current == 1


def test_a_schedule_can_change_back_and_forth() -> None:
    terms = (Terms(june(1), DAILY, None), Terms(june(4), MON_FRI, None), Terms(june(9), DAILY, None))
    changed = History(HabitKind.YES_NO, UTC_CALENDAR, terms, done(1, 2, 3, 5, 8, 9, 10))
    assert streak(changed, june(10)) == Streak(7, 7, Unit.DAY, State.MET, june(1), june(10), None)


def test_a_week_that_has_begun_keeps_its_number() -> None:
    twice = Schedule(ScheduleType.TIMES_PER_WEEK, times=2)
    eased = (Terms(june(1), thrice(), None), Terms(june(6), twice, None))
    assert streak(History(HabitKind.YES_NO, UTC_CALENDAR, eased, done(1, 2)), june(7)).state is State.NONE
    assert streak(History(HabitKind.YES_NO, UTC_CALENDAR, eased, done(1, 2, 3, 8, 9)), june(9)).current == 2
    raised = (Terms(june(1), twice, None), Terms(june(6), thrice(), None))
    assert streak(History(HabitKind.YES_NO, UTC_CALENDAR, raised, done(1, 2)), june(7)).state is State.MET


def test_a_change_of_unit_begins_a_new_count_without_a_miss() -> None:
    to_weeks = (Terms(june(1), DAILY, None), Terms(june(4), thrice(), None))
    changed = History(HabitKind.YES_NO, UTC_CALENDAR, to_weeks, done(1, 2, 3, 8, 9, 10))
    assert streak(changed, june(3)).current == 3
    assert streak(replace(changed, facts=done(1, 2, 3)), june(4)) == Streak(0, 0, Unit.WEEK, State.NONE, None, None, None)
    assert streak(changed, june(14)) == Streak(1, 1, Unit.WEEK, State.MET, june(8), june(10), None)


def test_the_best_is_the_best_in_the_unit_of_today() -> None:
    terms = (Terms(june(1), thrice(), None), Terms(june(8), DAILY, None))
    changed = History(HabitKind.YES_NO, UTC_CALENDAR, terms, done(1, 2, 3, 8, 9))
    assert streak(changed, june(9)) == Streak(2, 2, Unit.DAY, State.MET, june(8), june(9), None)
    assert next_deadline(changed, june(7)) is None


def test_a_week_cut_short_by_a_change_of_unit_counts_if_met_and_is_not_missed_otherwise() -> None:
    terms = (Terms(june(1), thrice(), None), Terms(june(11), DAILY, None))
    short = History(HabitKind.YES_NO, UTC_CALENDAR, terms, done(1, 2, 3, 8, 9))
    assert streak(short, june(10)) == Streak(1, 1, Unit.WEEK, State.NOT_DUE, june(1), june(3), None)
    assert next_deadline(short, june(10)) is None
    assert streak(History(HabitKind.YES_NO, UTC_CALENDAR, terms, done(1, 2, 3, 8, 9, 10)), june(10)).current == 2


def test_a_day_the_zone_never_lived_is_neither_due_nor_missed() -> None:
    facts = tuple(DayFact(FactId(UUID(int=n)), date(2011, 12, 27) + timedelta(days=n), ONE) for n in (0, 1, 2, 4, 5))
    apia = History(HabitKind.YES_NO, Calendar("Pacific/Apia"), (Terms(date(2011, 12, 27), DAILY, None),), facts)
    assert streak(apia, date(2012, 1, 1)).current == 5
    late = History(HabitKind.YES_NO, Calendar("Pacific/Apia", 180), apia.terms, facts)
    assert streak(late, date(2012, 1, 1)).current == 2
    assert next_deadline(History(apia.kind, apia.calendar, apia.terms, facts[:3]), date(2011, 12, 29)) == Deadline(
        date(2011, 12, 31), date(2011, 12, 31), datetime(2011, 12, 31, 10, tzinfo=UTC), 3
    )


def test_a_fact_proves_that_its_day_was_lived() -> None:
    facts = tuple(DayFact(FactId(UUID(int=n)), date(2011, 12, 29) + timedelta(days=n), ONE) for n in range(3))
    moved = History(HabitKind.YES_NO, Calendar("Pacific/Apia"), (Terms(date(2011, 12, 29), DAILY, None),), facts)
    assert streak(moved, date(2011, 12, 31)).current == 3


def test_a_week_with_an_unlived_day_needs_no_more_days_than_it_had() -> None:
    every_day = Schedule(ScheduleType.TIMES_PER_WEEK, times=7)
    facts = tuple(DayFact(FactId(UUID(int=n)), date(2011, 12, 26) + timedelta(days=n), ONE) for n in (0, 1, 2, 3, 5, 6))
    apia = History(HabitKind.YES_NO, Calendar("Pacific/Apia"), (Terms(date(2011, 12, 26), every_day, None),), facts)
    assert streak(apia, date(2012, 1, 1)).current == 1
    samoa = History(HabitKind.YES_NO, Calendar("Pacific/Pago_Pago"), apia.terms, facts)
    assert streak(samoa, date(2012, 1, 1)).current == 0


def test_a_travellers_tomorrow_counts_when_today_is_met_too() -> None:
    assert streak(history(done(1, 2, 3)), june(2)) == Streak(3, 3, Unit.DAY, State.MET, june(1), june(3), None)
    assert streak(history(done(1, 3)), june(2)).current == 1


def test_a_habit_that_begins_tomorrow_has_no_streak_yet() -> None:
    assert streak(history((), since=4), june(3)) == Streak(0, 0, Unit.DAY, State.NONE, None, None, None)


def test_the_deadline_is_the_end_of_today_while_it_is_unmet_and_of_the_next_due_day_once_it_is_met() -> None:
    berlin = Calendar("Europe/Berlin", 180)
    met = history(done(1, 2), calendar=berlin)
    assert next_deadline(met, june(3)) == Deadline(june(3), june(3), datetime(2026, 6, 4, 1, tzinfo=UTC), 2)
    assert next_deadline(met, june(2)) == Deadline(june(3), june(3), datetime(2026, 6, 4, 1, tzinfo=UTC), 2)
    assert next_deadline(met, june(4)) is None
    assert next_deadline(history(done(1), MON_FRI), june(2)) == Deadline(june(5), june(5), datetime(2026, 6, 6, tzinfo=UTC), 1)


def test_the_deadline_of_a_week_is_its_end() -> None:
    week = history(done(1, 2, 3), thrice())
    assert next_deadline(week, june(3)) == Deadline(june(8), june(14), datetime(2026, 6, 15, tzinfo=UTC), 1)
    assert next_deadline(week, june(9)) == Deadline(june(8), june(14), datetime(2026, 6, 15, tzinfo=UTC), 1)


def test_a_weekly_day_that_the_zone_skips_is_followed_to_the_next_one() -> None:
    friday = Schedule(ScheduleType.WEEKDAYS, (Weekday.FRI,))
    facts = (DayFact(FactId(UUID(int=1)), date(2011, 12, 23), ONE),)
    apia = History(HabitKind.YES_NO, Calendar("Pacific/Apia"), (Terms(date(2011, 12, 23), friday, None),), facts)
    assert next_deadline(apia, date(2011, 12, 23)) == Deadline(date(2012, 1, 6), date(2012, 1, 6), datetime(2012, 1, 6, 10, tzinfo=UTC), 1)


@pytest.mark.speed
def test_ten_years_of_daily_facts_take_a_few_milliseconds() -> None:
    decade = history(tuple(DayFact(FactId(UUID(int=n)), june(1) + timedelta(days=n), ONE) for n in range(3652)))
    assert streak(decade, june(3652)).current == 3652
    # Three times the 5 ms it was built for, so that a busy machine does not fail it.
    assert min(repeat(lambda: streak(decade, june(3652)), number=1, repeat=9)) < 0.015
