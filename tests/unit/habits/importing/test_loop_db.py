"""Loop's database: every version, every kind of row."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from arena.contracts.habit import Bound, HabitKind, Schedule, ScheduleType, Target
from arena.habits.importing import ImportRefused, ParsedExport, read_export
from arena.simulate.exports import SCHEMAS, history, loop_database

Stamp = Callable[[str], int]
Make = Callable[..., bytes]
HABIT: dict[str, Any] = {"id": 1, "name": "Read", "freq_num": 1, "freq_den": 1, "position": 0, "type": 0}
MEASURED = HABIT | {"type": 1, "unit": "pages", "target_type": 0, "target_value": 20.0}


def read(data: bytes, today: date) -> ParsedExport:
    return read_export(data, filename="Loop Habits Backup.db", today=today)


def reasons(export: ParsedExport) -> dict[str, int]:
    return {loss.what: loss.count for loss in (*export.changed, *export.dropped)}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_version_gives_the_days_that_were_done(schema: int, today: date) -> None:
    habits = [habit for habit in history(3, today, years=1) if schema >= 16 or not habit.measured]
    export = read(loop_database(habits, schema=schema), today)
    assert export.source == "loop-db"
    assert [habit.name for habit in export.habits] == [habit.name for habit in habits]
    for parsed, habit in zip(export.habits, habits, strict=True):
        done = [entry.day for entry in habit.days if (entry.value != 3 if habit.measured else entry.value == 2)]
        assert [fact.civil_day for fact in parsed.facts] == done
        assert parsed.kind is (HabitKind.MEASURED if habit.measured else HabitKind.YES_NO)


def test_notes_archive_unit_and_target_come_over(make_db: Make, stamp: Stamp, today: date) -> None:
    habit = MEASURED | {"archived": 1, "question": "How many?", "description": "A novel", "target_type": 1, "target_value": 2.5}
    entry = {"habit": 1, "timestamp": stamp("2026-02-27"), "value": 1500, "notes": "Dune"}
    parsed = read(make_db([habit], [entry]), today).habits[0]
    assert (parsed.unit, parsed.target, parsed.note, parsed.archived) == ("pages", Target(Bound.AT_MOST, 2500), "How many? · A novel", True)
    fact = parsed.facts[0]
    assert (fact.source_id, fact.civil_day, fact.value, fact.note) == ("2026-02-27", date(2026, 2, 27), 1500, "Dune")


def test_a_repetition_without_a_value_column_means_done(make_db: Make, stamp: Stamp, today: date) -> None:
    export = read(make_db([HABIT], [{"habit": 1, "timestamp": stamp("2016-01-01")}], version=12), today)
    assert [fact.value for fact in export.habits[0].facts] == [1000]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (1, "days that Loop filled in itself (YES_AUTO)"),
        (0, "days marked as not done (NO)"),
        (-1, "days without an answer (UNKNOWN)"),
        (3, "skipped days (SKIP)"),
        (-3, "skipped days (SKIP)"),
        (7, "entries whose value cannot be read"),
        (None, "entries whose value cannot be read"),
        ("often", "entries whose value cannot be read"),
        (float("inf"), "entries whose value cannot be read"),
        (1.5, "entries whose value cannot be read"),
        (b"\x02", "entries whose value cannot be read"),
    ],
)
def test_only_what_a_person_did_is_a_fact_of_a_yes_no_habit(make_db: Make, stamp: Stamp, today: date, value: object, what: str) -> None:
    export = read(make_db([HABIT], [{"habit": 1, "timestamp": stamp("2026-01-01"), "value": value}]), today)
    assert export.facts == 0
    assert {loss.what: loss.count for loss in export.dropped} == {what: 1}


def test_a_note_that_goes_with_its_day_is_named(make_db: Make, stamp: Stamp, today: date) -> None:
    export = read(make_db([HABIT], [{"habit": 1, "timestamp": stamp("2026-01-01"), "value": 0, "notes": "ill"}]), today)
    assert reasons(export) == {"days marked as not done (NO), with a note": 1}


@pytest.mark.parametrize(
    ("value", "kept"), [(0, True), (1, True), (2, True), (3, False), (4, True), (-1, False), (-500, False), (10**13, False)]
)
def test_a_measured_habit_keeps_zeros_and_small_amounts(make_db: Make, stamp: Stamp, today: date, value: int, kept: bool) -> None:  # noqa: FBT001 - a column of the table above
    export = read(make_db([MEASURED], [{"habit": 1, "timestamp": stamp("2026-01-01"), "value": value}]), today)
    assert [fact.value for fact in export.habits[0].facts] == ([value] if kept else [])


def test_the_uuid_is_the_id_and_the_row_number_where_there_is_none(make_db: Make, today: date) -> None:
    habits = [
        HABIT | {"uuid": "ab" * 16},
        HABIT | {"id": 2, "uuid": None},
        HABIT | {"id": 3, "uuid": "ab" * 16},
        HABIT | {"id": 4, "uuid": ""},
    ]
    export = read(make_db(habits), today)
    assert sorted(habit.source_id for habit in export.habits) == sorted(["ab" * 16, "row:2", "row:3", "row:4"])
    assert reasons(export) == {"habits that share an id with another": 1}


def test_a_renamed_habit_keeps_its_id(make_db: Make, today: date) -> None:
    before, after = (read(make_db([HABIT | {"name": name, "position": place}]), today) for name, place in (("Read", 0), ("Read more", 7)))
    assert before.habits[0].source_id == after.habits[0].source_id


def test_habits_of_one_name_stay_two(make_db: Make, stamp: Stamp, today: date) -> None:
    entries = [{"habit": habit, "timestamp": stamp("2026-01-01"), "value": 2} for habit in (1, 2)]
    export = read(make_db([HABIT, HABIT | {"id": 2}], entries), today)
    assert [(habit.source_id, len(habit.facts)) for habit in export.habits] == [("row:1", 1), ("row:2", 1)]


def test_a_second_entry_of_a_day_is_dropped_and_the_first_is_kept(make_db: Make, stamp: Stamp, today: date) -> None:
    entries = [{"habit": 1, "timestamp": stamp("2026-01-01") + late, "value": value} for late, value in ((0, 5000), (3_600_000, 9000))]
    export = read(make_db([MEASURED], entries), today)
    assert [fact.value for fact in export.habits[0].facts] == [5000]
    assert reasons(export) == {"second entries of the same day": 1, "entries with a time of day": 1}


def test_days_outside_1970_to_tomorrow_are_dropped(make_db: Make, stamp: Stamp, today: date) -> None:
    days = ["1969-12-31", "1970-01-01", "2026-03-01", "2026-03-02", "2026-03-03"]
    stamps = [*(stamp(day) for day in days), stamp("1970-01-02") * 2**36, -stamp("1970-01-02") * 2**36]
    export = read(make_db([HABIT], [{"habit": 1, "timestamp": moment, "value": 2} for moment in stamps]), today)
    assert [fact.source_id for fact in export.habits[0].facts] == days[1:4]
    assert reasons(export) == {"entries before 1970 or after tomorrow": 4}


def test_what_belongs_to_no_habit_or_no_day_is_dropped(make_db: Make, stamp: Stamp, today: date) -> None:
    entries = [
        {"habit": 9, "timestamp": stamp("2026-01-01"), "value": 2},
        {"habit": None, "timestamp": stamp("2026-01-01"), "value": 2},
        {"habit": 1, "timestamp": None, "value": 2},
        {"habit": 1, "timestamp": "yesterday", "value": 2},
    ]
    export = read(make_db([HABIT, HABIT | {"id": None}], entries), today)
    assert reasons(export) == {
        "habits without a number": 1,
        "entries of habits that are not in the file": 2,
        "entries whose day cannot be read": 2,
    }


def test_numbers_stored_as_text_or_real_are_read(make_db: Make, stamp: Stamp, today: date) -> None:
    habit = MEASURED | {"id": "1", "freq_num": "3", "freq_den": 7.0, "type": "0"}
    export = read(make_db([habit], [{"habit": 1.0, "timestamp": str(stamp("2026-01-01")), "value": " 2 "}]), today)
    assert export.habits[0].schedule == Schedule(ScheduleType.TIMES_PER_WEEK, times=3)
    assert [fact.value for fact in export.habits[0].facts] == [1000]


def test_an_unknown_kind_is_told_from_the_values(make_db: Make, stamp: Stamp, today: date) -> None:
    habits = [HABIT | {"type": 9}, HABIT | {"id": 2, "type": 9}]
    entries = [{"habit": 1, "timestamp": stamp("2026-01-01"), "value": 2}, {"habit": 2, "timestamp": stamp("2026-01-01"), "value": 4500}]
    export = read(make_db(habits, entries), today)
    assert [habit.kind for habit in export.habits] == [HabitKind.YES_NO, HabitKind.MEASURED]
    assert reasons(export) == {"habits whose kind is not in this export": 2}


def test_a_newer_version_is_read_as_far_as_known_and_says_so(make_db: Make, stamp: Stamp, today: date) -> None:
    habit = HABIT | {"group_id": 4, "freq_mode": 1, "mood": "?"}
    export = read(make_db([habit], [{"habit": 1, "timestamp": stamp("2026-01-01"), "value": 2, "photo": b"\x00"}], version=40), today)
    assert export.facts == 1
    assert reasons(export) == {"a newer version of Loop": 1}


@pytest.mark.parametrize(
    ("habits", "entries"), [([{"name": "Read"}], []), ([HABIT], [{"habit": 1, "value": 2}]), ([HABIT], [{"timestamp": 0}])]
)
def test_tables_without_the_columns_that_matter_are_refused(
    make_db: Make, today: date, habits: list[dict[str, Any]], entries: list[dict[str, Any]]
) -> None:
    with pytest.raises(ImportRefused) as refused:
        read(make_db(habits, entries), today)
    assert refused.value.slug == "import-unknown-version"


def test_a_habit_of_which_only_the_id_is_known_is_kept(make_db: Make, today: date) -> None:
    export = read(make_db([{"id": 1}]), today)
    assert (export.habits[0].name, export.habits[0].schedule) == ("Unnamed habit", Schedule())
    assert reasons(export) == {"habits without a name": 1, "habits whose frequency cannot be read": 1}


def test_an_empty_database_gives_an_empty_report(make_db: Make, today: date) -> None:
    assert read(make_db([], []), today).report() == {"kept": {"habits": 0, "logs": 0}, "changed": [], "dropped": []}


def test_a_database_left_in_wal_mode_is_read(make_db: Make, stamp: Stamp, today: date) -> None:
    data = make_db([HABIT], [{"habit": 1, "timestamp": stamp("2026-01-01"), "value": 2}])
    assert read(data[:18] + b"\x02\x02" + data[20:], today).facts == 1


def test_letters_that_are_not_utf_8_are_replaced_and_reported(make_db: Make, today: date) -> None:
    extra = "UPDATE Habits SET name = CAST(x'4c6175ff66656e' AS TEXT)"
    export = read(make_db([HABIT], extra=extra), today)
    assert export.habits[0].name == "Lau\ufffdfen"
    assert reasons(export) == {"letters that are not valid Unicode": 1}


def test_a_reminder_is_reported_as_not_coming_over(make_db: Make, today: date) -> None:
    assert reasons(read(make_db([HABIT | {"reminder_hour": 8}]), today)) == {"reminders": 1}
