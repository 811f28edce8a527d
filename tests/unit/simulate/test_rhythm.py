"""Simulated people live by their own clocks."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from arena.contracts.civil import civil_day
from arena.simulate.people import HABITS, Person, people
from arena.simulate.rhythm import deeds, deeds_of_day, likelihood, pauses, wakefulness

FIRST, LAST = date(2026, 3, 1), date(2026, 5, 31)
CROWD = people(5, 40)


def alike(**fields: object) -> Person:
    return replace(CROWD[0], **fields)  # type: ignore[arg-type]  # the fields of a person, by name


def test_the_same_seed_gives_the_same_life() -> None:
    assert deeds(CROWD[3], FIRST, LAST) == deeds(people(5, 40)[3], FIRST, LAST)
    assert deeds(CROWD[3], FIRST, LAST) != deeds(CROWD[4], FIRST, LAST)


def test_a_life_is_told_in_order_with_an_id_for_each_deed() -> None:
    life = deeds(CROWD[3], FIRST, LAST)
    assert [deed.at for deed in life] == sorted(deed.at for deed in life)
    assert len({deed.client_id for deed in life}) == len(life) > 30
    assert all(len(deed.client_id) <= 64 for deed in life)


@settings(max_examples=60, deadline=None)
@given(number=st.integers(0, 39), habit=st.integers(0, 1), day=st.dates(date(2010, 1, 1), date(2030, 1, 1)))
def test_what_is_done_for_a_day_lies_in_that_civil_day_of_the_person(number: int, habit: int, day: date) -> None:
    person = CROWD[number]
    day_start = int(person.day_start[:2]) * 60
    for deed in deeds_of_day(person, habit, day):
        assert deed.at.tzinfo is UTC
        shifted = abs(civil_day(deed.at, person.time_zone, day_start) - day)
        assert shifted == timedelta(0) or day.month in {3, 4, 9, 10, 11}  # a clock change may move what was late in the day


def test_the_diligent_do_more_than_the_idle() -> None:
    idle, keen = alike(diligence=0.05), alike(diligence=1.0)
    assert len(deeds(keen, FIRST, LAST)) > 1.5 * len(deeds(idle, FIRST, LAST))


def test_owls_do_the_same_later_than_larks() -> None:
    def mean_hour(person: Person) -> float:
        hours = [deed.at.astimezone(ZoneInfo(person.time_zone)).hour for deed in deeds(person, FIRST, LAST)]
        return sum(hours) / len(hours)

    habits = (HABITS[0], HABITS[4])
    assert mean_hour(alike(chronotype=3.0, habits=habits)) > mean_hour(alike(chronotype=-2.0, habits=habits)) + 3


def test_weekday_habits_are_mostly_done_on_their_days() -> None:
    person = alike(habits=(HABITS[4],), diligence=0.9)
    days = Counter(deed.at.astimezone(ZoneInfo(person.time_zone)).weekday() for deed in deeds(person, FIRST, date(2027, 2, 28)))
    assert min(days[0], days[2], days[4]) > 3 * max(days[1], days[3], days[5], days[6])


def test_a_habit_for_some_days_a_week_is_less_likely_on_each() -> None:
    run = next(plan for plan in HABITS if plan.name == "Run")
    daily = replace(run, fields={**run.fields, "schedule": {"type": "daily"}})
    assert likelihood(CROWD[0], run, FIRST) < likelihood(CROWD[0], daily, FIRST)


def test_people_are_lively_by_day_and_tired_by_night() -> None:
    person = alike(chronotype=0.0)
    assert wakefulness(person, datetime(2026, 5, 1, 15)) == 1.0  # noqa: DTZ001 - a wall clock
    assert wakefulness(person, datetime(2026, 5, 1, 3)) < 0.1  # noqa: DTZ001 - a wall clock


def test_pauses_keep_the_pace_and_the_lively_make_shorter_ones() -> None:
    person = alike(diligence=0.6)
    lively, tired = (list(islice(pauses(person, 4.0, how), 500)) for how in (1.0, 0.05))
    assert all(0 <= pause <= 16 for pause in lively + tired)
    assert sum(lively) < sum(tired)
    assert 3 < sum(lively) / len(lively) < 5
