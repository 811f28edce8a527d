"""What a rebuilt scoring takes over from its own log: how far its announcements went, so that those who watch are told on from there."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.bus.source import EventSource
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.scoring import BattleScored, StandingRow, StandingsChanged
from arena.contracts.ids import BattleId
from arena.contracts.registry import STANDINGS
from arena.scoring.storage import battles, revisions
from arena.scoring.use_cases.closing import CLOSE, Closing
from arena.scoring.use_cases.standings import snapshot

_AT_ONCE = 2000


@dataclass(slots=True)
class Announced:
    """What scoring has said of a battle so far."""

    revision: int = 0
    as_of: datetime | None = None
    rows: tuple[StandingRow, ...] = ()
    result_hash: str | None = None


async def announcements(source: EventSource, catalogue: Catalogue, advance: Callable[[int], None]) -> dict[BattleId, Announced]:
    """All that scoring's log says, by battle."""
    said: dict[BattleId, Announced] = {}
    cursors = dict.fromkeys(await source.partitions(), 0)
    while batch := await source.read(cursors, _AT_ONCE):
        for raw in batch:
            cursors[raw.partition] = raw.position
            event = catalogue.decode(STANDINGS.number, raw)
            known = said.setdefault(event.battle_id, Announced())
            if isinstance(event, StandingsChanged):
                known.revision, known.as_of, known.rows = event.revision, event.as_of, event.rows
            elif isinstance(event, BattleScored):
                known.result_hash = known.result_hash or event.result_hash
        advance(len(batch))
    return said


async def close_again(uow: UnitOfWork, closing: Closing, battle_ids: Iterable[BattleId]) -> None:
    """Compute the last word on battles that have had theirs; those that have not are left to the running system, which will say it."""
    again = sorted(battle_ids)
    for battle_id in again:
        uow.unschedule(CLOSE, battle_id)
    await closing.close(uow, [str(battle_id) for battle_id in again])


async def resume_revisions(uow: UnitOfWork, said: Mapping[BattleId, Announced]) -> None:
    """Let each battle's revision go on from the last one that was announced."""
    for battle_id, known in sorted(said.items()):
        if known.as_of is not None:
            await revisions.set_revision(uow, battle_id, known.revision, known.as_of)


async def announce_unsaid(uow: UnitOfWork, said: Mapping[BattleId, Announced]) -> int:
    """Announce standings that were never announced, because the system ended before it came to them; answers how many."""
    count = 0
    for battle_id, battle in (await battles.lock_battles(uow, said)).items():
        rows = (await snapshot(uow, battle_id)).rows
        if battle.result_hash is None and rows != said[battle_id].rows:
            uow.emit(StandingsChanged(battle_id, battle.revision + 1, uow.now, rows))
            await revisions.set_revision(uow, battle_id, battle.revision + 1, uow.now)
            count += 1
    return count
