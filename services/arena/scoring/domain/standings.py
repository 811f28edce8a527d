"""From scores to ranks: standard competition ranking (1, 2, 2, 4) in an order that depends on nothing but the scores."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from arena.contracts.battle_spec import TieBreak
from arena.contracts.events.scoring import StandingRow
from arena.scoring.domain.rules_contest import Score

_NEVER = datetime.max.replace(tzinfo=UTC)

_KEYS: dict[TieBreak, Callable[[Score], int | datetime]] = {
    TieBreak.MET_DAYS: lambda score: -score.met_days,
    TieBreak.STREAK: lambda score: -score.longest_streak,
    TieBreak.EARLIEST: lambda score: score.last_counted_at or _NEVER,
}
"""Smaller is better."""


class Row(NamedTuple):
    """One line of the standings: a rank and the score that earned it."""

    rank: int
    score: Score

    @property
    def public(self) -> StandingRow:
        """What opponents may see."""
        return StandingRow(self.score.user_id, self.rank, self.score.score)


def standings(scores: Iterable[Score], tie_breaks: Sequence[TieBreak]) -> tuple[Row, ...]:
    """Rank by score, then by the declared tie-breaks; who is still equal shares the rank, and is listed by user id."""
    keys = [_KEYS[tie_break] for tie_break in tie_breaks]
    ranked = sorted(((_merit(score, keys), score) for score in scores), key=lambda pair: (pair[0], pair[1].user_id.bytes))
    rows: list[Row] = []
    for place, (merit, score) in enumerate(ranked, start=1):
        shared = place > 1 and ranked[place - 2][0] == merit
        rows.append(Row(rows[-1].rank if shared else place, score))
    return tuple(rows)


def public_rows(rows: Iterable[Row]) -> tuple[StandingRow, ...]:
    """The rows as `StandingsChanged` carries them."""
    return tuple(row.public for row in rows)


def _merit(score: Score, keys: Sequence[Callable[[Score], int | datetime]]) -> tuple[int | datetime, ...]:
    return (-score.score, *(key(score) for key in keys))
