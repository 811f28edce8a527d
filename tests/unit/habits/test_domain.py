"""The ledger's rules: how a fact gets its day, what a habit may be, what a value means."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from arena.contracts.events.habits import FactCorrected, FactLogged, Source
from arena.contracts.habit import Bound, HabitKind, Schedule, ScheduleType, Target, Weekday
from arena.contracts.ids import FactId, HabitId, UserId
from arena.habits.domain import (
    DayOutOfRange,
    Fact,
    Habit,
    LedgerError,
    LedgerSettings,
    Moment,
    Placed,
    ScheduleRefused,
    TargetRefused,
    UnknownTimeZone,
    ValueRefused,
    check_schedule,
    check_value,
    earliest_day,
    place,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
BERLIN = LedgerSettings("Europe/Berlin", 180, Weekday.MON)
HABIT = Habit(HabitId(UUID(int=1)), UserId(UUID(int=2)), "Run", HabitKind.MEASURED, "km", None, Schedule(), archived=False, created_at=NOW)
FACT = Fact(
    FactId(UUID(int=3)),
    1,
    UserId(UUID(int=2)),
    HabitId(UUID(int=1)),
    date(2026, 3, 9),
    datetime(2026, 3, 9, 12, tzinfo=UTC),
    "Europe/Berlin",
    180,
    5000,
    "wet",
    "phone-1",
    Source.APP,
    NOW,
)


@pytest.mark.parametrize(
    ("hour", "day"),
    [(2, date(2026, 3, 8)), (3, date(2026, 3, 9))],
)
def test_the_day_of_an_instant_is_that_of_its_zone_less_the_day_start(hour: int, day: date) -> None:
    at = datetime(2026, 3, 9, hour, tzinfo=timezone(timedelta(hours=1)))
    assert place(Moment(instant=at), BERLIN, NOW) == Placed(day, at.astimezone(UTC), "Europe/Berlin", 180)


def test_the_offset_of_an_instant_only_fixes_the_instant() -> None:
    at = datetime(2026, 3, 9, 23, 30, tzinfo=timezone(timedelta(hours=-10)))
    assert place(Moment(instant=at), BERLIN, NOW).civil_day == date(2026, 3, 10)


def test_the_zone_of_the_fact_decides_before_the_ledgers() -> None:
    at = datetime(2026, 3, 9, 12, tzinfo=UTC)
    placed = place(Moment(instant=at, time_zone="Pacific/Kiritimati"), BERLIN, NOW)
    assert (placed.civil_day, placed.time_zone, placed.day_start) == (date(2026, 3, 9), "Pacific/Kiritimati", 180)


def test_a_day_alone_stays_a_day_alone() -> None:
    placed = place(Moment(day=date(1970, 1, 1)), BERLIN, NOW)
    assert placed == Placed(date(1970, 1, 1), None, "Europe/Berlin", 180)


def test_tomorrow_is_the_last_day_that_is_taken() -> None:
    assert place(Moment(day=date(2026, 3, 11)), BERLIN, NOW).civil_day == date(2026, 3, 11)
    with pytest.raises(DayOutOfRange, match=r"2026-03-12 is outside 1970-01-01 to tomorrow \(2026-03-11\)") as refused:
        place(Moment(day=date(2026, 3, 12)), BERLIN, NOW)
    assert (refused.value.field, refused.value.slug) == ("civil_day", "day-out-of-range")


def test_tomorrow_is_that_of_the_facts_zone_and_day_start() -> None:
    late = datetime(2026, 3, 10, 23, tzinfo=UTC)
    assert place(Moment(day=date(2026, 3, 12)), LedgerSettings("Pacific/Kiritimati"), late).civil_day == date(2026, 3, 12)
    with pytest.raises(DayOutOfRange):
        place(Moment(day=date(2026, 3, 12)), LedgerSettings("Etc/UTC"), late)
    with pytest.raises(DayOutOfRange):
        place(Moment(day=date(2026, 3, 12)), BERLIN, late)


def test_a_day_before_1970_is_refused() -> None:
    with pytest.raises(DayOutOfRange, match="1969-12-31 is outside"):
        place(Moment(day=date(1969, 12, 31)), BERLIN, NOW)


def test_an_instant_too_far_away_names_its_field() -> None:
    for at in (datetime(2026, 3, 13, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(DayOutOfRange) as refused:
            place(Moment(instant=at, time_zone="Pacific/Kiritimati"), BERLIN, NOW)
        assert refused.value.field == "logged_at"


def test_an_instant_outside_the_calendar_is_refused_in_words() -> None:
    with pytest.raises(DayOutOfRange, match="0001-01-01T00:00:00"):
        place(Moment(instant=datetime(1, 1, 1, tzinfo=UTC), time_zone="America/New_York"), BERLIN, NOW)


def test_a_moment_says_when() -> None:
    with pytest.raises(DayOutOfRange, match="say when") as refused:
        place(Moment(), BERLIN, NOW)
    assert refused.value.field == "logged_at"


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UnknownTimeZone, match="'Mars/Olympus' is not an IANA time zone") as refused:
        place(Moment(day=date(2026, 3, 9), time_zone="Mars/Olympus"), BERLIN, NOW)
    assert (refused.value.field, refused.value.slug, refused.value.detail) == (
        "time_zone",
        "unknown-time-zone",
        "'Mars/Olympus' is not an IANA time zone",
    )
    with pytest.raises(UnknownTimeZone) as refused:
        LedgerSettings("nowhere").check()
    assert refused.value.field == "time_zone"
    LedgerSettings("Asia/Calcutta").check()  # an alias is a name too


def test_the_settings_of_who_chose_none() -> None:
    assert LedgerSettings() == LedgerSettings("UTC", 0, Weekday.MON)


@pytest.mark.parametrize("given", [None, 1000])
def test_a_yes_no_fact_is_worth_one(given: int | None) -> None:
    assert check_value(given, HabitKind.YES_NO) == 1000


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (0, HabitKind.YES_NO, r"a yes/no habit is logged without a value \(or with 1\)"),
        (2000, HabitKind.YES_NO, "yes/no"),
        (None, HabitKind.MEASURED, "a measured habit needs a value"),
        (-1, HabitKind.MEASURED, "a value is not negative"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(value: int | None, kind: HabitKind, words: str) -> None:
    with pytest.raises(ValueRefused, match=words) as refused:
        check_value(value, kind)
    assert (refused.value.field, refused.value.slug) == ("value", "value-refused")


def test_nothing_at_all_is_a_value_of_a_measured_habit() -> None:
    assert (check_value(0, HabitKind.MEASURED), check_value(1, HabitKind.MEASURED)) == (0, 1)


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        (Schedule(ScheduleType.WEEKDAYS), "schedule.days"),
        (Schedule(ScheduleType.TIMES_PER_WEEK, times=0), "schedule.times"),
        (Schedule(ScheduleType.TIMES_PER_WEEK, times=8), "schedule.times"),
    ],
)
def test_a_schedule_whose_parts_do_not_fit_is_refused(schedule: Schedule, field: str) -> None:
    with pytest.raises(ScheduleRefused) as refused:
        check_schedule(schedule)
    assert (refused.value.field, refused.value.slug) == (field, "schedule-refused")
    with pytest.raises(ScheduleRefused):
        replace(HABIT, schedule=schedule).check()


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(),
        Schedule(ScheduleType.WEEKDAYS, (Weekday.SUN,)),
        Schedule(ScheduleType.TIMES_PER_WEEK, times=1),
        Schedule(ScheduleType.TIMES_PER_WEEK, times=7),
    ],
)
def test_a_schedule_that_fits_is_taken(schedule: Schedule) -> None:
    replace(HABIT, schedule=schedule, target=Target(Bound.AT_MOST, 0)).check()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": HabitKind.YES_NO, "unit": None, "target": Target(Bound.AT_LEAST, 1)}, "target"),
        ({"kind": HabitKind.YES_NO}, "unit"),
        ({"target": Target(Bound.AT_LEAST, -1)}, "target"),
    ],
)
def test_a_target_or_unit_that_does_not_fit_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(TargetRefused) as refused:
        replace(HABIT, **changes).check()
    assert (refused.value.field, refused.value.slug) == (field, "target-refused")


def test_a_yes_no_habit_needs_neither_unit_nor_target() -> None:
    replace(HABIT, kind=HabitKind.YES_NO, unit=None).check()


def test_a_fact_tells_what_was_accepted_and_a_correction_the_same_as_another_event() -> None:
    told = (FACT.user_id, FACT.habit_id, FACT.id, 1, FACT.civil_day, FACT.instant, "Europe/Berlin", 180, 5000, Source.APP)
    assert FACT.logged() == FactLogged(*told)
    assert type(FACT.corrected()) is FactCorrected
    assert FACT.corrected() == FactCorrected(*told)


def test_a_revision_keeps_what_is_not_given() -> None:
    later = NOW + timedelta(hours=1)
    assert FACT.revise(None, None, LedgerSettings("Asia/Tokyo"), HabitKind.MEASURED, later) == replace(FACT, revision=2, accepted_at=later)


def test_a_revision_moves_to_another_moment_by_the_settings_in_force_now() -> None:
    revised = FACT.revise(Moment(day=date(2026, 3, 1)), 7000, LedgerSettings("Asia/Tokyo"), HabitKind.MEASURED, NOW)
    assert (revised.civil_day, revised.instant, revised.time_zone, revised.day_start) == (date(2026, 3, 1), None, "Asia/Tokyo", 0)
    assert (revised.value, revised.id, revised.client_id, revised.revision) == (7000, FACT.id, "phone-1", 2)


def test_a_revision_is_held_to_the_rules_of_values() -> None:
    with pytest.raises(ValueRefused):
        FACT.revise(None, -5, BERLIN, HabitKind.MEASURED, NOW)


def test_an_imported_habit_is_due_from_its_first_fact_on() -> None:
    today = date(2026, 3, 10)
    assert earliest_day([date(2024, 5, 2), date(2023, 5, 2)], today) == date(2023, 5, 2)
    assert earliest_day([], today) == today


def test_every_refusal_has_a_slug_of_its_own() -> None:
    kinds: list[type[LedgerError]] = LedgerError.__subclasses__()
    assert len({LedgerError.slug} | {kind.slug for kind in kinds}) == len(kinds) + 1
    assert (LedgerError("x").field, str(LedgerError("x", "y")), LedgerError("x", "y").field) == (None, "x", "y")
