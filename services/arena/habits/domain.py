"""The rules of the civil-day ledger: how a fact gets its day, and what a habit may be. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from arena.contracts.civil import civil_day, is_zone
from arena.contracts.events.habits import FactCorrected, FactLogged, Source
from arena.contracts.habit import ONE, HabitKind, Schedule, ScheduleType, Target, Weekday
from arena.contracts.ids import FactId, HabitId, UserId

FIRST_DAY = date(1970, 1, 1)
MINUTES_A_DAY = 24 * 60


class LedgerError(Exception):
    """Something the ledger does not accept; `slug` names it, `field` is the part of the request that is wrong."""

    slug = "ledger-refused"

    def __init__(self, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field


class HabitNotFound(LedgerError):
    """No such habit, or somebody else's."""

    slug = "habit-not-found"


class LogNotFound(LedgerError):
    """No such log entry, or somebody else's, or it was taken back."""

    slug = "log-not-found"


class UnknownTimeZone(LedgerError):
    """Not a name of the IANA time zone database."""

    slug = "unknown-time-zone"


class DayOutOfRange(LedgerError):
    """Before 1970 or after tomorrow."""

    slug = "day-out-of-range"


class ValueRefused(LedgerError):
    """The value does not fit the habit."""

    slug = "value-refused"


class ScheduleRefused(LedgerError):
    """The schedule's parts do not fit its type."""

    slug = "schedule-refused"


class TargetRefused(LedgerError):
    """The target does not fit the habit's kind."""

    slug = "target-refused"


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """What decides a day: zone, start of the day (minutes after midnight), first day of the week."""

    time_zone: str = "UTC"
    day_start: int = 0
    week_start: Weekday = Weekday.MON

    def check(self) -> None:
        """Raises UnknownTimeZone."""
        if not is_zone(self.time_zone):
            raise UnknownTimeZone(f"{self.time_zone!r} is not an IANA time zone", "time_zone")


@dataclass(frozen=True, slots=True)
class Habit:
    """What somebody wants to do, and when it is due."""

    id: HabitId
    user_id: UserId
    name: str
    kind: HabitKind
    unit: str | None
    target: Target | None
    schedule: Schedule
    archived: bool
    created_at: datetime

    def check(self) -> None:
        """Raises ScheduleRefused or TargetRefused."""
        check_schedule(self.schedule)
        if self.kind is HabitKind.YES_NO and self.target is not None:
            raise TargetRefused("a yes/no habit has no target", "target")
        if self.kind is HabitKind.YES_NO and self.unit is not None:
            raise TargetRefused("a yes/no habit has no unit", "unit")
        if self.target is not None and self.target.amount < 0:
            raise TargetRefused("a target is not negative", "target")


def check_schedule(schedule: Schedule) -> None:
    """Raises ScheduleRefused where the parts do not fit the type."""
    if schedule.type is ScheduleType.WEEKDAYS and not schedule.days:
        raise ScheduleRefused("choose at least one weekday", "schedule.days")
    if schedule.type is ScheduleType.TIMES_PER_WEEK and not 1 <= schedule.times <= 7:  # noqa: PLR2004 - days of a week
        raise ScheduleRefused("times per week is 1 to 7", "schedule.times")


@dataclass(frozen=True, slots=True)
class Moment:
    """When it happened, as the person says it: an instant with the zone they were in, or a civil day alone."""

    instant: datetime | None = None
    time_zone: str | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A log entry as the ledger holds it."""

    id: FactId
    revision: int
    user_id: UserId
    habit_id: HabitId
    civil_day: date
    instant: datetime | None
    time_zone: str
    day_start: int
    value: int
    note: str | None
    client_id: str | None
    source: Source
    accepted_at: datetime
    closed_at: datetime | None = None

    def logged(self) -> FactLogged:
        """The event that says so."""
        return FactLogged(*self._told())

    def corrected(self) -> FactCorrected:
        """The event that puts this revision in the place of the one before."""
        return FactCorrected(*self._told())

    def _told(self) -> tuple[UserId, HabitId, FactId, int, date, datetime | None, str, int, int, Source]:
        return (
            self.user_id,
            self.habit_id,
            self.id,
            self.revision,
            self.civil_day,
            self.instant,
            self.time_zone,
            self.day_start,
            self.value,
            self.source,
        )

    def revise(self, moment: Moment | None, value: int | None, settings: LedgerSettings, kind: HabitKind, at: datetime) -> "Fact":
        """The next revision; what is not given stays as it was, the day too unless the moment changes."""
        placed = self if moment is None else place(moment, settings, at).onto(self)
        return replace(placed, revision=self.revision + 1, value=self.value if value is None else check_value(value, kind), accepted_at=at)


@dataclass(frozen=True, slots=True)
class Placed:
    """A moment with its civil day, decided once, with what decided it."""

    civil_day: date
    instant: datetime | None
    time_zone: str
    day_start: int

    def onto(self, fact: Fact) -> Fact:
        """The fact moved here."""
        return replace(fact, civil_day=self.civil_day, instant=self.instant, time_zone=self.time_zone, day_start=self.day_start)


def place(moment: Moment, settings: LedgerSettings, now: datetime) -> Placed:
    """Decide the civil day of a moment with the settings in force.

    An instant is never invented: a day alone stays a day alone.

    Raises:
        UnknownTimeZone, DayOutOfRange.
    """
    zone = moment.time_zone or settings.time_zone
    if not is_zone(zone):
        raise UnknownTimeZone(f"{zone!r} is not an IANA time zone", "time_zone")
    tomorrow = civil_day(now, zone, settings.day_start) + timedelta(days=1)
    if moment.day is not None:
        day, field = moment.day, "civil_day"
    elif moment.instant is not None:
        day, field = _day_of(moment.instant, zone, settings.day_start), "logged_at"
    else:
        raise DayOutOfRange("say when: logged_at with its offset, or civil_day", "logged_at")
    if not FIRST_DAY <= day <= tomorrow:
        raise DayOutOfRange(f"{day} is outside {FIRST_DAY} to tomorrow ({tomorrow})", field)
    return Placed(day, None if moment.instant is None else moment.instant.astimezone(UTC), zone, settings.day_start)


def _day_of(instant: datetime, zone: str, day_start: int) -> date:
    try:
        return civil_day(instant, zone, day_start)
    except OverflowError:
        raise DayOutOfRange(f"{instant.isoformat()} is outside {FIRST_DAY} to tomorrow", "logged_at") from None


def check_value(value: int | None, kind: HabitKind) -> int:
    """The value in thousandths; a yes/no fact is worth one.

    Raises:
        ValueRefused.
    """
    if kind is HabitKind.YES_NO:
        if value not in (None, ONE):
            raise ValueRefused("a yes/no habit is logged without a value (or with 1)", "value")
        return ONE
    if value is None:
        raise ValueRefused("a measured habit needs a value", "value")
    if value < 0:
        raise ValueRefused("a value is not negative", "value")
    return value


def earliest_day(days: list[date], today: date) -> date:
    """From when an imported habit is due: its first fact, or today."""
    return min(days, default=today)
