"""What arbiters decide while a battle runs and until its audit ends."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from arena.battles.domain.joining import check_decision
from arena.battles.storage import battles, decisions, participants
from arena.battles.storage.decisions import Action, Decision
from arena.battles.use_cases.errors import BattleNotFound, DecisionRefused
from arena.battles.use_cases.viewing import Viewer, see
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.battles import FactExcluded, ParticipantDisqualified
from arena.contracts.ids import BattleId, FactId, UserId


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is decided about whom, and why: this fact does not count, or (without a fact) nothing of this person does."""

    user_id: UserId
    fact_id: FactId | None
    reason: str

    @property
    def action(self) -> Action:
        """In a word."""
        return Action.DISQUALIFY if self.fact_id is None else Action.EXCLUDE_FACT


class Deciding:
    """Arbiters' decisions."""

    def __init__(self, new_id: Callable[[], UUID]) -> None:
        self._new_id = new_id

    async def decide(self, uow: UnitOfWork, battle_id: BattleId, by: UserId, ruling: Ruling) -> tuple[Decision, bool]:
        """Decide; also answers whether the same stood already. Raises BattleNotFound, BattleClosed, DecisionRefused."""
        stored = await battles.lock(uow, battle_id)
        if stored is None:
            raise BattleNotFound
        check_decision(stored.battle, uow.now)
        if await participants.find(uow, battle_id, ruling.user_id) is None:
            raise DecisionRefused("Nobody with this id takes part.", field="user_id")
        new = Decision(self._new_id(), battle_id, ruling.user_id, ruling.action, ruling.fact_id, ruling.reason, by, uow.now)
        standing = await decisions.add(uow, new)
        if standing.id != new.id:
            return standing, True
        uow.emit(_event(new))
        return new, False


async def decisions_on(uow: UnitOfWork, battle_id: BattleId, viewer: Viewer, *, after: UUID | None, limit: int) -> list[Decision]:
    """All decisions for those who oversee, for others those about themselves; raises BattleNotFound."""
    await see(uow, battle_id, viewer)
    return await decisions.listing(uow, battle_id, about=None if viewer.oversees else viewer.user_id, after=after, limit=limit)


def _event(decision: Decision) -> FactExcluded | ParticipantDisqualified:
    if decision.fact_id is None:
        return ParticipantDisqualified(decision.battle_id, decision.user_id)
    return FactExcluded(decision.battle_id, decision.user_id, decision.fact_id)
