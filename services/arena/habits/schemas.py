"""What goes in and out of the ledger's API; quantities are decimals outside and integer thousandths inside."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, model_validator

from arena.chassis.http.fields import Body, CivilDate, Instant, Name, Note, ShortText
from arena.contracts.habit import ONE, Bound, HabitKind, Schedule, ScheduleType, Target, Weekday
from arena.contracts.ids import HabitId, UserId
from arena.habits.domain import Fact, Habit, LedgerSettings, Moment
from arena.habits.use_cases.ledger import LogCommand, NewHabit

Quantity = Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=3, allow_inf_nan=False)]
_DAY_NAMES = {
    name: day for day, name in zip(Weekday, ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), strict=True)
}


def _weekday(given: Any) -> Any:
    """The short name is the form; full names and ISO numbers are understood too."""
    if isinstance(given, str):
        return _DAY_NAMES.get(given.lower(), given.lower())
    if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= len(Weekday):
        return list(Weekday)[given - 1]
    return given


Day = Annotated[Weekday, BeforeValidator(_weekday)]
ClientId = Annotated[Note, StringConstraints(min_length=1, max_length=64)]
"""Another program's id, letter for letter: two that differ in a blank are two."""
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class SettingsIn(Body):
    """The ledger's settings, in force at once for what is accepted from then on."""

    time_zone: ShortText = Field(description="IANA name, aliases included.", examples=["Europe/Berlin"])
    day_start: Clock = Field("00:00", description="When a new day begins, HH:MM.")
    week_start: Day = Weekday.MON

    def to_domain(self) -> LedgerSettings:
        """As the domain knows them."""
        hours, minutes = self.day_start.split(":")
        return LedgerSettings(self.time_zone, int(hours) * 60 + int(minutes), self.week_start)


class SettingsOut(BaseModel):
    """The settings in force."""

    time_zone: str
    day_start: str
    week_start: Weekday

    @classmethod
    def from_domain(cls, settings: LedgerSettings) -> "SettingsOut":
        """As the API words them."""
        return cls(time_zone=settings.time_zone, day_start=clock(settings.day_start), week_start=settings.week_start)


def clock(minutes: int) -> str:
    """Minutes after midnight as HH:MM."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


class DailySchedule(Body):
    """Due every day."""

    type: Literal["daily"]


class WeekdaysSchedule(Body):
    """Due on these weekdays."""

    type: Literal["weekdays"]
    days: list[Day] = Field(min_length=1, max_length=7)


class TimesPerWeekSchedule(Body):
    """Due so many days in each week, any days."""

    type: Literal["times_per_week"]
    times: int = Field(ge=1, le=7)


ScheduleBody = Annotated[DailySchedule | WeekdaysSchedule | TimesPerWeekSchedule, Field(discriminator="type")]


def schedule_in(body: DailySchedule | WeekdaysSchedule | TimesPerWeekSchedule) -> Schedule:
    """As the domain knows it; weekdays in order, once each."""
    days = tuple(sorted(set(getattr(body, "days", ())), key=lambda day: day.number))
    return Schedule(ScheduleType(body.type), days, getattr(body, "times", 0))


def schedule_out(schedule: Schedule) -> DailySchedule | WeekdaysSchedule | TimesPerWeekSchedule:
    """As the API words it."""
    if schedule.type is ScheduleType.WEEKDAYS:
        return WeekdaysSchedule(type="weekdays", days=list(schedule.days))
    if schedule.type is ScheduleType.TIMES_PER_WEEK:
        return TimesPerWeekSchedule(type="times_per_week", times=schedule.times)
    return DailySchedule(type="daily")


class TargetBody(Body):
    """What a day's total must reach, or may not exceed: one of the two."""

    at_least: Quantity | None = None
    at_most: Quantity | None = None

    @model_validator(mode="after")
    def _one(self) -> "TargetBody":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give either at_least or at_most")
        return self

    def to_domain(self) -> Target:
        """In thousandths."""
        if self.at_least is not None:
            return Target(Bound.AT_LEAST, int(self.at_least * ONE))
        return Target(Bound.AT_MOST, int((self.at_most or Decimal(0)) * ONE))


def target_out(target: Target | None) -> dict[str, int | float] | None:
    """As the API words it."""
    return None if target is None else {target.bound.value: number(target.amount)}


def number(thousandths: int) -> int | float:
    """A quantity as a JSON number."""
    return thousandths // ONE if thousandths % ONE == 0 else thousandths / ONE


class HabitIn(Body):
    """A habit somebody wants."""

    name: Name
    kind: HabitKind
    unit: ShortText | None = None
    target: TargetBody | None = None
    schedule: ScheduleBody = Field(default_factory=lambda: DailySchedule(type="daily"))

    def to_domain(self) -> NewHabit:
        """As the use case takes it."""
        target = None if self.target is None else self.target.to_domain()
        return NewHabit(self.name, self.kind, self.unit, target, schedule_in(self.schedule))


