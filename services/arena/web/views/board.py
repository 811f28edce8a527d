"""The leaderboard: rank, name, score, a bar relative to the leader. `static/board.js` draws the same rows when they change."""

from dataclasses import dataclass
from uuid import UUID

from arena.client.models import LeaderboardRow, Standings


@dataclass(frozen=True, slots=True)
class Line:
    """One row; `share` is the score in percent of the leader's."""

    user_id: UUID
    rank: int
    name: str
    score: int
    share: int
    is_me: bool


def lines(standings: Standings, me: UUID | None) -> list[Line]:
    """The rows from the top."""
    rows = sorted(standings.items, key=lambda row: row.rank)
    best = max((row.score for row in rows), default=0)
    return [_line(row, best, me) for row in rows]


def _line(row: LeaderboardRow, best: int, me: UUID | None) -> Line:
    share = round(100 * row.score / best) if best > 0 and row.score > 0 else 0
    return Line(row.user_id, row.rank, row.display_name, row.score, share, row.user_id == me)
