"""What may be asked of a battle's standings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.scoring import StandingRow
from arena.contracts.ids import BattleId, UserId
from arena.scoring.domain.rules import score
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact
from arena.scoring.domain.rules_facts import select_facts
from arena.scoring.domain.standings import standings
from arena.scoring.storage import battles, contestants
from arena.scoring.storage import standings as lines

STEPS = 60
"""How finely a score is followed over time."""


class BattleUnknown(Exception):
    """Scoring has not heard of such a battle."""

    slug = "battle-not-found"

    def __init__(self, battle_id: BattleId) -> None:
        super().__init__(f"there is no battle {battle_id}")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The stored standings of a battle."""

    revision: int
    as_of: datetime
    rows: tuple[StandingRow, ...]


async def snapshot(uow: UnitOfWork, battle_id: BattleId) -> Snapshot:
    """The standings as last announced.

    Raises:
        BattleUnknown.
    """
    battle = await battles.find_battle(uow, battle_id)
    if battle is None:
        raise BattleUnknown(battle_id)
    stored = (await lines.standings_of(uow, [battle_id])).get(battle_id, {})
    ranked = standings([known for _, known in stored.values()], battle.spec.scoring.tie_breaks)
    return Snapshot(battle.revision, battle.as_of, tuple(row.public for row in ranked))


@dataclass(frozen=True, slots=True)
class History:
    """Score over time, per contestant."""

    start: datetime
    end: datetime
    curves: dict[UserId, list[tuple[datetime, int]]]


async def history(uow: UnitOfWork, battle_id: BattleId, users: Sequence[UserId]) -> History:
    """How the scores of these contestants grew, in at most `STEPS` steps.

    Raises:
        BattleUnknown.
    """
    battle = await battles.find_battle(uow, battle_id)
    if battle is None:
        raise BattleUnknown(battle_id)
    held = {battle_id: battle}
    wanted = [pair for pair in await contestants.pairs_of(uow, battle_id) if pair[1] in set(users)]
    entries = await contestants.entries(uow, wanted, held)
    start, end = battle.contest.start, max(battle.contest.start, min(battle.contest.grace_ends, uow.now))
    instants = [start + (end - start) * step / STEPS for step in range(1, STEPS + 1)]
    return History(
        start,
        end,
        {user: _curve(battle.contest, entry.contestant, entry.facts, instants) for (_, user), entry in entries.items()},
    )


def _curve(
    contest: Contest, contestant: Contestant, facts: Sequence[CountedFact], instants: Sequence[datetime]
) -> list[tuple[datetime, int]]:
    """The score as it was known at each instant; only the changes."""
    points: list[tuple[datetime, int]] = []
    known: tuple[CountedFact, ...] | None = None
    for at in instants:
        then = select_facts(replace(contest, grace_ends=at), contestant, facts)
        if then != known:
            known = then
            points.append((at, score(contest, contestant, then).score))
    return points
