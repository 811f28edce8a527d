"""Civil days: which day an instant belongs to, when that day begins and ends, and what a civil time means in UTC.

A civil day is the date of (wall clock in a zone - day start): a person whose day starts at 03:00 is still in yesterday at 02:59.
`day_start` is in minutes after midnight (0 to 1439), zones are IANA names, instants that come out are UTC. See docs/adr/0010-civil-days.md.
"""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from zoneinfo import ZoneInfo

from arena.contracts.battle_spec import Disambiguation
from arena.contracts.habit import Weekday

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_NUMBERS = {weekday: weekday.number for weekday in Weekday}
_DATE_LINE = timedelta(hours=20)
"""More than any daylight saving, less than any crossing of the date line."""


class UnknownZone(ValueError):
    """The name is not in the IANA database we ship."""

    slug = "unknown-zone"


class CivilTimeRejected(ValueError):
    """The wall clock skips or repeats this civil time, and the caller asked to be told."""

    slug = "civil-time-rejected"


def use_tzdata_wheel() -> None:
    """Take zone data from the tzdata wheel alone, never from the machine; call once when a process starts."""
    zoneinfo.reset_tzpath(())
    ZoneInfo.clear_cache()
    _zone.cache_clear()
    _skips_days.cache_clear()


@lru_cache(maxsize=1)
def tzdata_version() -> str:
    """The IANA release of the zone data, as `2026a`, from the first line of its own `tzdata.zi`."""
    with resources.files("tzdata").joinpath("zoneinfo", "tzdata.zi").open(encoding="utf-8") as source:
        return source.readline().split()[-1]


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """Every IANA name, aliases included."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def is_zone(name: str) -> bool:
    """Whether this is an IANA name, letter for letter; decided from the list of names, so no odd name reaches the file system."""
    return name in zones()


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    if not is_zone(name):
        raise UnknownZone(f"{name!r} is not an IANA time zone")
    return ZoneInfo(name)


def civil_day(instant: datetime, zone: str, day_start: int) -> date:
    """The civil day of an instant; its own offset only fixes the instant.

    Raises:
        ValueError: the instant has no offset.
        UnknownZone: the zone is not an IANA name.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant carries an offset")
    # By way of UTC: a wall clock inside a gap that is already in the zone would pass through unchanged.
    wall = instant.astimezone(UTC).astimezone(_zone(zone))
    return (wall - timedelta(minutes=day_start)).date()


def resolve(wall: datetime, zone: str, disambiguation: Disambiguation = Disambiguation.COMPATIBLE) -> datetime:
    """The instant of a civil time, with the meanings TC39 Temporal gives to the four words.

    Raises:
        ValueError: the civil time carries an offset.
        CivilTimeRejected: `reject`, and the time is skipped or repeated.
        UnknownZone: the zone is not an IANA name.
    """
    if wall.tzinfo is not None:
        raise ValueError("a civil time carries no offset")
    first, second = _offsets(wall, zone)
    if disambiguation is Disambiguation.REJECT and first != second:
        raise CivilTimeRejected(f"{wall.isoformat()} is {'skipped' if first < second else 'repeated'} in {zone}")
    # PEP 495: fold 0 is the offset before the transition, in a gap and in a fold alike, which is what "compatible" asks for.
    chosen = {Disambiguation.EARLIER: max(first, second), Disambiguation.LATER: min(first, second)}.get(disambiguation, first)
    return wall.replace(tzinfo=UTC, fold=0) - chosen


def lived(day: date, zone: str, day_start: int) -> bool:
    """Whether any instant maps to this civil day (Apia never lived 2011-12-30 with a day start of 00:00)."""
    return not _skips_days(zone) or day_bounds(day, zone, day_start) is not None


def day_bounds(day: date, zone: str, day_start: int) -> tuple[datetime, datetime] | None:
    """The first instant that maps to the day and the first instant after the last one that does, in UTC; None if the day is not lived.

    Where the clock is set back over the boundary of two days, each has a part within the other's bounds:
    not every instant between the bounds maps to the day, but none outside them does.
    """
    spans = list(_spans(day, zone, day_start))
    if not spans:
        return None
    return spans[0][0].replace(tzinfo=UTC), spans[-1][1].replace(tzinfo=UTC)


def day_end(day: date, zone: str, day_start: int) -> datetime:
    """The deadline of a day: the first instant from which nothing maps to it any more. An unlived day ends with the day before it."""
    bounds = day_bounds(day, zone, day_start)
    return bounds[1] if bounds else day_end(day - _DAY, zone, day_start)


def week_of(day: date, week_start: Weekday) -> date:
    """The first day of the week that holds this day."""
    return day - timedelta(days=(day.weekday() - _NUMBERS[week_start]) % 7)


@lru_cache(maxsize=1024)
def _skips_days(zone: str) -> bool:
    """Whether the zone ever crossed the date line westwards, which alone can swallow a whole day: hardly any did, and streaks ask often.

    The years are those before which zones kept local mean time and after which their rules no longer change.
    """
    offsets = [_offset_at(datetime(year, 1, 15), _zone(zone)) for year in range(1840, 2100)]  # noqa: DTZ001 - naive UTC, as below
    return any(after - before > _DATE_LINE for before, after in pairwise(offsets))


def _start_of(day: date, day_start: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=day_start)


def _offsets(wall: datetime, zone: str) -> tuple[timedelta, timedelta]:
    """The offsets before and after the transition at this wall clock; equal where there is none."""
    local = wall.replace(tzinfo=_zone(zone), fold=0)
    return _offset(local), _offset(local.replace(fold=1))


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta(0)


def _offset_at(moment: datetime, zone: ZoneInfo) -> timedelta:
    return _offset(zone.fromutc(moment.replace(tzinfo=zone)))


def _spans(day: date, zone: str, day_start: int) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of time (naive UTC, half open, in order) that map to the day."""
    starts = _start_of(day, day_start)
    for since, until, offset in _constant_offsets(starts - _DAY, starts + 2 * _DAY, _zone(zone)):
        first = max(since, starts - offset)
        after = min(until, starts + _DAY - offset)
        if first < after:
            yield first, after


def _constant_offsets(since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut three days (naive UTC) at the transition in them, if any.

    Offsets are smaller than a day, so three days hold every instant of a civil day; no zone changes its offset twice in
    that time (a test goes through all of them: the closest two are a week apart).
    """
    before, after = _offset_at(since, zone), _offset_at(until, zone)
    if before == after:
        yield since, until, before
        return
    low, high = since, until
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        low, high = (middle, high) if _offset_at(middle, zone) == before else (low, middle)
    yield since, high, before
    yield high, until, after
