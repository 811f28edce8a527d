"""Numbers, days and times as people say them; the exact instant stands beside."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_EVENING = 18
_WEEK = 7
_MINUTE = 60
_HOUR = 3600
_DAY = 86_400
_TEENS = range(11, 14)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant: as people say it, how far away it is, and exactly."""

    words: str
    distance: str
    exact: str
    iso: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Now, and the zone in which it is told."""

    now: datetime
    zone: str

    @property
    def today(self) -> date:
        """The date on the wall."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def at(self, instant: datetime) -> Moment:
        """An instant in words."""
        local = instant.astimezone(ZoneInfo(self.zone))
        exact = f"{local:%Y-%m-%d %H:%M:%S} {self.zone} (UTC{local:%z})"
        iso = instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return Moment(self._spoken(local), distance(instant - self.now), exact, iso)

    def _spoken(self, local: datetime) -> str:
        days = (local.date() - self.today).days
        time = f"{local:%H:%M}"
        if days == 0:
            return f"tonight {time}" if local.hour >= _EVENING and local > self.now else f"today {time}"
        if days in {-1, 1}:
            return f"{'tomorrow' if days > 0 else 'yesterday'} {time}"
        if 0 < days < _WEEK:
            return f"{local:%a} {time}"
        return f"{day_name(local.date(), self.today)} {time}"


def distance(away: timedelta) -> str:
    """How far away: `in 3 h 12 min`, `12 min ago`; the two largest units, so that it stays true for a while."""
    seconds = int(away.total_seconds())
    length = duration(abs(seconds))
    if not length:
        return "now"
    return f"in {length}" if seconds > 0 else f"{length} ago"


def duration(seconds: int) -> str:
    """A length of time; empty below a second."""
    if seconds < _MINUTE:
        return f"{seconds} s" if seconds else ""
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return _two(seconds // _HOUR, "h", seconds % _HOUR // _MINUTE, "min")
    days = seconds // _DAY
    return _two(days, "day" if days == 1 else "days", seconds % _DAY // _HOUR, "h")


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit}" + (f" {small} {small_unit}" if small else "")


def day_name(day: date, today: date) -> str:
    """A day with its weekday; the year only where it is another."""
    words = f"{day:%a} {day.day} {day:%b}"
    return words if day.year == today.year else f"{words} {day.year}"


def day_words(day: date, today: date) -> str:
    """A day as people say it."""
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}.get((day - today).days)
    return near or day_name(day, today)


def number(value: float | None) -> str:
    """`1,240` or `5.5`; nothing for nothing."""
    if value is None:
        return ""
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.3f}".rstrip("0")


def plural(count: int, word: str, many: str = "") -> str:
    """`1 day`, `3 days`."""
    return f"{number(count)} {word if count == 1 else many or word + 's'}"


def ordinal(place: int) -> str:
    """`1st`, `2nd`, `11th`."""
    ending = "th" if place % 100 in _TEENS else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def quantity(value: float | None, unit: str | None) -> str:
    """`5.5 km`."""
    return f"{number(value)} {unit}" if unit else number(value)
