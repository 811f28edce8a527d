"""May scoring go on from its tables? Not from such as were dropped, or restored from an earlier day: it would say everything twice."""

from collections.abc import Sequence

from arena.chassis.bus import parking, positions
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.source import EventSource
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.scoring import BattleScored, StandingsChanged
from arena.contracts.registry import LEDGER, STANDINGS
from arena.scoring.storage.battles import find_battle
from arena.scoring.use_cases.ledger import LEDGER_CONSUMER


class TablesBehind(Exception):
    """Scoring's log says more than its tables know."""

    slug = "tables-behind"

    def __init__(self) -> None:
        super().__init__(
            "Scoring's tables know less than it has announced: they were emptied, or restored from an earlier day, and would announce it "
            "all again. Run `arena replay scoring`, which builds them anew from the log; then start again."
        )


async def check_tables(uow: UnitOfWork, standings: EventSource, streaks: EventSource) -> None:
    """Compare the tables with scoring's own logs. The newest event of each partition is enough: what is missing is always a log's end.

    Raises:
        TablesBehind.
    """
    heads = await streaks.heads()  # of a user, as the ledger: where a streak was announced, facts were applied in the same partition
    applied = await positions.read(uow, LEDGER_CONSUMER, LEDGER.number)
    if any(head and not applied.get(partition) for partition, head in heads.items()):
        raise TablesBehind
    excused = await parking.has_any(uow)
    for record in await _newest(standings):
        if not await _known(uow, uow.catalogue.decode(STANDINGS.number, record), excused=excused):
            raise TablesBehind


async def _newest(source: EventSource) -> Sequence[RawRecord]:
    """The last event of each partition."""
    before = {partition: head - 1 for partition, head in (await source.heads()).items() if head}
    return await source.read(before, len(before)) if before else []


async def _known(uow: UnitOfWork, said: StandingsChanged | BattleScored, *, excused: bool) -> bool:
    """Whether the tables know what was said; where an event is parked or was given up, something may be missing for that."""
    battle = await find_battle(uow, said.battle_id)
    if battle is None:
        return excused
    if isinstance(said, BattleScored):
        return battle.result_hash is not None or excused
    return battle.revision >= said.revision
