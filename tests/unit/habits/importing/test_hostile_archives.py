"""Zip files that somebody made to do harm, or that came damaged: refused in a sentence, before anything is inflated."""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from datetime import date

import pytest

from arena.habits.importing import ImportRefused, read_export

Make = Callable[[Mapping[str, str | bytes]], bytes]
HABITS = "Position,Name\n001,Read\n"


def refusal(data: bytes, today: date) -> str:
    with pytest.raises(ImportRefused) as refused:
        read_export(data, filename="export.zip", today=today)
    assert refused.value.sentence.endswith(".")
    return refused.value.slug


def test_a_zip_bomb_is_refused_by_its_ratio(make_zip: Make, today: date) -> None:
    assert refusal(make_zip({"Habits.csv": HABITS, "001 Read/Checkmarks.csv": b"0" * 20_000_000}), today) == "import-too-large"


def test_an_archive_that_unpacks_to_too_much_is_refused(make_zip: Make, today: date) -> None:
    data = bytearray(make_zip({"Habits.csv": HABITS}))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 20 : entry + 28] = struct.pack("<II", 2**30, 2**30)
    assert refusal(bytes(data), today) == "import-too-large"


def test_a_directory_that_lies_about_sizes_gains_nothing(today: date) -> None:
    """The stream holds 50 MB, the directory says 10 bytes: only ten are inflated, and the checksum does not match."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Habits.csv", b"x" * 50_000_000)
    data = bytearray(packed.getvalue())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 10)
    assert refusal(bytes(data), today) == "import-damaged"


def test_ten_thousand_entries_are_too_many(today: date) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(10_001):
            archive.writestr(f"{number:05d}/Checkmarks.csv", "")
    assert refusal(packed.getvalue(), today) == "import-too-large"


@pytest.mark.parametrize(
    "name",
    ["../Habits.csv", "a/../../Habits.csv", "/etc/Habits.csv", "C:/Habits.csv", "a\\..\\Habits.csv", "\\\\host\\Habits.csv", "a\x01b.csv"],
)
def test_names_that_point_outside_are_refused(make_zip: Make, today: date, name: str) -> None:
    assert refusal(make_zip({"Habits.csv": HABITS, name: "x"}), today) == "import-unsafe-archive"


@pytest.mark.parametrize("name", ["inner.zip", "001 Read/inner.ZIP", "a.tar", "b.gz"])
def test_an_archive_in_the_archive_is_refused(make_zip: Make, today: date, name: str) -> None:
    assert refusal(make_zip({"Habits.csv": HABITS, name: make_zip({"Habits.csv": HABITS})}), today) == "import-nested-archive"


def test_an_encrypted_archive_is_refused_as_such(make_zip: Make, today: date) -> None:
    data = bytearray(make_zip({"Habits.csv": HABITS}))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(data), today) == "import-encrypted"


def test_the_same_name_twice_is_refused(today: date) -> None:
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("Habits.csv", HABITS)
        archive.writestr("Habits.csv", HABITS)
    assert refusal(packed.getvalue(), today) == "import-unsafe-archive"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_exports_do_not_use_is_refused(method: int, today: date) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("Habits.csv", HABITS)
    assert refusal(packed.getvalue(), today) == "import-damaged"


@pytest.mark.parametrize("keep", [4, 10, 30, 0.5, 0.9, 0.99])
def test_an_archive_that_was_cut_short_is_refused(make_zip: Make, keep: float, today: date) -> None:
    data = make_zip({"Habits.csv": HABITS, "001 Read/Checkmarks.csv": "Date,Value\n2026-01-01,YES_MANUAL\n"})
    assert refusal(data[: keep if isinstance(keep, int) else int(len(data) * keep)], today) == "import-damaged"


def test_a_member_whose_checksum_is_wrong_is_refused(make_zip: Make, today: date) -> None:
    data = bytearray(make_zip({"Habits.csv": HABITS}))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 16 : entry + 20] = struct.pack("<I", zlib.crc32(b"something else"))
    assert refusal(bytes(data), today) == "import-damaged"


@pytest.mark.parametrize(
    "text",
    [
        "Position,Name\n001," + "x" * 200_000,
        'Position,Name\n001,"' + "x,\n" * 60_000,
        "Position,Name\n" + "001,x\n" * 1_001,
        "Name\n" + "\n" * 500_001,
    ],
    ids=["a huge field", "an open quote", "a thousand habits", "blank lines"],
)
def test_absurd_tables_are_refused(make_zip: Make, text: str, today: date) -> None:
    assert refusal(make_zip({"Habits.csv": text}), today) == "import-too-large"


def test_a_file_of_more_than_16_megabytes_is_refused(today: date) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("001 Read/Checkmarks.csv", b"x" * 16_000_001)
    assert refusal(packed.getvalue(), today) == "import-too-large"


def test_nul_bytes_in_a_table_are_dropped(make_zip: Make, today: date) -> None:
    assert read_export(make_zip({"Habits.csv": b"Position,Name\n001,Re\x00ad\n"}), filename="x", today=today).habits[0].name == "Read"
