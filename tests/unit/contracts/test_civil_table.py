"""The table of expected answers of docs/adr/0010-civil-days.md, row by row."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from arena.contracts.civil import civil_day, use_tzdata_wheel

use_tzdata_wheel()

ADR = Path(__file__).parents[3] / "docs" / "adr" / "0010-civil-days.md"
ROW = re.compile(
    r"^\| (?P<instant>\d{4}-\d\d-\d\dT\S+) \| (?P<zone>\S+) \| (?P<start>\d\d:\d\d) \| (?P<day>\d{4}-\d\d-\d\d) \| (?P<why>.*) \|$"
)
ROWS = [found.groupdict() for line in ADR.read_text(encoding="utf-8").splitlines() if (found := ROW.match(line))]


def minutes(clock: str) -> int:
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def test_the_table_holds_the_cases_that_were_asked_for() -> None:
    zones = {row["zone"] for row in ROWS}
    asked = {
        "Pacific/Apia",
        "Pacific/Auckland",
        "Pacific/Honolulu",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "Europe/Berlin",
        "Africa/Casablanca",
        "Pacific/Kwajalein",
        "Asia/Kathmandu",
        "America/Sao_Paulo",
    }
    assert asked <= zones
    assert len(ROWS) >= 35


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['instant']} {row['zone']} {row['start']}" for row in ROWS])
def test_every_row_of_the_table_is_what_civil_day_answers(row: dict[str, str]) -> None:
    instant = datetime.fromisoformat(row["instant"])
    expected = date.fromisoformat(row["day"])
    assert civil_day(instant, row["zone"], minutes(row["start"])) == expected, row["why"]
    assert civil_day(instant.astimezone(UTC), row["zone"], minutes(row["start"])) == expected
