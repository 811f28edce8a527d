"""Databases that somebody made to do harm, or that came damaged: refused in a sentence, at once."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date

import pytest

from arena.habits.importing import ImportRefused, read_export
from arena.simulate.exports import history, loop_database

Make = Callable[..., bytes]


def refusal(data: bytes, today: date) -> str:
    with pytest.raises(ImportRefused) as refused:
        read_export(data, filename="backup.db", today=today)
    assert refused.value.sentence.endswith(".")
    return refused.value.slug


def database(script: str) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(script)
        return connection.serialize()


ENDLESS = (
    "CREATE VIEW Repetitions AS WITH RECURSIVE r(habit, timestamp) AS "
    "(SELECT 1, 0 UNION ALL SELECT 1, timestamp + 86400000 FROM r) SELECT * FROM r;"
)
TABLES = "CREATE TABLE Habits (id, name); CREATE TABLE Repetitions (habit, timestamp);"


@pytest.mark.parametrize(
    "script",
    [
        TABLES + "CREATE TRIGGER t AFTER INSERT ON Habits BEGIN DELETE FROM Repetitions; END;",
        TABLES + "CREATE VIEW v AS SELECT * FROM Habits;",
        "CREATE TABLE h (id, name); CREATE VIEW Habits AS SELECT * FROM h; CREATE TABLE Repetitions (habit, timestamp);",
        "CREATE TABLE Habits (id, name);" + ENDLESS,
        TABLES + "CREATE VIRTUAL TABLE f USING fts5(a);",
        TABLES + "".join(f"CREATE TABLE t{number} (a);" for number in range(300)),
    ],
    ids=["trigger", "view", "view named Habits", "endless view named Repetitions", "virtual table", "hundreds of tables"],
)
def test_a_schema_that_no_export_has_is_refused(script: str, today: date) -> None:
    assert refusal(database(script), today) == "import-unsafe-database"


@pytest.mark.parametrize("kind", ["VIRTUAL", "STORED"])
def test_columns_that_compute_are_refused_before_they_are_computed(kind: str, today: date) -> None:
    costly = "replace(replace(hex(zeroblob(400000)), '0', '11'), '1', '0')"
    script = f"CREATE TABLE Habits (id, name, type AS (length({costly})) {kind}); CREATE TABLE Repetitions (habit, timestamp);"
    began = time.monotonic()
    assert refusal(database(script), today) == "import-unsafe-database"
    assert time.monotonic() - began < 5


def test_a_virtual_table_that_hides_behind_a_comment_is_refused(today: date) -> None:
    script = TABLES + "CREATE VIRTUAL TABLE f USING fts5(a); PRAGMA writable_schema=ON;"
    disguise = "UPDATE sqlite_master SET sql = replace(sql, 'CREATE VIRTUAL', 'CREATE/**/VIRTUAL');"
    assert refusal(database(script + disguise), today) == "import-unsafe-database"


def test_a_schema_that_names_itself_is_refused_or_read_never_crashes(today: date) -> None:
    """Two tables on one page, a table on the schema's page, a page beyond the end."""
    for root in ("1", "2", "99", "0", "-1", "'x'", "NULL"):
        data = database(TABLES + f"PRAGMA writable_schema=ON; UPDATE sqlite_master SET rootpage = {root} WHERE name = 'Repetitions';")
        try:
            read_export(data, filename="x", today=today)
        except ImportRefused as refused:
            assert refused.slug in {"import-unsafe-database", "import-damaged", "import-unknown-version"}  # noqa: PT017 - either is right


def branching_page(child: int) -> bytes:
    """An inner page of a table (file format, section 1.6) whose 300 cells and right pointer all lead to the page `child`."""
    cells = (child.to_bytes(4, "big") + b"\x01") * 300
    start = 4096 - len(cells)
    head = b"\x05\x00\x00" + (300).to_bytes(2, "big") + start.to_bytes(2, "big") + b"\x00" + child.to_bytes(4, "big")
    pointers = b"".join((start + 5 * cell).to_bytes(2, "big") for cell in range(300))
    return head + pointers + bytes(start - len(head) - len(pointers)) + cells


