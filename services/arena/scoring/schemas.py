"""What scoring answers; quantities are decimals outside and integer thousandths inside."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from arena.contracts.habit import ONE
from arena.scoring.domain.streaks import Streak
from arena.scoring.domain.streaks_days import DayView
from arena.scoring.domain.streaks_explain import Break, Explanation, Support
from arena.scoring.domain.streaks_judgement import Judgement, Saving
from arena.scoring.domain.streaks_rules import Unit
from arena.scoring.use_cases.streaks import Told

UpToDate = Annotated[
    bool,
    Field(description="Whether all that was logged before the question is counted; false where that takes longer than people wait."),
]


def number(thousandths: int) -> int | float:
    """A quantity as a JSON number."""
    return thousandths // ONE if thousandths % ONE == 0 else thousandths / ONE


class SupportOut(BaseModel):
    """A log entry the streak rests on; without it the streak would be `current_without` long."""

    log_id: UUID
    day: date
    value: int | float
    current_without: int

    @classmethod
    def from_domain(cls, support: Support) -> "SupportOut":
        """As the API words it."""
        return cls(log_id=support.fact_id, day=support.day, value=number(support.value), current_without=support.current_without)


class SavingOut(BaseModel):
    """What would save a day: log so much, or lower the day's total by so much."""

    day: date
    log: int | float | None
    lower_by: int | float | None

    @classmethod
    def from_domain(cls, saving: Saving) -> "SavingOut":
        """As the API words it."""
        return cls(day=saving.day, log=_optional(saving.log), lower_by=_optional(saving.lower_by))


class JudgementOut(BaseModel):
    """An unmet day or week: the rule, what was reached, what is missing, the entries in it, what would save it and what it becomes then."""

    first: date
    last: date
    unit: str
    rule: str
    words: str
    shortfall: str
    reached: int | float
    needed: int | float
    missing: int | float
    log_ids: list[UUID]
    saved_by: list[SavingOut]
    becomes: int

    @classmethod
    def from_domain(cls, judged: Judgement) -> "JudgementOut":
        """As the API words it; weeks count days, days count quantities."""
        amount = int if judged.unit is Unit.WEEK else number
        return cls(
            first=judged.first,
            last=judged.last,
            unit=judged.unit.value,
            rule=judged.rule.value,
            words=judged.words,
            shortfall=judged.shortfall.value,
            reached=amount(judged.reached),
            needed=amount(judged.needed),
            missing=amount(judged.missing),
            log_ids=list(judged.facts),
            saved_by=[SavingOut.from_domain(saving) for saving in judged.savings],
            becomes=judged.becomes,
        )


class BreakOut(BaseModel):
    """The break before the current streak: when, how many days or weeks were missed, how long the streak before was, and why."""

    broken_on: date
    missed: int
    lost: int
    judgement: JudgementOut

    @classmethod
    def from_domain(cls, broken: Break) -> "BreakOut":
        """As the API words it."""
        return cls(broken_on=broken.broken_on, missed=broken.missed, lost=broken.lost, judgement=JudgementOut.from_domain(broken.judgement))


class ExplanationOut(BaseModel):
    """Facts, not phrases: how the streak began, what it rests on, what is open, what broke the one before."""

    since: date | None
    began: str | None
    rests_on: list[SupportOut]
    pending: JudgementOut | None
    broken: BreakOut | None

    @classmethod
    def from_domain(cls, why: Explanation) -> "ExplanationOut":
        """As the API words it."""
        return cls(
            since=why.since,
            began=why.began.value if why.began else None,
            rests_on=[SupportOut.from_domain(support) for support in why.rests_on],
            pending=JudgementOut.from_domain(why.pending) if why.pending else None,
            broken=BreakOut.from_domain(why.broken) if why.broken else None,
        )


class StreakOut(BaseModel):
    """A streak: lengths in `unit` (day or week), how it stands today, when it would break, and why it is so long."""

    habit_id: UUID
    today: date
    current: int
    best: int
    unit: str
    state: str
    since: date | None
    last_met: date | None
    at_risk_deadline: datetime | None
    explanation: ExplanationOut
    up_to_date: UpToDate

    @classmethod
    def from_domain(cls, told: Told, *, up_to_date: bool) -> "StreakOut":
        """As the API words it."""
        streak = told.streak
        return cls(
            habit_id=told.habit_id,
            today=told.today,
            current=streak.current,
            best=streak.best,
            unit=streak.unit.value,
            state=streak.state.value,
            since=streak.since,
            last_met=streak.last_met,
            at_risk_deadline=streak.at_risk_deadline,
            explanation=ExplanationOut.from_domain(told.explanation),
            up_to_date=up_to_date,
        )


class DayOut(BaseModel):
    """A day of a habit: how it looks and why, its total, and whether it was due."""

    day: date
    state: str
    total: int | float | None
    due: bool
    reason: str

    @classmethod
    def from_domain(cls, view: DayView) -> "DayOut":
        """As the API words it."""
        return cls(day=view.day, state=view.state.value, total=_optional(view.total), due=view.due, reason=view.reason.value)


class DaysOut(BaseModel):
    """The days of a habit, oldest first."""

    today: date
    items: list[DayOut]
    up_to_date: UpToDate

    @classmethod
    def from_domain(cls, views: Iterable[DayView], today: date, *, up_to_date: bool) -> "DaysOut":
        """As the API words it."""
        return cls(today=today, items=[DayOut.from_domain(view) for view in views], up_to_date=up_to_date)


class TodayItem(BaseModel):
    """A habit today: its day, its streak in short."""

    habit_id: UUID
    today: DayOut
    current: int
    best: int
    unit: str
    state: str
    last_met: date | None
    at_risk_deadline: datetime | None

    @classmethod
    def from_domain(cls, habit_id: UUID, view: DayView, streak: Streak) -> "TodayItem":
        """As the API words it."""
        return cls(
            habit_id=habit_id,
            today=DayOut.from_domain(view),
            current=streak.current,
            best=streak.best,
            unit=streak.unit.value,
            state=streak.state.value,
            last_met=streak.last_met,
            at_risk_deadline=streak.at_risk_deadline,
        )


class TodayOut(BaseModel):
    """Every habit as of today."""

    items: list[TodayItem]
    up_to_date: UpToDate


class SnapshotRow(BaseModel):
    """One line of the standings, for the services of the installation."""

    user_id: UUID
    rank: int
    score: int


class SnapshotOut(BaseModel):
    """The standings as scoring keeps them: what `live` begins with before it follows the log."""

    battle_id: UUID
    revision: int
    as_of: datetime
    rows: list[SnapshotRow]


class CurvePoint(BaseModel):
    """A contestant's score at an instant."""

    at: datetime
    score: int


class Curve(BaseModel):
    """How a contestant's score grew."""

    user_id: UUID
    points: list[CurvePoint]


class HistoryOut(BaseModel):
    """Score over time, from the start of the battle to now or its end."""

    start: datetime
    end: datetime
    curves: list[Curve]


def _optional(thousandths: int | None) -> int | float | None:
    return None if thousandths is None else number(thousandths)
