"""The importer is chosen by what is in the file; what cannot be imported is named."""

from collections.abc import Callable
from datetime import date

import pytest

from arena.habits.importing import ImportRefused, read_export, sniff
from arena.habits.importing.sniff import IMPORTERS
from arena.simulate.exports import history, loop_csv_zip, loop_database

HABITBULL = "HabitName,HabitDescription,HabitCategory,CalendarDate,Value,CommentText\nRun,,,2026-01-01,1,\n"


def refusal(data: bytes, name: str = "file") -> ImportRefused:
    with pytest.raises(ImportRefused) as refused:
        read_export(data, filename=name, today=date(2026, 3, 1))
    return refused.value


def test_a_misleading_name_changes_nothing(today: date) -> None:
    habits = history(1, today, years=0.2)
    assert sniff(loop_database(habits), "x.csv").title == "Loop Habit Tracker database"
    assert sniff(loop_csv_zip(habits, today=today), "x.db").title == "Loop Habit Tracker CSV export"


@pytest.mark.parametrize("data", [HABITBULL.encode(), b"\xef\xbb\xbf" + HABITBULL.encode(), HABITBULL.replace(",", ";").encode()])
def test_habitbull_is_recognised_and_refused_for_now(data: bytes) -> None:
    refused = refusal(data)
    assert refused.slug == "import-not-yet"
    assert "HabitBull export; that importer is not there yet" in refused.sentence


def test_tickmate_is_recognised_and_refused_for_now(make_db: Callable[..., bytes]) -> None:
    refused = refusal(make_db(extra="DROP TABLE Habits; CREATE TABLE tracks (_id); CREATE TABLE ticks (_id);"))
    assert refused.slug == "import-not-yet"
    assert "Tickmate" in refused.sentence


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"", "import-empty"),
        (b"hello", "import-unknown-format"),
        (b"\x00" * 1000, "import-unknown-format"),
        (b"\xff\xfe\xff", "import-unknown-format"),
        (b"%PDF-1.7", "import-unknown-format"),
        (b"PK\x05\x06" + b"\x00" * 18, "import-unknown-format"),
        (b"Position,Name,Color\n001,Read,#000\n", "import-incomplete"),
        (b"Date,Value,Notes\n2026-01-01,YES_MANUAL,\n", "import-incomplete"),
        (b"SQLite format 3\x00", "import-damaged"),
    ],
)
def test_anything_else_is_refused_by_name(data: bytes, slug: str) -> None:
    assert refusal(data).slug == slug


def test_the_name_of_a_file_is_shown_without_tricks() -> None:
    assert refusal(b"hello", "a\n\x1b[31m" + "b" * 500).sentence.startswith("a[31mbbb")
    assert len(refusal(b"hello", "b" * 500).sentence) < 200


def test_every_importer_has_a_title_of_its_own() -> None:
    assert len({importer.title for importer in IMPORTERS}) == len(IMPORTERS)
