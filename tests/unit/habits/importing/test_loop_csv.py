"""Loop's CSV export: every version, other people's spreadsheets, and ids where the format has none."""

from collections.abc import Callable, Mapping
from datetime import date

import pytest

from arena.contracts.habit import ONE, Bound, HabitKind, Schedule, ScheduleType, Target
from arena.habits.importing import ImportRefused, ParsedExport, read_export
from arena.simulate.exports import CSV_VERSIONS, history, loop_csv_zip

Make = Callable[[Mapping[str, str | bytes]], bytes]
NEW = "Position,Name,Type,Question,Description,FrequencyNumerator,FrequencyDenominator,Color,Unit,Target Type,Target Value,Archived?\n"
READ = "001,Read,YES_NO,Did you?,,1,1,#FF8F00,,,,false\n"
DAYS = "Date,Value,Notes\n2026-02-28,YES_MANUAL,late\n2026-02-27,YES_AUTO,\n2026-02-26,NO,\n2026-02-25,SKIP,\n2026-02-24,UNKNOWN,\n"


def read(data: bytes, today: date) -> ParsedExport:
    return read_export(data, filename="Loop Habits CSV.zip", today=today)


def reasons(export: ParsedExport) -> dict[str, int]:
    return {loss.what: loss.count for loss in (*export.changed, *export.dropped)}


def days(export: ParsedExport, habit: int = 0) -> list[str]:
    return [fact.source_id for fact in export.habits[habit].facts]


@pytest.mark.parametrize("version", CSV_VERSIONS)
def test_each_version_gives_the_days_that_were_done(version: str, today: date) -> None:
    habits = [habit for habit in history(3, today, years=1) if version >= "2.0" or not habit.measured]
    export = read(loop_csv_zip(habits, today=today, version=version), today)
    assert export.source == "loop-csv"
    assert [habit.name for habit in export.habits] == [habit.name for habit in habits]
    for parsed, habit in zip(export.habits, habits, strict=True):
        done = [entry.day for entry in habit.days if (entry.value != 3 if habit.measured else entry.value == 2)]
        assert [fact.civil_day for fact in parsed.facts] == done
        assert parsed.kind is (HabitKind.MEASURED if habit.measured else HabitKind.YES_NO)


def test_only_what_a_person_did_is_a_fact(make_zip: Make, today: date) -> None:
    export = read(make_zip({"Habits.csv": NEW + READ, "001 Read/Checkmarks.csv": DAYS}), today)
    assert [(fact.source_id, fact.value, fact.note) for fact in export.habits[0].facts] == [("2026-02-28", ONE, "late")]
    assert export.report()["kept"] == {"habits": 1, "logs": 1}
    assert reasons(export) == {
        "days that Loop filled in itself (YES_AUTO)": 1,
        "days marked as not done (NO)": 1,
        "skipped days (SKIP)": 1,
        "days without an answer (UNKNOWN)": 1,
    }


def test_a_measured_habit_comes_with_unit_target_and_thousandths(make_zip: Make, today: date) -> None:
    row = '001,Smoke,NUMERICAL,,"Less, please",1,1,#FF8F00,pieces,AT_MOST,5.0,true\n'
    checks = "Date,Value,Notes\n2026-02-28,NO,\n2026-02-27,4500,\n2026-02-26,YES_MANUAL,\n2026-02-25,SKIP,\n2026-02-24,UNKNOWN,\n"
    parsed = read(make_zip({"Habits.csv": NEW + row, "001 Smoke/Checkmarks.csv": checks}), today).habits[0]
    assert (parsed.kind, parsed.unit, parsed.target) == (HabitKind.MEASURED, "pieces", Target(Bound.AT_MOST, 5000))
    assert (parsed.note, parsed.archived) == ("Less, please", True)
    assert [fact.value for fact in parsed.facts] == [2, 4500, 0]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode() if "Name" not in text else text.encode(),
        lambda text: text.replace(",", ";").encode(),
        lambda text: text.replace(",", "\t").encode(),
        lambda text: text.encode("utf-16"),
        lambda text: ("\n\n" + text + "\n,,,\n\n").encode(),
        lambda text: text.upper().replace("YES_MANUAL,LATE", "YES_MANUAL,late").encode(),
    ],
    ids=["byte order mark", "CRLF", "CR", "semicolons", "tabs", "UTF-16", "blank rows", "capitals"],
)
def test_a_file_that_a_spreadsheet_saved_reads_the_same(make_zip: Make, today: date, wrap: Callable[[str], bytes]) -> None:
    export = read(make_zip({"Habits.csv": wrap(NEW + READ), "001 Read/Checkmarks.csv": wrap(DAYS)}), today)
    assert (export.habits[0].name.title(), days(export)) == ("Read", ["2026-02-28"])
    assert export.rows == 6


def test_columns_may_come_in_another_order_with_others_between(make_zip: Make, today: date) -> None:
    habits = "Mood,frequency denominator,NAME,Frequency Numerator,position\n:),7,Read,3,1\n"
    checks = "Notes,Weather,Value,Date\nlate,sun,YES_MANUAL,2026-02-28\n"
    export = read(make_zip({"Habits.csv": habits, "001 Read/Checkmarks.csv": checks}), today)
    assert export.habits[0].schedule == Schedule(ScheduleType.TIMES_PER_WEEK, times=3)
    assert [(fact.source_id, fact.note) for fact in export.habits[0].facts] == [("2026-02-28", "late")]


