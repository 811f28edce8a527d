"""What due times and scoring bring about: a battle's phases, one after the other, and its result."""

from collections.abc import Sequence
from uuid import UUID

from arena.battles.domain.lifecycle import finalise
from arena.battles.storage import battles, results
from arena.battles.use_cases.errors import BattleNotFound, ResultDamaged
from arena.battles.use_cases.recording import catch_up, record, set_due
from arena.chassis.bus.catalogue import Recorded
from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import Phase
from arena.contracts.events.scoring import BattleScored
from arena.contracts.ids import BattleId


async def move_on(uow: UnitOfWork, keys: Sequence[str]) -> None:
    """Take every step of these battles that is due; the due times were claimed, so the next ones are set whatever was taken."""
    for stored in await battles.lock_many(uow, [BattleId(UUID(key)) for key in keys]):
        set_due(uow, await catch_up(uow, stored.battle))


async def take_results(uow: UnitOfWork, scored: Sequence[Recorded[BattleScored]]) -> None:
    """Keep the last word on each battle; the first one stands. A battle that was called off meanwhile stays called off.

    Scoring speaks when every deadline is past, so steps that the due runner has not taken yet are taken first.

    Raises:
        BattleNotFound: scoring speaks of a battle that is not here.
        ResultDamaged: a document does not have the hash it came with.
    """
    held = {stored.battle.id: stored.battle for stored in await battles.lock_many(uow, [heard.event.battle_id for heard in scored])}
    for event in (heard.event for heard in scored):
        if event.battle_id not in held:
            raise BattleNotFound
        before = await catch_up(uow, held[event.battle_id])
        after = held[event.battle_id] = finalise(before, event.result_hash)
        if after.phase is Phase.FINAL and before.phase is not Phase.FINAL:
            await results.add(uow, event.battle_id, _checked(event), event.result_hash)
            await record(uow, before, after)


def _checked(event: BattleScored) -> str:
    document = canonical_json(event.result)
    if sha256_hex(document) != event.result_hash:
        raise ResultDamaged(f"the result of battle {event.battle_id} has not the hash {event.result_hash}")
    return document.decode()
