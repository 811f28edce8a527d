"""What a rebuilt scoring takes over from its own log: how far its announcements went, so that those who watch are told on from there."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.bus.source import EventSource
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.scoring import BattleScored, StandingRow, StandingsChanged
from arena.contracts.ids import BattleId, UserId
from arena.contracts.registry import STANDINGS
from arena.scoring.storage import battles, revisions
from arena.scoring.storage import standings as lines
from arena.scoring.use_cases.closing import CLOSE, Closing
from arena.scoring.use_cases.scorekeeping import ANNOUNCE
from arena.scoring.use_cases.standings import snapshot

_AT_ONCE = 2000
_BATTLES_AT_ONCE = 100

Line = tuple[int, int]
"""Rank and score."""


@dataclass(slots=True)
class Announced:
    """What scoring has said of a battle so far."""

    revision: int = 0
    as_of: datetime | None = None
    rows: tuple[StandingRow, ...] = ()
    result_hash: str | None = None


@dataclass(slots=True)
class Said:
    """What scoring's own log says, read on from where it was left."""

    battles: dict[BattleId, Announced] = field(default_factory=dict)
    _cursors: dict[int, int] = field(default_factory=dict)

    @property
    def scored(self) -> dict[BattleId, str]:
        """The battles that have had their last word, and its hash."""
        return {battle: known.result_hash for battle, known in self.battles.items() if known.result_hash}

    async def read_on(self, source: EventSource, catalogue: Catalogue, advance: Callable[[int], None]) -> None:
        """All that the source has beyond what was read."""
        self._cursors = self._cursors or dict.fromkeys(await source.partitions(), 0)
        while batch := await source.read(self._cursors, _AT_ONCE):
            for raw in batch:
                self._cursors[raw.partition] = raw.position
                self._take(catalogue.decode(STANDINGS.number, raw))
            advance(len(batch))

    def _take(self, event: StandingsChanged | BattleScored) -> None:
        known = self.battles.setdefault(event.battle_id, Announced())
        if isinstance(event, StandingsChanged):
            known.revision, known.as_of, known.rows = event.revision, event.as_of, event.rows
        else:
            known.result_hash = known.result_hash or event.result_hash


async def close_again(uow: UnitOfWork, closing: Closing, battle_ids: Iterable[BattleId]) -> None:
    """Compute the last word on battles that have had theirs; those that have not are left to the running system, which will say it."""
    again = sorted(battle_ids)
    for battle_id in again:
        uow.unschedule(CLOSE, battle_id)
    await closing.close(uow, [str(battle_id) for battle_id in again])


async def resume_revisions(uow: UnitOfWork, said: Mapping[BattleId, Announced]) -> None:
    """Let each battle's revision go on from the last one that was announced."""
    await revisions.set_revisions(
        uow, [(battle_id, known.revision, known.as_of) for battle_id, known in sorted(said.items()) if known.as_of is not None]
    )


async def keep_called_off(uow: UnitOfWork, said: Mapping[BattleId, Announced]) -> None:
    """A battle that was called off stands as it was announced last: how far its facts were read by then nobody knows any more."""
    for battle_id in sorted(await lines.called_off(uow, said)):
        await lines.set_announced(uow, [(battle_id, row.user_id, row.rank, row.score) for row in said[battle_id].rows])


async def unlike_announced(
    uow: UnitOfWork, said: Mapping[BattleId, Announced]
) -> AsyncIterator[tuple[BattleId, UserId, Line | None, Line | None]]:
    """Lines that were announced otherwise than they stand: battle, user, both of either."""
    known = sorted(battle_id for battle_id, battle in said.items() if battle.revision)
    for start in range(0, len(known), _BATTLES_AT_ONCE):
        stored = await lines.standings_of(uow, some := known[start : start + _BATTLES_AT_ONCE])
        for battle_id in some:
            told = {row.user_id: (row.rank, row.score) for row in said[battle_id].rows}
            stands = {user: (rank, reached.score) for user, (rank, reached) in stored.get(battle_id, {}).items()}
            for user in sorted(told.keys() | stands.keys()):
                if told.get(user) != stands.get(user):
                    yield battle_id, user, told.get(user), stands.get(user)


async def announce_unsaid(uow: UnitOfWork, said: Mapping[BattleId, Announced]) -> int:
    """Announce standings that were never announced, because the system ended before it came to them; answers how many."""
    count = 0
    for battle_id, battle in (await battles.lock_battles(uow, said)).items():
        rows = (await snapshot(uow, battle_id)).rows
        if battle.result_hash is None and rows != said[battle_id].rows:
            uow.emit(StandingsChanged(battle_id, battle.revision + 1, uow.now, rows))
            await revisions.set_revisions(uow, [(battle_id, battle.revision + 1, uow.now)])
            count += 1
    return count


def announce_soon(uow: UnitOfWork, battle_ids: Collection[BattleId]) -> None:
    """Let the running system announce the standings of these battles: what was announced last was wrong."""
    for battle_id in battle_ids:
        uow.schedule(ANNOUNCE, battle_id, uow.now)
