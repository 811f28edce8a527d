"""The last word on a battle: when the barriers are reached, the result is computed once and never again."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from arena.chassis.bus import positions
from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import Phase
from arena.contracts.events.scoring import BattleScored
from arena.contracts.ids import BattleId
from arena.contracts.registry import BATTLES, LEDGER, Log
from arena.scoring.storage import battles
from arena.scoring.storage.battles import StoredBattle
from arena.scoring.use_cases.final import final_result
from arena.scoring.use_cases.scorekeeping import Scorekeeper

CLOSE = "battle.close"
_LOOK_AGAIN = timedelta(milliseconds=100)

Vector = dict[str, list[int]]

TakeBarrier = Callable[[int, datetime], Awaitable[Mapping[int, int]]]
"""The barrier of an instant in a log (by number): partition → position."""


class Closing:
    """Waits for a battle's barriers and says the last word."""

    def __init__(self, take_barrier: TakeBarrier, scorekeeper: Scorekeeper, *, ledger_consumer: str, battles_consumer: str) -> None:
        self._take_barrier = take_barrier
        self._scorekeeper = scorekeeper
        self._consumers: Mapping[Log, str] = {LEDGER: ledger_consumer, BATTLES: battles_consumer}

    async def close(self, uow: UnitOfWork, keys: Sequence[str]) -> None:
        """Score each battle whose barriers are reached; look at the others again soon.

        A barrier is asked for before any row is held: it waits for whoever is appending to the log.
        """
        found = [await battles.find_battle(uow, BattleId(UUID(key))) for key in keys]
        open_ones = [battle for battle in found if battle and battle.result_hash is None and battle.phase is not Phase.CANCELLED]
        vectors = {battle.battle_id: battle.vector or await self._vector(battle) for battle in open_ones}
        for battle_id, battle in (await battles.lock_battles(uow, vectors)).items():
            if battle.vector is None:
                await battles.save_vector(uow, battle_id, vectors[battle_id])
            if await self._reached(uow, vectors[battle_id]):
                await self._score(uow, battle, vectors[battle_id])
            else:
                uow.schedule(CLOSE, battle_id, uow.now + _LOOK_AGAIN)

    async def _vector(self, battle: StoredBattle) -> Vector:
        """The ledger up to the end of grace, the battle's own log up to the end of audit."""
        moments: Mapping[Log, datetime] = {LEDGER: battle.timetable.grace_ends, BATTLES: battle.timetable.audit_ends}
        taken = {log.name: await self._take_barrier(log.number, at) for log, at in moments.items()}
        return {name: [position for _, position in sorted(vector.items())] for name, vector in taken.items()}

    async def _reached(self, uow: UnitOfWork, vector: Vector) -> bool:
        for log, consumer in self._consumers.items():
            if not await positions.reached(uow, consumer, log.number, dict(enumerate(vector[log.name]))):
                return False
        return True

    async def _score(self, uow: UnitOfWork, battle: StoredBattle, vector: Vector) -> None:
        document = await final_result(uow, battle, vector)
        result_hash = sha256_hex(canonical_json(document))
        await self._scorekeeper.rerank(uow, battle.battle_id, as_of=battle.timetable.grace_ends)
        await battles.save_result(uow, battle.battle_id, document, result_hash)
        uow.emit(BattleScored(battle.battle_id, document, result_hash))
