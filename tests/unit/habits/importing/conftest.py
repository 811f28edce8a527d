"""Files as tests want them: small databases and zips, well formed or not."""

import io
import sqlite3
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import date
from typing import Any

import pytest

TODAY = date(2026, 3, 1)
DAY_MS = 86_400_000
MakeDatabase = Callable[..., bytes]
MakeZip = Callable[..., bytes]

HABIT: dict[str, Any] = {"id": 1, "name": "Read", "freq_num": 1, "freq_den": 1, "position": 0, "archived": 0}


@pytest.fixture
def today() -> date:
    return TODAY


@pytest.fixture
def stamp() -> Callable[[str], int]:
    """Milliseconds of UTC midnight, as Loop stamps a day."""
    return lambda day: (date.fromisoformat(day) - date(1970, 1, 1)).days * DAY_MS


def build(
    habits: Sequence[dict[str, Any]] = (HABIT,), repetitions: Sequence[dict[str, Any]] = (), *, extra: str = "", version: int = 25
) -> bytes:
    """A database whose tables have just the columns that the rows name; a column has no type, so it holds whatever it is given."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for table, rows, least in (("Habits", habits, ["id", "name"]), ("Repetitions", repetitions, ["habit", "timestamp"])):
            columns = list(dict.fromkeys([*(() if rows else least), *(name for row in rows for name in row)]))
            connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            for row in rows:
                connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
        connection.executescript(extra)
        connection.execute(f"PRAGMA user_version = {version}")
        return connection.serialize()


@pytest.fixture(scope="session")
def make_db() -> MakeDatabase:
    return build


def pack(files: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


@pytest.fixture(scope="session")
def make_zip() -> MakeZip:
    return pack
