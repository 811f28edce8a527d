"""When a series runs: cron in civil time, as Debian's cron reads it.

A run at a fixed time that the clock change skips comes right after the gap; one that it repeats comes once, the first time. Runs given by
wildcards (`*/20 * * * *`) come by elapsed time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from arena.contracts.battle_spec import DayRule, Disambiguation, WindowSpec
from arena.contracts.civil import is_zone, resolve
from arena_operator.crd.declared import DeclaredSeries

_DAY: Final = timedelta(days=1)
_CHOICES: Final = (Disambiguation.EARLIER, Disambiguation.LATER)
_FIELDS: Final = 5
_FOLD: Final = timedelta(hours=3)
"""More than any clock is set back."""
_UTC_ZONE: Final = "Etc/UTC"


class NoSchedule(Exception):
    """The schedule cannot be followed; `message` is a sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def runs_after(declared: DeclaredSeries, instant: datetime) -> Iterator[datetime]:
    """The starts after this instant, in UTC and ascending; raises NoSchedule."""
    return _runs(declared, instant, reverse=False)


def runs_before(declared: DeclaredSeries, instant: datetime) -> Iterator[datetime]:
    """The starts up to and with this instant, in UTC and descending; raises NoSchedule."""
    return _runs(declared, instant, reverse=True)


def window_of(declared: DeclaredSeries, start: datetime) -> WindowSpec:
    """The window of the battle that starts then; raises NoSchedule where `days: own` and the start is no midnight.

    A duration of whole days is civil days (a week from Monday to Monday has 167 hours when the clock goes forward), any other is elapsed
    time. Civil times that no one disambiguation words right are said in UTC, which means the same instants.
    """
    zone, days = ZoneInfo(declared.time_zone), declared.window.days
    local = start.astimezone(zone)
    if days is DayRule.OWN:
        return _own_days(declared, local)
    if declared.duration % _DAY:
        end = (start + declared.duration).astimezone(zone)
    else:
        end = resolve(_wall(local) + declared.duration, declared.time_zone, declared.window.disambiguation).astimezone(zone)
    for choice in (declared.window.disambiguation, *_CHOICES):
        if choice is not Disambiguation.REJECT and all(_means(declared, at, choice) for at in (local, end)):
            return _window(declared, _wall(local), _wall(end), declared.time_zone, choice)
    return _window(declared, _wall(start.astimezone(UTC)), _wall(end.astimezone(UTC)), _UTC_ZONE, Disambiguation.COMPATIBLE)


def _runs(declared: DeclaredSeries, instant: datetime, *, reverse: bool) -> Iterator[datetime]:
    """Civil times come from cronsim, without a zone (with one it is many times slower); what the clock change does to them is told here."""
    if not is_zone(declared.time_zone):
        raise NoSchedule("spec.timeZone", f"There is no IANA time zone {declared.time_zone}.")
    fields = declared.schedule.split()
    if len(fields) != _FIELDS:
        raise NoSchedule("spec.schedule", "A schedule has five fields, as in `0 18 * * 5` (Fridays at 18:00).")
    zone = ZoneInfo(declared.time_zone)
    wall = _wall(instant.astimezone(zone)) + (_FOLD if reverse else -_FOLD)
    try:
        walls = CronSim(declared.schedule, wall, reverse)
    except (CronSimError, ValueError, OverflowError) as unread:
        raise NoSchedule("spec.schedule", f"It is no cron schedule: {unread}.") from unread
    instants = _fixed if not any(field.startswith("*") for field in fields[:2]) else _elapsed
    sign = -1 if reverse else 1
    found = _in_order((instants(at, zone) for at in walls), sign)
    return (at for at in found if (at <= instant if reverse else at > instant))


def _fixed(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """The first time that the clock shows it, or the end of the gap that swallows it."""
    while not (found := _shown(wall, zone)):
        wall += timedelta(minutes=1)
    return found[:1]


def _elapsed(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """Each time that the clock shows it: twice, once or never."""
    return _shown(wall, zone)


def _shown(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    both = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(at for at in both if at.astimezone(zone).replace(tzinfo=None, fold=0) == wall)


def _in_order(groups: Iterator[list[datetime]], sign: int) -> Iterator[datetime]:
    """Merge what a repeated hour interleaves: nothing that comes later lies before the first of a group. Equal ones are one."""
    waiting: list[tuple[float, datetime]] = []
    last: datetime | None = None
    for group in groups:
        for at in group:
            heappush(waiting, (sign * at.timestamp(), at))
        reached = min((sign * at.timestamp() for at in group), default=None)
        while waiting and reached is not None and waiting[0][0] <= reached:
            at = heappop(waiting)[1]
            if at != last:
                yield at
            last = at
    while waiting:
        yield heappop(waiting)[1]


def _own_days(declared: DeclaredSeries, local: datetime) -> WindowSpec:
    """Whole civil days; a run at a midnight that the clock change skips comes at the gap's end, and means that day."""
    first = _wall(local).replace(hour=0, minute=0, second=0)
    midnight = first.replace(tzinfo=local.tzinfo)
    exists = midnight.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == first
    if exists and _wall(local) != first:
        raise NoSchedule("spec.schedule", "Under `days: Own` battles start at 00:00, as in `0 0 * * 1`.")
    if declared.duration % _DAY:
        raise NoSchedule("spec.duration", "Under `days: Own` a battle lasts whole days, such as 7d.")
    return _window(declared, first, first + declared.duration, declared.time_zone, declared.window.disambiguation)


def _window(declared: DeclaredSeries, start: datetime, end: datetime, zone: str, disambiguation: Disambiguation) -> WindowSpec:
    window = declared.window
    return WindowSpec(start, end, zone, window.days, window.grace_minutes, window.audit_minutes, disambiguation)


def _means(declared: DeclaredSeries, at: datetime, choice: Disambiguation) -> bool:
    return resolve(_wall(at), declared.time_zone, choice) == at


def _wall(at: datetime) -> datetime:
    return at.replace(tzinfo=None, fold=0)
