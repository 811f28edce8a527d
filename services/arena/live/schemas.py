"""What live answers; encoded once a change, described here."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from arena.contracts.battle_spec import Phase


class LeaderboardRow(BaseModel):
    """One line: rank (shared where equal), name, score. Opponents see no more."""

    user_id: UUID
    display_name: str
    rank: int
    score: int


class StandingsOut(BaseModel):
    """A leaderboard at a revision."""

    items: list[LeaderboardRow]
    revision: int
    as_of: datetime
    phase: Phase


class SummaryRow(BaseModel):
    """One line for those who are not in the battle."""

    user_id: UUID
    rank: int
    score: int
    display_name: str | None = Field(description="Only of those who agreed to it (`share_name` in the profile).")


class SummaryOut(BaseModel):
    """How a battle goes."""

    viewers: int = Field(description="Open streams, over all processes.")
    top: list[SummaryRow] = Field(description="The first five lines.")
    as_of: datetime


class PointOut(BaseModel):
    """A score at an instant."""

    at: datetime
    score: int


class CurveOut(BaseModel):
    """How one score grew."""

    user_id: UUID
    points: list[PointOut]


class CurvesOut(BaseModel):
    """Score over time."""

    start: datetime
    end: datetime
    curves: list[CurveOut]
