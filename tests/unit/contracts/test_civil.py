import re
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from importlib import metadata, resources
from pathlib import Path
from timeit import repeat
from zoneinfo import ZoneInfo

import pytest

from arena.contracts.battle_spec import Disambiguation
from arena.contracts.civil import (
    CivilTimeRejected,
    UnknownZone,
    civil_day,
    day_bounds,
    day_end,
    is_zone,
    lived,
    resolve,
    tzdata_version,
    use_tzdata_wheel,
    week_of,
    zones,
)
from arena.contracts.habit import Weekday

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def wheel() -> Iterator[None]:
    use_tzdata_wheel()
    yield
    use_tzdata_wheel()


def test_zone_data_comes_from_the_wheel_even_where_the_machine_has_its_own(tmp_path: Path) -> None:
    wrong = tmp_path / "Europe" / "Berlin"
    wrong.parent.mkdir()
    wrong.write_bytes(resources.files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").read_bytes())
    zoneinfo.reset_tzpath([tmp_path])
    ZoneInfo.clear_cache()
    midday = datetime(2025, 1, 1, 12, tzinfo=UTC)
    assert midday.astimezone(ZoneInfo("Europe/Berlin")).hour == 21
    use_tzdata_wheel()
    assert zoneinfo.TZPATH == ()
    assert midday.astimezone(ZoneInfo("Europe/Berlin")).hour == 13


def test_a_zone_read_from_the_machine_is_forgotten_when_the_wheel_takes_over(tmp_path: Path) -> None:
    wrong = tmp_path / "Europe" / "Berlin"
    wrong.parent.mkdir()
    wrong.write_bytes(resources.files("tzdata").joinpath("zoneinfo", "Pacific", "Apia").read_bytes())
    zoneinfo.reset_tzpath([tmp_path])
    use_tzdata_wheel.__globals__["_zone"].cache_clear()
    ZoneInfo.clear_cache()
    late = datetime(2025, 1, 1, 20, tzinfo=UTC)
    assert civil_day(late, "Europe/Berlin", 0) == date(2025, 1, 2)
    assert not lived(date(2011, 12, 30), "Europe/Berlin", 0)
    use_tzdata_wheel()
    assert civil_day(late, "Europe/Berlin", 0) == date(2025, 1, 1)
    assert lived(date(2011, 12, 30), "Europe/Berlin", 0)


def test_the_version_is_the_iana_release_of_the_wheel() -> None:
    version = tzdata_version()
    assert re.fullmatch(r"20\d\d[a-z]", version)
    year, number = metadata.version("tzdata").split(".")[:2]
    assert version == f"{year}{'abcdefghijklmnopqrstuvwxyz'[int(number) - 1]}"


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "Asia/Calcutta", "Asia/Kolkata", "US/Eastern", "Etc/GMT+12", "UTC", "GB", "America/Argentina/Ushuaia"]
)
def test_any_iana_name_is_a_zone_aliases_included(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "europe/berlin",
        "Europe/Berlin ",
        "Europe/Berlin\0",
        "Europe",
        "Europe/",
        "/Europe/Berlin",
        "../Europe/Berlin",
        "Europe/../Europe/Berlin",
        "Europe//Berlin",
        "..",
        ".",
        "/etc/localtime",
        "localtime",
        "posixrules",
        "posix/Europe/Berlin",
        "right/Europe/Berlin",
        "tzdata.zi",
        "zone.tab",
        "__init__.py",
        "+02:00",
        "CET-1CEST",
        "x" * 10_000,
    ],
)
def test_anything_else_is_no_zone_and_says_so(name: str) -> None:
    assert not is_zone(name)
    for ask in (
        lambda: civil_day(datetime(2025, 1, 1, tzinfo=UTC), name, 0),
        lambda: lived(date(2025, 1, 1), name, 0),
        lambda: day_bounds(date(2025, 1, 1), name, 0),
        lambda: resolve(datetime(2025, 1, 1), name),  # noqa: DTZ001 - a civil time has no zone
    ):
        with pytest.raises(UnknownZone, match="is not an IANA time zone"):
            ask()


def test_the_zones_are_those_the_standard_library_finds_in_the_wheel() -> None:
    assert zones() == zoneinfo.available_timezones()
    assert all(is_zone(name) and ZoneInfo(name) for name in zones())


def test_the_errors_have_slugs() -> None:
    assert (UnknownZone.slug, CivilTimeRejected.slug) == ("unknown-zone", "civil-time-rejected")


def test_an_instant_without_an_offset_has_no_civil_day() -> None:
    with pytest.raises(ValueError, match="an instant carries an offset"):
        civil_day(datetime(2025, 1, 1), "UTC", 0)  # noqa: DTZ001 - that is the point


def test_a_civil_time_with_an_offset_is_not_resolved() -> None:
    with pytest.raises(ValueError, match="a civil time carries no offset"):
        resolve(datetime(2025, 1, 1, tzinfo=UTC), "UTC")


def test_a_wall_clock_that_does_not_exist_in_its_own_zone_still_fixes_an_instant() -> None:
    skipped = datetime(2025, 3, 30, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert skipped.astimezone(UTC) == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)
    assert civil_day(skipped, "Europe/Berlin", 180) == date(2025, 3, 30)
    assert civil_day(skipped.replace(fold=1), "Europe/Berlin", 180) == date(2025, 3, 29)


