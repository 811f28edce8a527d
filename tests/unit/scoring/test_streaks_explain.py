from datetime import date, timedelta
from itertools import count
from uuid import UUID

import pytest

from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.habit import ONE, Bound, HabitKind, Schedule, ScheduleType, Target
from arena.contracts.ids import FactId
from arena.scoring.domain.streaks_explain import NAMED_FACTS, Began, Break, Explanation, Support, explain
from arena.scoring.domain.streaks_history import Calendar, DayFact, History, Terms
from arena.scoring.domain.streaks_judgement import Judgement, Rule, Saving, Shortfall, in_words
from arena.scoring.domain.streaks_rules import Unit

use_tzdata_wheel()

DAILY = Schedule()
THRICE = Schedule(ScheduleType.TIMES_PER_WEEK, times=3)
AT_LEAST_30 = Target(Bound.AT_LEAST, 30 * ONE)
AT_MOST_2 = Target(Bound.AT_MOST, 2 * ONE)


def june(day: int) -> date:
    """June 2026 begins on a Monday."""
    return date(2026, 6, 1) + timedelta(days=day - 1)


def fact_id(number: int) -> FactId:
    return FactId(UUID(int=number))


def facts(*entries: tuple[int, int]) -> tuple[DayFact, ...]:
    """Facts numbered from 1, as (day of June, whole units)."""
    return tuple(DayFact(fact_id(number), june(day), value * ONE) for number, (day, value) in zip(count(1), entries, strict=False))


def measured(target: Target | None, *entries: tuple[int, int], schedule: Schedule = DAILY) -> History:
    return History(HabitKind.MEASURED, Calendar("Etc/UTC"), (Terms(june(1), schedule, target),), facts(*entries))


def yes_no(*entries: tuple[int, int], schedule: Schedule = DAILY, target: Target | None = None) -> History:
    return History(HabitKind.YES_NO, Calendar("Etc/UTC"), (Terms(june(1), schedule, target),), facts(*entries))


def test_a_new_habit_is_explained_by_what_is_open_today() -> None:
    assert explain(yes_no(), june(1)) == Explanation(
        current=0,
        unit=Unit.DAY,
        since=None,
        began=None,
        rests_on=(),
        pending=Judgement(
            june(1),
            june(1),
            Unit.DAY,
            Rule.ANY_AMOUNT,
            "done",
            Shortfall.NOTHING_LOGGED,
            reached=0,
            needed=ONE,
            missing=ONE,
            facts=(),
            savings=(Saving(june(1), log=ONE, lower_by=None),),
            becomes=1,
        ),
        broken=None,
    )


def test_a_streak_rests_on_its_facts_the_latest_first_and_says_what_each_is_worth() -> None:
    told = explain(yes_no((1, 1), (2, 1), (3, 1), (3, 1)), june(3))
    assert (told.current, told.since, told.began, told.pending, told.broken) == (3, june(1), Began.WITH_HABIT, None, None)
    assert told.rests_on == (
        Support(fact_id(4), june(3), ONE, current_without=3),
        Support(fact_id(3), june(3), ONE, current_without=3),
        Support(fact_id(2), june(2), ONE, current_without=1),
        Support(fact_id(1), june(1), ONE, current_without=2),
    )


def test_without_the_fact_of_today_the_rest_of_the_streak_stays() -> None:
    assert explain(yes_no((1, 1), (2, 1), (3, 1)), june(3)).rests_on[0].current_without == 2


def test_an_explanation_names_ten_facts_unless_told_otherwise() -> None:
    month = yes_no(*((day, 1) for day in range(1, 21)))
    assert NAMED_FACTS == 10
    assert [support.day for support in explain(month, june(20)).rests_on] == [june(day) for day in range(20, 10, -1)]
    assert len(explain(month, june(20), named_facts=3).rests_on) == 3
    assert len(explain(month, june(20), named_facts=None).rests_on) == 20


def test_a_break_names_the_last_missed_day_what_it_lacked_and_what_the_streak_becomes() -> None:
    told = explain(measured(AT_LEAST_30, (1, 30), (2, 40), (3, 12), (3, 8), (4, 30)), june(4))
    assert (told.current, told.began) == (1, Began.AFTER_BREAK)
    assert told.broken == Break(
        broken_on=june(3),
        missed=1,
        lost=2,
        judgement=Judgement(
            june(3),
            june(3),
            Unit.DAY,
            Rule.AT_LEAST,
            "at least 30 a day",
            Shortfall.TOO_LITTLE,
            reached=20 * ONE,
            needed=30 * ONE,
            missing=10 * ONE,
            facts=(fact_id(3), fact_id(4)),
            savings=(Saving(june(3), log=10 * ONE, lower_by=None),),
            becomes=4,
        ),
    )


