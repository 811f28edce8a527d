"""A CSV file as rows of text, whatever saved it: byte order mark, line ends, comma or semicolon, damaged letters."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from arena.habits.importing.report import MAX_ROWS, ImportRefused

MAX_FIELD: Final = 100_000
MAX_BYTES: Final = 16_000_000
"""A habit with a long note on every day of thirty years has less."""
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS: Final = ",;\t"


def rows_of(data: bytes) -> Iterator[list[str]]:
    """Yield the rows that have at least one field with something in it; refuses absurd fields and broken quoting."""
    if len(data) > MAX_BYTES:
        raise ImportRefused("import-too-large", f"A CSV file in it is larger than {MAX_BYTES // 1_000_000} MB; no export has such a file.")
    text = decode(data)
    first_line = text.lstrip().split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)):
            if number > MAX_ROWS:
                raise ImportRefused("import-too-large", f"A CSV file has more than {MAX_ROWS:,} rows; no export of one person has.")
            if any(len(field) > MAX_FIELD for field in row):
                raise _too_long()
            if any(field.strip() for field in row):
                yield row
    except csv.Error as error:
        raise _too_long() from error


def decode(data: bytes) -> str:
    """Decode UTF-8 (or UTF-16 with its mark); bytes that are neither become U+FFFD, which the importer reports."""
    encoding = "utf-16" if data.startswith(_UTF16) else "utf-8-sig"
    return data.decode(encoding, "replace").replace("\x00", "")


def header_of(row: Sequence[str]) -> dict[str, int]:
    """Map column names to positions, forgiving case, blanks and punctuation: `Target Type` and `Archived?` are `targettype`, `archived`."""
    names = ["".join(sign for sign in name.lower() if sign.isalnum()) for name in row]
    return {name: names.index(name) for name in names if name}


def cell(row: Sequence[str], column: int | None) -> str:
    """Return a field, or nothing where the row is short or the column is not there."""
    return row[column].strip() if column is not None and column < len(row) else ""


def _too_long() -> ImportRefused:
    return ImportRefused("import-too-large", f"A field of a CSV file is longer than {MAX_FIELD:,} letters; no export has such a field.")
