"""How a change of a battle is kept: the row, the event that tells of it, and the next due time, together."""

from arena.battles.domain.battle import Battle
from arena.battles.domain.lifecycle import advance, due
from arena.battles.storage import battles
from arena.battles.storage.battles import PHASE_DUE
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import Phase
from arena.contracts.events.battles import BattleChanged, BattleFinalised, BattleOpened, PhaseChanged


async def record(uow: UnitOfWork, before: Battle, after: Battle) -> None:
    """Save the change, announce it, and move the due time if there is another."""
    if after == before:
        return
    await battles.save(uow, after)
    announce(uow, before, after)
    if due(after) != due(before):
        set_due(uow, after)


async def catch_up(uow: UnitOfWork, battle: Battle) -> Battle:
    """Take the steps of a battle that are due and that nobody has taken yet: each announced, the last one kept."""
    moved = battle
    for step in advance(battle, uow.now):
        announce(uow, moved, step)
        moved = step
    if moved is not battle:
        await battles.save(uow, moved)
        set_due(uow, moved)
    return moved


def announce(uow: UnitOfWork, before: Battle, after: Battle) -> None:
    """Emit what happened. Others hear of a battle when it opens, so nothing is said of a draft, not even that it was called off."""
    if before.phase is Phase.DRAFT:
        if after.phase is Phase.OPEN:
            uow.emit(BattleOpened(after.id, after.owner_id, after.spec, after.timetable))
    elif after.phase is not before.phase:
        uow.emit(_moved(after))
    elif (after.spec, after.timetable) != (before.spec, before.timetable):
        uow.emit(BattleChanged(after.id, after.spec, after.timetable))


def set_due(uow: UnitOfWork, battle: Battle) -> None:
    """Let the due runner come when the next step is due, or not at all."""
    step = due(battle)
    if step is None:
        uow.unschedule(PHASE_DUE, battle.id)
    else:
        uow.schedule(PHASE_DUE, battle.id, step.at)


def _moved(battle: Battle) -> PhaseChanged | BattleFinalised:
    if battle.phase is Phase.FINAL:
        return BattleFinalised(battle.id, battle.result_hash or "")
    return PhaseChanged(battle.id, battle.phase, battle.timetable, battle.cancelled_for)
