"""Times and numbers as people say them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from arena.web.views.words import Clock, day_words, distance, number, ordinal, plural, quantity

NOON = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
BERLIN = Clock(NOON, "Europe/Berlin")


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (9.5, "tonight 21:30"),
        (1, "today 13:00"),
        (-3, "today 09:00"),
        (20, "tomorrow 08:00"),
        (-20, "yesterday 16:00"),
        (4 * 24, "Wed 12:00"),
        (-4 * 24, "Tue 17 Nov 12:00"),
        (10 * 24, "Tue 1 Dec 12:00"),
        (60 * 24, "Wed 20 Jan 2027 12:00"),
    ],
)
def test_an_instant_is_told_in_the_visitor_s_zone_the_way_people_say_it(hours: float, words: str) -> None:
    assert BERLIN.at(NOON + timedelta(hours=hours)).words == words


def test_the_exact_instant_stands_beside_with_zone_and_offset() -> None:
    moment = BERLIN.at(NOON)
    assert moment.exact == "2026-11-21 12:00:00 Europe/Berlin (UTC+0100)"
    assert moment.iso == "2026-11-21T11:00:00Z"


def test_today_is_the_date_on_the_visitor_s_wall() -> None:
    assert Clock(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "Europe/Berlin").today == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (0.4, "now"),
        (45, "in 45 s"),
        (-45, "45 s ago"),
        (12 * 60, "in 12 min"),
        (3 * 3600 + 12 * 60, "in 3 h 12 min"),
        (3 * 3600, "in 3 h"),
        (86_400, "in 1 day"),
        (2 * 86_400 + 4 * 3600, "in 2 days 4 h"),
    ],
)
def test_a_distance_is_told_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert distance(timedelta(seconds=seconds)) == words


def test_days_nearby_have_names() -> None:
    today = date(2026, 11, 21)
    assert [day_words(today + timedelta(days=days), today) for days in (-2, -1, 0, 1)] == ["Thu 19 Nov", "yesterday", "today", "tomorrow"]


def test_numbers_are_written_without_noise() -> None:
    assert [number(1240), number(5.5), number(5.0), number(0.125), number(None)] == ["1,240", "5.5", "5", "0.125", ""]
    assert [plural(1, "day"), plural(3, "day"), plural(2, "person", "people")] == ["1 day", "3 days", "2 people"]
    places = ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "111th"]
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 111)] == places
    assert [quantity(5.5, "km"), quantity(3, None)] == ["5.5 km", "3"]