class HabitPatch(Body):
    """What is to change of a habit; what is left out stays."""

    name: Name | None = None
    unit: ShortText | None = None
    target: TargetBody | None = None
    schedule: ScheduleBody | None = None
    archived: bool | None = None

    @model_validator(mode="after")
    def _not_nothing(self) -> "HabitPatch":
        for name in ("name", "schedule", "archived"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self

    def to_fields(self) -> dict[str, Any]:
        """The given fields as the domain knows them."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        if self.target is not None:
            fields["target"] = self.target.to_domain()
        if self.schedule is not None:
            fields["schedule"] = schedule_in(self.schedule)
        return fields


class HabitOut(BaseModel):
    """A habit."""

    id: UUID
    name: str
    kind: HabitKind
    unit: str | None
    target: dict[str, int | float] | None
    schedule: ScheduleBody
    archived: bool
    created_at: datetime

    @classmethod
    def from_domain(cls, habit: Habit) -> "HabitOut":
        """As the API words it."""
        return cls(
            id=habit.id,
            name=habit.name,
            kind=habit.kind,
            unit=habit.unit,
            target=target_out(habit.target),
            schedule=schedule_out(habit.schedule),
            archived=habit.archived,
            created_at=habit.created_at,
        )


class MomentBody(Body):
    """When: an instant with the zone one is in (default: the ledger's), or a civil day alone."""

    logged_at: Instant | None = Field(None, description="Instant with its offset.", examples=["2026-11-21T07:30:00+01:00"])
    time_zone: ShortText | None = Field(None, description="IANA zone the person is in; the ledger's where left out.")
    civil_day: CivilDate | None = Field(None, description="A day alone, for what is remembered without its time.")

    def moment(self) -> Moment:
        """As the domain knows it."""
        return Moment(self.logged_at, self.time_zone, self.civil_day)

    def check_moment(self) -> None:
        """Raises ValueError where both or a zone without an instant are given."""
        if self.logged_at is not None and self.civil_day is not None:
            raise ValueError("give either logged_at or civil_day, not both")
        if self.time_zone is not None and self.logged_at is None:
            raise ValueError("time_zone goes with logged_at")


class LogIn(MomentBody):
    """A fact: it was done, or so much of it."""

    value: Quantity | None = None
    client_id: ClientId | None = Field(None, description="The client's own id; sent again, the same fact is answered (200).")
    note: Note | None = None

    @model_validator(mode="after")
    def _said_when(self) -> "LogIn":
        self.check_moment()
        if self.logged_at is None and self.civil_day is None:
            raise ValueError("say when: logged_at with its offset, or civil_day")
        return self

    def to_command(self, user_id: UserId, habit_id: HabitId) -> LogCommand:
        """As the use case takes it."""
        return LogCommand(user_id, habit_id, self.moment(), thousandths(self.value), self.note, self.client_id)


class LogPatch(MomentBody):
    """What is to change of a fact; what is left out stays."""

    value: Quantity | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "LogPatch":
        self.check_moment()
        return self

    @property
    def new_moment(self) -> Moment | None:
        """The new moment, if one was given."""
        return None if self.logged_at is None and self.civil_day is None else self.moment()

    @property
    def new_note(self) -> tuple[str | None] | None:
        """The new note in a one-tuple, if one was given; null takes the note away."""
        return (self.note,) if "note" in self.model_fields_set else None


def thousandths(value: Decimal | None) -> int | None:
    """A quantity as the domain keeps it."""
    return None if value is None else int(value * ONE)


class LogOut(BaseModel):
    """A fact as the ledger accepted it, with what decided its day."""

    id: UUID
    habit_id: UUID
    civil_day: date
    time_zone: str
    day_start: str
    logged_at: datetime | None
    value: int | float
    note: str | None
    client_id: str | None
    source: str
    revision: int
    accepted_at: datetime
    voided_at: datetime | None

    @classmethod
    def from_domain(cls, fact: Fact) -> "LogOut":
        """As the API words it."""
        return cls(
            id=fact.id,
            habit_id=fact.habit_id,
            civil_day=fact.civil_day,
            time_zone=fact.time_zone,
            day_start=clock(fact.day_start),
            logged_at=fact.instant,
            value=number(fact.value),
            note=fact.note,
            client_id=fact.client_id,
            source=fact.source.value,
            revision=fact.revision,
            accepted_at=fact.accepted_at,
            voided_at=fact.closed_at,
        )


class Count(BaseModel):
    """How many habits and logs."""

    habits: int
    logs: int


class LossOut(BaseModel):
    """What was changed or dropped, why, and how often."""

    what: str
    why: str
    count: int


class ImportReport(BaseModel):
    """What came over, what was changed on the way, what was left, and what had been there already."""

    source: str
    kept: Count
    changed: list[LossOut]
    dropped: list[LossOut]
    already_there: Count