def test_of_several_missed_days_the_last_is_explained_and_the_first_is_named() -> None:
    broken = explain(yes_no((1, 1), (2, 1), (6, 1)), june(6)).broken
    assert broken is not None
    assert (broken.broken_on, broken.missed, broken.lost) == (june(3), 3, 2)
    assert (broken.judgement.first, broken.judgement.becomes) == (june(5), 2)


def test_a_streak_lost_yesterday_is_explained_though_nothing_follows_it() -> None:
    told = explain(yes_no((1, 1), (2, 1)), june(4))
    assert told.current == 0
    assert told.broken is not None
    assert (told.broken.broken_on, told.broken.lost, told.broken.judgement.becomes) == (june(3), 2, 3)


def test_days_missed_before_the_first_met_one_lost_nothing() -> None:
    broken = explain(yes_no((3, 1)), june(3)).broken
    assert broken is not None
    assert (broken.broken_on, broken.missed, broken.lost) == (june(1), 2, 0)


def test_a_limit_that_was_exceeded_is_mended_by_lowering() -> None:
    broken = explain(measured(AT_MOST_2, (1, 2), (2, 2), (2, 3), (3, 0)), june(3)).broken
    assert broken is not None
    judgement = broken.judgement
    assert (judgement.rule, judgement.words) == (Rule.AT_MOST, "at most 2 a day, with at least one entry")
    assert (judgement.shortfall, judgement.reached, judgement.needed, judgement.missing) == (Shortfall.TOO_MUCH, 5 * ONE, 2 * ONE, 3 * ONE)
    assert judgement.savings == (Saving(june(2), log=None, lower_by=3 * ONE),)
    assert judgement.becomes == 3


def test_a_limit_nobody_reported_on_is_mended_by_reporting_nothing() -> None:
    broken = explain(measured(AT_MOST_2, (1, 2), (3, 0)), june(3)).broken
    assert broken is not None
    assert (broken.judgement.shortfall, broken.judgement.missing) == (Shortfall.NOTHING_LOGGED, 0)
    assert broken.judgement.savings == (Saving(june(2), log=0, lower_by=None),)
    assert broken.judgement.becomes == 3


def test_where_any_amount_does_one_whole_unit_is_proposed() -> None:
    pending = explain(measured(None, (1, 1), (2, 0)), june(2)).pending
    assert pending is not None
    assert (pending.rule, pending.words) == (Rule.ANY_AMOUNT, "any amount above 0 a day")
    assert (pending.shortfall, pending.reached, pending.needed, pending.missing) == (Shortfall.TOO_LITTLE, 0, 1, 1)
    assert pending.savings == (Saving(june(2), log=ONE, lower_by=None),)
    assert pending.becomes == 2


def test_a_yes_no_habit_is_mended_in_whole_units() -> None:
    pending = explain(yes_no((1, 1), target=Target(Bound.AT_LEAST, 2500)), june(1)).pending
    assert pending is not None
    assert pending.missing == 1500
    assert pending.savings == (Saving(june(1), log=2 * ONE, lower_by=None),)


def test_a_negative_total_is_mended_all_the_same() -> None:
    pending = explain(measured(None, (1, -2)), june(1)).pending
    assert pending is not None
    assert pending.missing == 2 * ONE + 1
    assert pending.savings == (Saving(june(1), log=3 * ONE, lower_by=None),)


def test_a_missed_week_names_as_many_of_its_last_unmet_days_as_it_lacks() -> None:
    history = measured(AT_LEAST_30, (2, 30), (7, 10), (8, 30), (9, 30), (10, 30), schedule=THRICE)
    told = explain(history, june(14))
    assert (told.current, told.unit, told.began) == (1, Unit.WEEK, Began.AFTER_BREAK)
    assert told.broken == Break(
        broken_on=june(1),
        missed=1,
        lost=0,
        judgement=Judgement(
            june(1),
            june(7),
            Unit.WEEK,
            Rule.TIMES_PER_WEEK,
            "3 days a week, each: at least 30 a day",
            Shortfall.TOO_FEW_DAYS,
            reached=1,
            needed=3,
            missing=2,
            facts=(fact_id(1), fact_id(2)),
            savings=(Saving(june(6), log=30 * ONE, lower_by=None), Saving(june(7), log=20 * ONE, lower_by=None)),
            becomes=2,
        ),
    )


