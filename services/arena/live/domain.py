"""A board: the latest standings of one battle as this process knows them. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from arena.contracts.battle_spec import Phase
from arena.contracts.events.scoring import StandingRow
from arena.contracts.ids import BattleId, UserId


class Line(NamedTuple):
    """One line of a board as those see it who are not in the battle; without consent there is no name."""

    user_id: UserId
    rank: int
    score: int
    display_name: str | None


class BattleUnknown(Exception):
    """There is no such battle, or the asker may not see it."""

    slug = "battle-not-found"


@dataclass(frozen=True, slots=True)
class Board:
    """Rows at a revision, and the battle's phase."""

    battle_id: BattleId
    phase: Phase
    revision: int = 0
    as_of: datetime | None = None
    rows: tuple[StandingRow, ...] = ()

    def standings(self, revision: int, as_of: datetime, rows: tuple[StandingRow, ...]) -> "Board":
        """The board after a change; one that is known already, or older, changes nothing."""
        return replace(self, revision=revision, as_of=as_of, rows=rows) if revision > self.revision else self

    def moved(self, phase: Phase) -> "Board":
        """The board after a phase change; phases only move forward."""
        return replace(self, phase=phase) if _ORDER[phase] > _ORDER[self.phase] else self


_ORDER = {phase: place for place, phase in enumerate(Phase)}
