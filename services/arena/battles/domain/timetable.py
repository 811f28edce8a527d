"""What a window means in UTC, resolved once. Under `days: own` every participant's zone has a say in the start and the end."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from arena.contracts.battle_spec import BattleSpec, DayRule, WindowSpec
from arena.contracts.civil import day_bounds, resolve, tzdata_version
from arena.contracts.events.battles import Timetable


@dataclass(frozen=True, slots=True)
class ParticipantDays:
    """What decides when a participant's own days begin and end: zone, and day start in minutes after midnight."""

    time_zone: str
    day_start: int


def timetable(spec: BattleSpec, participants: Iterable[ParticipantDays], at: datetime) -> Timetable:
    """Resolve the window, as of now (`at`) with these participants.

    Raises ValueError for a time that the zone skips or repeats under `reject`, and if the zone lives through no day of the window.

    `days: own`: from the earliest beginning of anybody's first day to the latest end of anybody's last; the window's own zone always
    counts as one of them, so that nothing starts later or ends earlier than announced.
    """
    window = spec.window
    if window.days is DayRule.INSTANT:
        start = resolve(window.start, window.time_zone, window.disambiguation)
        end = resolve(window.end, window.time_zone, window.disambiguation)
        return _with_aftermath(window, Timetable(start, end, end, end, tzdata_version()))
    announced = _own_days(window, window.time_zone, 0)
    if announced is None:
        raise ValueError(f"No day of the window exists in {window.time_zone}.")
    table = _with_aftermath(window, Timetable(*announced, announced[1], announced[1], tzdata_version()))
    for days in participants:
        table = extended(table, spec, days, at)
    return table


def extended(table: Timetable, spec: BattleSpec, days: ParticipantDays, at: datetime) -> Timetable:
    """The timetable with one more participant.

    Whose first day has begun by now (`at`) does not pull the start back: the battle stays open to the others until its announced start.
    """
    if spec.window.days is DayRule.INSTANT:
        return table
    own = _own_days(spec.window, days.time_zone, days.day_start)
    if own is None:
        return table
    start = min(table.start, own[0]) if own[0] > at else table.start
    return _with_aftermath(spec.window, replace(table, start=start, end=max(table.end, own[1])))


def _with_aftermath(window: WindowSpec, table: Timetable) -> Timetable:
    grace_ends = table.end + timedelta(minutes=window.grace_minutes)
    return replace(table, grace_ends=grace_ends, audit_ends=grace_ends + timedelta(minutes=window.audit_minutes))


def _own_days(window: WindowSpec, zone: str, day_start: int) -> tuple[datetime, datetime] | None:
    """Beginning of the first and end of the last civil day of the window that this zone lives through; None if there is no such day."""
    first = window.start.date()
    days = [first + timedelta(days=offset) for offset in range((window.end.date() - first).days)]
    begin = next((bounds for day in days if (bounds := day_bounds(day, zone, day_start))), None)
    close = next((bounds for day in reversed(days) if (bounds := day_bounds(day, zone, day_start))), None)
    return (begin[0], close[1]) if begin and close else None