@pytest.mark.parametrize(
    "text", ["2026-02-28", "2026/02/28", "2026.2.28", "28.02.2026", "28.2.2026", "2026-02-28T00:00:00Z", "2026-02-28 00:00"]
)
def test_a_day_is_read_in_every_way_that_has_one_meaning(make_zip: Make, today: date, text: str) -> None:
    checks = f"Date,Value\n{text},YES_MANUAL\n"
    assert days(read(make_zip({"Habits.csv": NEW + READ, "001 Read/Checkmarks.csv": checks}), today)) == ["2026-02-28"]


@pytest.mark.parametrize("text", ["02/03/2026", "2026-02-30", "yesterday", "", "31.02.2026", "0000-00-00"])
def test_a_day_that_could_mean_two_or_none_is_dropped(make_zip: Make, today: date, text: str) -> None:
    export = read(make_zip({"Habits.csv": NEW + READ, "001 Read/Checkmarks.csv": f"Date,Value\n{text},YES_MANUAL\n"}), today)
    assert reasons(export) == {"entries whose day cannot be read": 1}


def test_an_amount_with_a_point_is_read_as_the_unit_and_reported(make_zip: Make, today: date) -> None:
    row = '001,Run,NUMERICAL,,,1,1,#FF8F00,km,AT_LEAST,"5,5",false\n'
    checks = 'Date,Value\n2026-02-28,1.5\n2026-02-27,"2,25"\n2026-02-26,NaN\n2026-02-25,inf\n2026-02-24,1e400\n'
    export = read(make_zip({"Habits.csv": NEW + row, "001 Run/Checkmarks.csv": checks}), today)
    assert export.habits[0].target == Target(Bound.AT_LEAST, 5500)
    assert [fact.value for fact in export.habits[0].facts] == [2250, 1500]
    assert reasons(export) == {"values with a decimal point": 2, "entries whose value cannot be read": 3}


def test_an_export_inside_a_folder_with_a_mac_s_leavings_is_read(make_zip: Make, today: date) -> None:
    files: dict[str, str | bytes] = {
        "loop/Habits.csv": NEW + READ,
        "loop/001 Read/Checkmarks.csv": DAYS,
        "__MACOSX/loop/._Habits.csv": b"\x00\x05",
        ".DS_Store": b"\x00",
    }
    assert days(read(make_zip(files), today)) == ["2026-02-28"]


def test_a_habit_without_a_folder_and_a_folder_without_a_habit_are_both_kept(make_zip: Make, today: date) -> None:
    files = {"Habits.csv": NEW + READ, "002 Swim/Checkmarks.csv": DAYS, "003/Checkmarks.csv": DAYS}
    export = read(make_zip(files), today)
    assert [(habit.name, len(habit.facts)) for habit in export.habits] == [("Read", 0), ("Swim", 1), ("Unnamed habit", 1)]
    assert reasons(export)["habits without a folder of days"] == 1
    assert reasons(export)["folders that Habits.csv does not list"] == 2


def test_folders_alone_are_enough(make_zip: Make, today: date) -> None:
    assert read(make_zip({"001 Swim/Checkmarks.csv": DAYS}), today).habits[0].name == "Swim"


def test_habits_csv_without_names_is_refused(make_zip: Make, today: date) -> None:
    with pytest.raises(ImportRefused) as refused:
        read(make_zip({"Habits.csv": "a,b\n1,2\n"}), today)
    assert refused.value.slug == "import-unknown-version"


@pytest.mark.parametrize("empty", ["", "\n", NEW])
def test_empty_files_give_an_empty_report(make_zip: Make, today: date, empty: str) -> None:
    export = read(make_zip({"Habits.csv": empty, "Checkmarks.csv": "", "Scores.csv": ""}), today)
    assert export.report() == {"kept": {"habits": 0, "logs": 0}, "changed": [], "dropped": []}


def rows_of(*names: str) -> str:
    return NEW + "".join(f"{number:03d},{name},YES_NO,,,1,1,#FF8F00,,,,false\n" for number, name in enumerate(names, 1))


def checks(*done: str) -> str:
    return "Date,Value,Notes\n" + "".join(f"{day},YES_MANUAL,\n" for day in done)


def ids(export: ParsedExport) -> dict[str, tuple[str, ...]]:
    return {habit.source_id: tuple(fact.source_id for fact in habit.facts) for habit in export.habits}


def test_two_exports_of_the_same_app_have_the_same_ids_however_the_list_is_sorted(make_zip: Make, today: date) -> None:
    one = {
        "Habits.csv": rows_of("Read", "Swim"),
        "001 Read/Checkmarks.csv": checks("2026-01-01"),
        "002 Swim/Checkmarks.csv": checks("2026-01-02"),
    }
    two = {
        "Habits.csv": rows_of("New", "Swim", "Read"),
        "002 Swim/Checkmarks.csv": checks("2026-01-02", "2026-01-05"),
        "003 Read/Checkmarks.csv": checks("2026-01-01"),
    }
    before, after = ids(read(make_zip(one), today)), ids(read(make_zip(two), today))
    assert before.keys() < after.keys()
    assert all(set(before[source_id]) <= set(after[source_id]) for source_id in before)


def test_habits_of_one_name_stay_two_and_keep_their_ids_when_they_change_places(make_zip: Make, today: date) -> None:
    old, young = checks("2025-01-01", "2026-01-01"), checks("2026-01-02")
    one = {"Habits.csv": rows_of("Read", "Read"), "001 Read/Checkmarks.csv": old, "002 Read/Checkmarks.csv": young}
    two = {"Habits.csv": rows_of("Read", "Read"), "001 Read/Checkmarks.csv": young, "002 Read/Checkmarks.csv": old}
    before, after = ids(read(make_zip(one), today)), ids(read(make_zip(two), today))
    assert len(before) == 2
    assert before == after
