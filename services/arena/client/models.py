"""What the API answers, as the client hands it over. Fields that a later version adds are passed over."""

from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = None


class Tokens(msgspec.Struct, frozen=True):
    """What a log-in gives; times in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int = 30 * 24 * 3600


class Me(msgspec.Struct, frozen=True):
    """My account."""

    id: UUID
    email: str
    display_name: str
    locale: str
    roles: list[str]
    share_name: bool = False


class Profile(msgspec.Struct, frozen=True):
    """What others see of somebody."""

    id: UUID
    display_name: str


class Lookup(msgspec.Struct, frozen=True):
    """Whose an e-mail address is."""

    email: str
    user_id: UUID


class Lookups(msgspec.Struct, frozen=True):
    """Those who are there, of the addresses asked for."""

    users: list[Lookup]


class LedgerSettings(msgspec.Struct, frozen=True):
    """What decides a day."""

    time_zone: str
    day_start: str
    week_start: str


class Habit(msgspec.Struct, frozen=True):
    """A habit."""

    id: UUID
    name: str
    kind: str
    unit: str | None
    target: dict[str, float] | None
    schedule: dict[str, Any]
    archived: bool
    created_at: datetime


class LogEntry(msgspec.Struct, frozen=True):
    """A fact as the ledger accepted it."""

    id: UUID
    habit_id: UUID
    civil_day: date
    time_zone: str
    day_start: str
    logged_at: datetime | None
    value: float
    note: str | None
    client_id: str | None
    source: str
    revision: int
    accepted_at: datetime
    voided_at: datetime | None


class Day(msgspec.Struct, frozen=True):
    """A day of a habit: how it looks and why."""

    day: date
    state: str
    total: float | None
    due: bool
    reason: str


class Days(msgspec.Struct, frozen=True):
    """The days of a habit, oldest first."""

    today: date
    items: list[Day]
    up_to_date: bool = True
    """Whether all that was logged before the question is counted."""


class TodayItem(msgspec.Struct, frozen=True):
    """A habit today."""

    habit_id: UUID
    today: Day
    current: int
    best: int
    unit: str
    state: str
    last_met: date | None
    at_risk_deadline: datetime | None


class Today(msgspec.Struct, frozen=True):
    """Every habit as of today."""

    items: list[TodayItem]
    up_to_date: bool = True
    """See `Days`."""


class Support(msgspec.Struct, frozen=True):
    """A log entry the streak rests on."""

    log_id: UUID
    day: date
    value: float
    current_without: int


class Saving(msgspec.Struct, frozen=True):
    """What would save a day."""

    day: date
    log: float | None
    lower_by: float | None


class Judgement(msgspec.Struct, frozen=True):
    """An unmet day or week, and what would mend it."""

    first: date
    last: date
    unit: str
    rule: str
    words: str
    shortfall: str
    reached: float
    needed: float
    missing: float
    log_ids: list[UUID]
    saved_by: list[Saving]
    becomes: int


class Break(msgspec.Struct, frozen=True):
    """The break before the current streak."""

    broken_on: date
    missed: int
    lost: int
    judgement: Judgement


class Explanation(msgspec.Struct, frozen=True):
    """Why a streak is so long."""

    since: date | None
    began: str | None
    rests_on: list[Support]
    pending: Judgement | None
    broken: Break | None


class Streak(msgspec.Struct, frozen=True):
    """A streak and its reasons."""

    habit_id: UUID
    today: date
    current: int
    best: int
    unit: str
    state: str
    since: date | None
    last_met: date | None
    at_risk_deadline: datetime | None
    explanation: Explanation
    up_to_date: bool = True
    """See `Days`."""


class Count(msgspec.Struct, frozen=True):
    """How many habits and logs."""

    habits: int
    logs: int


class Loss(msgspec.Struct, frozen=True):
    """What was changed or dropped, why, and how often."""

    what: str
    why: str
    count: int


class ImportReport(msgspec.Struct, frozen=True):
    """What came over, what was changed on the way, what was left, what had been there."""

    source: str
    kept: Count
    changed: list[Loss]
    dropped: list[Loss]
    already_there: Count


class LeaderboardRow(msgspec.Struct, frozen=True):
    """One line of a leaderboard."""

    user_id: UUID
    display_name: str
    rank: int
    score: int


class Standings(msgspec.Struct, frozen=True):
    """A leaderboard at a revision."""

    items: list[LeaderboardRow]
    revision: int
    as_of: datetime
    phase: str


class SummaryLine(msgspec.Struct, frozen=True):
    """One line of a summary; the name only of who agreed to that."""

    user_id: UUID
    rank: int
    score: int
    display_name: str | None


class Summary(msgspec.Struct, frozen=True):
    """How a battle goes."""

    viewers: int
    top: list[SummaryLine]
    as_of: datetime


class Point(msgspec.Struct, frozen=True):
    """A score at an instant."""

    at: datetime
    score: int


class Curve(msgspec.Struct, frozen=True):
    """How one score grew."""

    user_id: UUID
    points: list[Point]


class Curves(msgspec.Struct, frozen=True):
    """Score over time."""

    start: datetime
    end: datetime
    curves: list[Curve]


class DeadLetter(msgspec.Struct, frozen=True):
    """A parked key: the event that failed, why, and how many wait behind it."""

    consumer: str
    log: str
    partition: int
    position: int
    key: str
    type: str
    reason: str
    attempts: int
    parked_at: datetime
    waiting: int


class ParkedEvent(msgspec.Struct, frozen=True):
    """An event of a parked key, as it lies in the log."""

    partition: int
    position: int
    at: datetime
    type: str
    payload: Any


class DeadLetterAct(msgspec.Struct, frozen=True):
    """What became of an event, by whom and why."""

    at: datetime
    act: str
    consumer: str
    log: str
    partition: int
    position: int
    key: str
    type: str
    attempts: int
    why: str | None
    done_by: str | None


class Replayed(msgspec.Struct, frozen=True):
    """How many events were applied, how many are still parked, and why the first of those failed."""

    applied: int
    parked: int
    failure: str | None = None