def test_the_same_instant_has_the_same_day_whatever_offset_it_is_written_with() -> None:
    instant = datetime(2025, 6, 1, 22, 30, tzinfo=UTC)
    written = {instant.astimezone(timezone(timedelta(hours=hours))) for hours in range(-12, 15)}
    assert {civil_day(moment, "Europe/Berlin", 0) for moment in written} == {date(2025, 6, 2)}


def test_an_ordinary_day_lasts_from_its_day_start_to_the_next() -> None:
    since, until = day_bounds(date(2025, 6, 1), "Europe/Berlin", 180) or (None, None)
    assert since == datetime(2025, 6, 1, 1, tzinfo=UTC)
    assert until == day_end(date(2025, 6, 1), "Europe/Berlin", 180) == datetime(2025, 6, 2, 1, tzinfo=UTC)


def test_the_days_of_a_clock_set_back_over_midnight_reach_into_each_other() -> None:
    assert day_bounds(date(2010, 11, 6), "America/St_Johns", 0) == (
        datetime(2010, 11, 6, 2, 30, tzinfo=UTC),
        datetime(2010, 11, 7, 3, 30, tzinfo=UTC),
    )
    assert day_bounds(date(2010, 11, 7), "America/St_Johns", 0) == (
        datetime(2010, 11, 7, 2, 30, tzinfo=UTC),
        datetime(2010, 11, 8, 3, 30, tzinfo=UTC),
    )


def test_a_day_lived_twice_lasts_until_its_second_end() -> None:
    assert day_bounds(date(1969, 9, 30), "Pacific/Kwajalein", 0) == (
        datetime(1969, 9, 29, 13, tzinfo=UTC),
        datetime(1969, 10, 1, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize(("day_start", "hours"), [(1, 1 / 60), (180, 3), (720, 12), (1439, 1439 / 60)])
def test_apia_lived_its_lost_day_for_as_long_as_the_day_start_is_late(day_start: int, hours: float) -> None:
    assert lived(date(2011, 12, 30), "Pacific/Apia", day_start)
    since, until = day_bounds(date(2011, 12, 30), "Pacific/Apia", day_start) or (None, None)
    assert since is not None
    assert until is not None
    assert since == datetime(2011, 12, 30, 10, tzinfo=UTC)
    assert until - since == timedelta(hours=hours)


def test_a_day_that_was_not_lived_ends_with_the_day_before_it() -> None:
    assert not lived(date(2011, 12, 30), "Pacific/Apia", 0)
    assert day_bounds(date(2011, 12, 30), "Pacific/Apia", 0) is None
    assert day_end(date(2011, 12, 30), "Pacific/Apia", 0) == datetime(2011, 12, 30, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "which", "instant"),
    [
        ("2025-03-30T02:30", Disambiguation.COMPATIBLE, "2025-03-30T01:30Z"),
        ("2025-03-30T02:30", Disambiguation.LATER, "2025-03-30T01:30Z"),
        ("2025-03-30T02:30", Disambiguation.EARLIER, "2025-03-30T00:30Z"),
        ("2025-10-26T02:30", Disambiguation.COMPATIBLE, "2025-10-26T00:30Z"),
        ("2025-10-26T02:30", Disambiguation.EARLIER, "2025-10-26T00:30Z"),
        ("2025-10-26T02:30", Disambiguation.LATER, "2025-10-26T01:30Z"),
        ("2025-10-26T03:00", Disambiguation.REJECT, "2025-10-26T02:00Z"),
        ("2025-07-01T12:00", Disambiguation.EARLIER, "2025-07-01T10:00Z"),
    ],
)
def test_a_civil_time_in_berlin_means_what_temporal_says(wall: str, which: Disambiguation, instant: str) -> None:
    assert resolve(datetime.fromisoformat(wall), "Europe/Berlin", which) == datetime.fromisoformat(instant)
    assert resolve(datetime.fromisoformat(wall).replace(fold=1), "Europe/Berlin", which) == datetime.fromisoformat(instant)


def test_resolving_is_compatible_unless_told_otherwise_and_answers_in_utc() -> None:
    resolved = resolve(datetime(2025, 3, 30, 2, 30), "Europe/Berlin")  # noqa: DTZ001 - a civil time has no zone
    assert resolved == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)
    assert resolved.tzinfo is UTC


@pytest.mark.parametrize(("wall", "word"), [("2025-03-30T02:00", "skipped"), ("2025-10-26T02:00", "repeated")])
def test_a_refused_civil_time_names_its_reason(wall: str, word: str) -> None:
    with pytest.raises(CivilTimeRejected, match=f"{wall}:00 is {word} in Europe/Berlin"):
        resolve(datetime.fromisoformat(wall), "Europe/Berlin", Disambiguation.REJECT)


@pytest.mark.parametrize("week_start", list(Weekday))
def test_a_week_is_the_seven_days_from_its_first_weekday(week_start: Weekday) -> None:
    for n in range(400):
        day = date(2024, 12, 20) + n * DAY
        first = week_of(day, week_start)
        assert first.weekday() == week_start.number
        assert timedelta(0) <= day - first < timedelta(days=7)


@pytest.mark.speed
def test_asking_for_a_civil_day_takes_about_a_microsecond() -> None:
    instant = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    seconds = min(repeat(lambda: civil_day(instant, "Europe/Berlin", 180), number=5_000, repeat=7)) / 5_000
    # Twice the 2 µs it was built for, so that a busy machine does not fail it.
    assert seconds < 4e-6