def tree_of_mirrors(levels: int) -> bytes:
    """A database of a few pages whose table Repetitions has 301 ** levels rows."""
    data = bytearray(database("PRAGMA page_size = 4096;" + TABLES + "INSERT INTO Repetitions VALUES (1, 0);"))
    root = 3
    leaf = bytes(data[(root - 1) * 4096 : root * 4096])
    pages = [branching_page(child) for child in range(root + 1, root + 1 + levels)]
    data[(root - 1) * 4096 :] = b"".join(pages) + leaf
    data[28:32] = (len(data) // 4096).to_bytes(4, "big")
    return bytes(data)


def test_pages_that_point_at_each_other_without_end_are_stopped(today: date) -> None:
    began = time.monotonic()
    assert refusal(tree_of_mirrors(6), today) == "import-too-large"
    assert time.monotonic() - began < 5


def test_a_cell_of_more_than_a_megabyte_is_refused(today: date) -> None:
    script = TABLES + "INSERT INTO Habits VALUES (1, hex(zeroblob(600000)));"
    assert refusal(database(script), today) == "import-too-large"


@pytest.mark.parametrize(
    "fill",
    [
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001) INSERT INTO Habits SELECT i, 'x' FROM n;",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500001) INSERT INTO Repetitions SELECT 1, 0 FROM n;",
    ],
    ids=["habits", "repetitions"],
)
def test_absurd_numbers_of_rows_are_refused(fill: str, today: date) -> None:
    assert refusal(database(TABLES + fill), today) == "import-too-large"


@pytest.mark.parametrize("keep", [16, 50, 99, 100, 512, 4096, 0.5, 0.9, 0.999])
def test_a_database_that_was_cut_short_is_refused(keep: float, today: date) -> None:
    data = loop_database(history(1, today, years=1))
    assert refusal(data[: keep if isinstance(keep, int) else int(len(data) * keep)], today) == "import-damaged"


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_database_with_a_page_of_noise_is_refused_or_read_never_crashes(page: int, today: date) -> None:
    data = bytearray(loop_database(history(1, today, years=1)))
    data[page * 4096 : (page + 1) * 4096] = bytes(range(256)) * 16
    try:
        read_export(bytes(data), filename="x", today=today)
    except ImportRefused as refused:
        assert refused.slug == "import-damaged"  # noqa: PT017 - either outcome is right


def test_the_file_is_only_read_nothing_is_attached_or_written(make_db: Make, today: date, tmp_path: object) -> None:
    data = make_db()
    before = bytes(data)
    read_export(data, filename="x", today=today)
    assert data == before
    assert list(tmp_path.iterdir()) == []  # type: ignore[attr-defined]  # pytest gives a Path


def test_a_foreign_database_is_refused_with_what_is_missing(today: date) -> None:
    assert refusal(database("CREATE TABLE songs (title);"), today) == "import-unknown-format"


def test_names_with_quotes_are_only_names(today: date) -> None:
    script = 'CREATE TABLE Habits (id, name, "x"") FROM sqlite_master --"); CREATE TABLE Repetitions (habit, timestamp);'
    assert read_export(database(script), filename="x", today=today).rows == 0


def test_a_schema_with_letters_that_are_not_utf_8_is_refused_or_read_never_crashes(today: date) -> None:
    for word in (b"Habits", b"CREATE", b"(id", b"name", b"Repetitions", b"table"):
        data = database(TABLES)
        at = data.index(word)
        try:
            read_export(data[: at + 1] + b"\x9a" + data[at + 2 :], filename="x", today=today)
        except ImportRefused as refused:
            assert refused.sentence  # noqa: PT017 - either outcome is right
