"""Which facts count: at the very bounds of window and grace, with corrections, voids, imports, and own days round the world."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.contracts.battle_spec import DayRule, Per, ScoringSpec
from arena.contracts.civil import civil_day, use_tzdata_wheel
from arena.contracts.events.habits import Source
from arena.contracts.habit import Bound, Target, Weekday
from arena.contracts.ids import FactId, HabitId, UserId
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, HabitTerms
from arena.scoring.domain.rules_facts import select_facts

use_tzdata_wheel()

RUN, READ = HabitId(UUID(int=1)), HabitId(UUID(int=2))
START, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 8, tzinfo=UTC)
GRACE = END + timedelta(minutes=10)
TICK = timedelta(microseconds=1)
INSTANT = Contest(DayRule.INSTANT, START, END, GRACE, date(2026, 6, 1), date(2026, 6, 8), ScoringSpec(), Per.FACT)
OWN = replace(INSTANT, days=DayRule.OWN, per=Per.MET_DAY)
ANN = Contestant(UserId(UUID(int=9)), {RUN: HabitTerms()}, "Etc/UTC", 0, Weekday.MON)
FACT = CountedFact(FactId(UUID(int=5)), 1, RUN, date(2026, 6, 3), START + timedelta(days=2), 1000, START + timedelta(days=2))


def counts(contest: Contest = INSTANT, contestant: Contestant = ANN, **change: Any) -> bool:
    return bool(select_facts(contest, contestant, [FACT._replace(**change)]))


def test_a_fact_of_a_competing_habit_inside_the_window_counts() -> None:
    assert select_facts(INSTANT, ANN, [FACT]) == (FACT,)


@pytest.mark.parametrize(("at", "inside"), [(START - TICK, False), (START, True), (END - TICK, True), (END, False)])
def test_the_window_holds_its_start_and_not_its_end(at: datetime, *, inside: bool) -> None:
    assert counts(instant=at) is inside


@pytest.mark.parametrize(
    ("at", "in_time"), [(START - TICK, True), (END, True), (GRACE - TICK, True), (GRACE, False), (GRACE + TICK, False)]
)
@pytest.mark.parametrize("contest", [INSTANT, OWN])
def test_a_fact_is_in_time_until_grace_ends(contest: Contest, at: datetime, *, in_time: bool) -> None:
    assert counts(contest, accepted_at=at) is in_time


@pytest.mark.parametrize(("ended", "in_force"), [(None, True), (START, False), (GRACE - TICK, False), (GRACE, True), (GRACE + TICK, True)])
def test_a_fact_taken_back_or_corrected_before_grace_ends_does_not_count_and_afterwards_it_does(
    ended: datetime | None, *, in_force: bool
) -> None:
    assert counts(ended_at=ended) is in_force


def test_of_a_corrected_fact_the_revision_counts_that_was_in_force_when_grace_ended() -> None:
    for corrected_at, value in ((GRACE - TICK, 3000), (GRACE, 1000)):
        revisions = [FACT._replace(ended_at=corrected_at), FACT._replace(revision=2, value=3000, accepted_at=corrected_at)]
        assert [fact.value for fact in select_facts(INSTANT, ANN, revisions)] == [value]


def test_what_is_of_another_habit_imported_or_excluded_does_not_count() -> None:
    assert not counts(habit_id=READ)
    assert not counts(source=Source.IMPORT)
    assert not counts(contestant=replace(ANN, excluded=frozenset({FACT.fact_id})))
    assert counts(contestant=replace(ANN, excluded=frozenset({FactId(UUID(int=6))})))


def test_nothing_of_somebody_disqualified_counts() -> None:
    assert select_facts(INSTANT, replace(ANN, disqualified=True), [FACT]) == ()


@pytest.mark.parametrize(
    ("target", "value", "says_something"),
    [
        (None, 1, True),
        (None, 0, False),
        (Target(Bound.AT_LEAST, 2000), 1, True),
        (Target(Bound.AT_LEAST, 2000), 0, False),
        (Target(Bound.AT_MOST, 2000), 0, True),
        (Target(Bound.AT_MOST, 2000), 9000, True),
        (Target(Bound.AT_MOST, 2000), -1, False),
    ],
)
def test_a_zero_says_something_only_where_less_is_better(target: Target | None, value: int, *, says_something: bool) -> None:
    assert counts(contestant=replace(ANN, habits={RUN: HabitTerms(target=target)}), value=value) is says_something


def test_a_fact_without_an_instant_has_no_place_among_instants_and_has_one_among_own_days() -> None:
    assert not counts(instant=None)
    assert counts(OWN, instant=None)


@pytest.mark.parametrize(("day", "inside"), [("2026-05-31", False), ("2026-06-01", True), ("2026-06-07", True), ("2026-06-08", False)])
def test_own_days_are_those_from_the_first_to_the_one_before_the_end(day: str, *, inside: bool) -> None:
    assert counts(OWN, instant=None, civil_day=date.fromisoformat(day)) is inside
    assert counts(OWN, instant=datetime.fromisoformat(f"{day}T12:00Z"), civil_day=date(1999, 1, 1)) is inside


def test_under_instants_the_day_is_the_ledgers_and_under_own_days_that_of_the_zone_fixed_on_joining() -> None:
    late = FACT._replace(instant=datetime(2026, 6, 3, 23, 30, tzinfo=UTC), civil_day=date(2026, 6, 3))
    tokyo = replace(ANN, time_zone="Asia/Tokyo", day_start=180)
    assert [fact.civil_day.day for fact in select_facts(INSTANT, tokyo, [late])] == [3]
    assert [fact.civil_day.day for fact in select_facts(OWN, tokyo, [late])] == [4]
    assert [fact.civil_day.day for fact in select_facts(OWN, replace(tokyo, day_start=600), [late])] == [3]
    assert select_facts(OWN, ANN, [late])[0] is late


def test_an_instant_with_any_offset_has_the_same_own_day() -> None:
    at = datetime.fromisoformat("2026-06-08T08:59:59+09:00")
    assert counts(OWN, instant=at)
    assert not counts(OWN, instant=at + timedelta(seconds=1))


ZONES = ["Etc/UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Pacific/Kiritimati", "Australia/Lord_Howe", "Asia/Kolkata"]


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from([0, 180, 720, 1439]),
    st.sampled_from(["2011-12-27", "2026-03-25", "2026-06-01", "2026-10-21", "1994-12-28"]),
    st.integers(1, 8),
    st.integers(-4 * 24 * 60, 14 * 24 * 60),
)
def test_own_days_are_civil_days_whether_or_not_the_clock_changes_near_the_window(
    zone: str, day_start: int, first: str, length: int, minutes: int
) -> None:
    begin = date.fromisoformat(first)
    contest = replace(OWN, first_day=begin, end_day=begin + timedelta(days=length), grace_ends=datetime.max.replace(tzinfo=UTC))
    at = datetime.fromisoformat(f"{first}T00:00Z") + timedelta(minutes=minutes)
    day = civil_day(at, zone, day_start)
    chosen = select_facts(contest, replace(ANN, time_zone=zone, day_start=day_start), [FACT._replace(instant=at)])
    assert [fact.civil_day for fact in chosen] == ([day] if begin <= day < contest.end_day else [])


@pytest.mark.parametrize("contest", [INSTANT, OWN])
def test_the_facts_keep_the_order_given(contest: Contest) -> None:
    facts = [FACT._replace(revision=n) for n in (3, 1, 2)]
    assert select_facts(contest, ANN, facts) == tuple(facts)