def test_an_open_week_is_kept_by_today_and_the_days_to_come_and_by_earlier_ones_when_those_do_not_suffice() -> None:
    started = explain(yes_no((1, 1), schedule=THRICE), june(3)).pending
    assert started is not None
    assert [saving.day for saving in started.savings] == [june(3), june(4)]
    late = explain(yes_no((1, 1), schedule=THRICE), june(7)).pending
    assert late is not None
    assert [saving.day for saving in late.savings] == [june(6), june(7)]


def test_the_facts_of_a_week_are_worth_the_week_only_where_it_has_none_to_spare() -> None:
    history = yes_no((1, 1), (2, 1), (3, 1), (8, 1), (9, 1), (10, 1), (11, 1), schedule=THRICE)
    rests_on = explain(history, june(14)).rests_on
    assert [support.current_without for support in rests_on] == [2, 2, 2, 2, 1, 1, 1]


def test_a_partial_day_of_a_met_week_is_not_what_the_streak_rests_on() -> None:
    history = measured(AT_LEAST_30, (1, 30), (2, 30), (3, 30), (4, 10), schedule=THRICE)
    assert [support.day for support in explain(history, june(7)).rests_on] == [june(3), june(2), june(1)]


def test_a_count_in_another_unit_is_no_break() -> None:
    terms = (Terms(june(1), THRICE, None), Terms(june(8), DAILY, None))
    history = History(HabitKind.YES_NO, Calendar("Etc/UTC"), terms, facts((1, 1), (2, 1), (3, 1), (8, 1)))
    told = explain(history, june(8))
    assert (told.current, told.began, told.broken) == (1, Began.AFTER_UNIT_CHANGE, None)
    assert [support.day for support in told.rests_on] == [june(8)]


def test_a_break_right_after_a_change_of_unit_lost_nothing_of_the_new_unit() -> None:
    terms = (Terms(june(1), THRICE, None), Terms(june(8), DAILY, None))
    history = History(HabitKind.YES_NO, Calendar("Etc/UTC"), terms, facts((1, 1), (2, 1), (3, 1), (9, 1)))
    broken = explain(history, june(9)).broken
    assert broken is not None
    assert (broken.broken_on, broken.lost) == (june(8), 0)


def test_a_day_that_only_a_fact_proves_lived_is_gone_with_the_fact() -> None:
    days = [DayFact(fact_id(n + 1), date(2011, 12, 29) + timedelta(days=n), ONE) for n in range(3)]
    history = History(HabitKind.YES_NO, Calendar("Pacific/Apia"), (Terms(date(2011, 12, 29), DAILY, None),), tuple(days))
    assert [support.current_without for support in explain(history, date(2011, 12, 31)).rests_on] == [2, 2, 2]


def test_a_met_day_of_a_missed_week_is_not_proposed_again() -> None:
    broken = explain(yes_no((7, 1), schedule=THRICE), june(8)).broken
    assert broken is not None
    assert [saving.day for saving in broken.judgement.savings] == [june(5), june(6)]


def test_a_day_the_zone_never_lived_is_not_proposed() -> None:
    monday = date(2011, 12, 26)
    terms = Terms(monday, Schedule(ScheduleType.TIMES_PER_WEEK, times=5), None)
    met = tuple(DayFact(fact_id(n + 1), monday + timedelta(days=n), ONE) for n in range(2))
    broken = explain(History(HabitKind.YES_NO, Calendar("Pacific/Apia"), (terms,), met), date(2012, 1, 2)).broken
    assert broken is not None
    assert [saving.day for saving in broken.judgement.savings] == [date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]


def test_a_habit_that_begins_with_a_fact_begins_later_without_it() -> None:
    terms = (Terms(june(10), DAILY, None),)
    history = History(HabitKind.YES_NO, Calendar("Etc/UTC"), terms, facts((5, 1), (7, 1)))
    assert [support.current_without for support in explain(history, june(2)).rests_on] == [1]


def test_a_measured_habit_is_mended_to_the_thousandth() -> None:
    pending = explain(measured(Target(Bound.AT_LEAST, 1001)), june(1)).pending
    assert pending is not None
    assert pending.savings == (Saving(june(1), log=1001, lower_by=None),)


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "0"), (1, "0.001"), (500, "0.5"), (1000, "1"), (1250, "1.25"), (10_000, "10"), (100_100, "100.1")]
)
def test_quantities_are_written_as_people_write_them(amount: int, words: str) -> None:
    assert in_words(amount) == words
