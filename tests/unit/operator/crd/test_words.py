"""Words of the resource: durations and civil times say what they mean, and nothing else passes for one."""

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_operator.crd.words import CIVIL, camel, civil_text, duration_text, parse_civil, parse_duration, pascal


@given(st.integers(0, 10**8).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_duration_comes_back_from_its_text(length: timedelta) -> None:
    assert parse_duration(duration_text(length)) == length


@pytest.mark.parametrize(
    ("text", "minutes"), [("90m", 90), ("1h30m", 90), ("36h", 2160), ("7d", 10080), ("1d12h", 2160), ("60s", 1), ("0s", 0)]
)
def test_a_duration_says_days_hours_minutes_and_seconds(text: str, minutes: int) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "90", "m", "1.5h", "-1h", "1h-30m", "30m1h", "1w", "1 h", "90m\n", "\u0663h"])
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="such as 90m, 36h or 7d"):
        parse_duration(text)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2999, 12, 31, 23, 59, 59)))  # noqa: DTZ001 - civil times
def test_a_civil_time_comes_back_from_its_text(wall: datetime) -> None:
    assert parse_civil(civil_text(wall)) == wall.replace(microsecond=0)


@given(st.integers(1970, 2999), st.integers(0, 13), st.integers(0, 32), st.integers(0, 24))
def test_the_pattern_of_civil_times_knows_the_calendar(year: int, month: int, day: int, hour: int) -> None:
    text = f"{year}-{month:02}-{day:02}T{hour:02}:00"
    try:
        there = datetime.fromisoformat(text) is not None
    except ValueError:
        there = False
    assert (re.fullmatch(CIVIL, text) is not None) == there


@pytest.mark.parametrize("year", [1972, 1996, 2000, 2024, 2096, 2400, 2800, 2996])
def test_leap_years_have_their_day(year: int) -> None:
    assert re.fullmatch(CIVIL, f"{year}-02-29T00:00")


@pytest.mark.parametrize("year", [1970, 2023, 2100, 2200, 2300, 2500, 2900, 2999])
def test_common_years_have_none(year: int) -> None:
    assert not re.fullmatch(CIVIL, f"{year}-02-29T00:00")


def test_names_and_values_are_worded_as_kubernetes_does() -> None:
    assert [camel(name) for name in ("kind", "max_participants", "streak_bonus_cap")] == ["kind", "maxParticipants", "streakBonusCap"]
    assert [pascal(value) for value in ("head_to_head", "own", "RunOnce", "Retain")] == ["HeadToHead", "Own", "RunOnce", "Retain"]
