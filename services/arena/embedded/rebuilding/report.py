"""What came of a rebuild."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from arena.contracts.ids import BattleId
from arena.embedded.rebuilding.comparing import Differences


class FinalHash(NamedTuple):
    """A battle's final hash: in scoring's log, in the battle's own log, of what players are shown, and as it comes out now."""

    battle_id: BattleId
    scored: str | None
    finalised: str | None
    shown: str | None
    rebuilt: str | None

    @property
    def equal(self) -> bool:
        """Whether all that is said is the same; a battle whose last word came just before the end may not be finalised yet."""
        return self.rebuilt is not None and self.rebuilt == self.scored and {self.finalised, self.shown} <= {None, self.scored}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it."""

    events: int
    hashes: tuple[FinalHash, ...]
    parked: tuple[dict[str, Any], ...]
    differences: Differences
    """Rows that the live tables had otherwise."""
    unsettled: Mapping[str, int]
    """By table, of how many keys the live one had still to say something: there it was not compared, or without its ranks."""
    announced: int = 0
    """Battles whose standings had not been announced so before."""
    replaced: bool = False
    held: float = 0.0
    """Seconds for which scoring waited while the places changed."""

    @property
    def wrong(self) -> tuple[FinalHash, ...]:
        """The battles whose results differ."""
        return tuple(one for one in self.hashes if not one.equal)
