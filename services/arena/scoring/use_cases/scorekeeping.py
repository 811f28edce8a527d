"""Standings: a pure function of the facts, computed anew for every contestant a batch touches and announced when a line changed."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from arena.chassis.core.tasks import in_turns
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.scoring import StandingsChanged
from arena.contracts.ids import BattleId, UserId
from arena.scoring.domain.rules import score
from arena.scoring.domain.rules_contest import Score
from arena.scoring.domain.rules_facts import select_facts
from arena.scoring.domain.standings import Row, public_rows, standings
from arena.scoring.storage import battles, contestants
from arena.scoring.storage import standings as lines
from arena.scoring.storage.battles import StoredBattle
from arena.scoring.storage.contestants import Pair
from arena.scoring.storage.standings import Stored

ANNOUNCE = "standings.announce"
_SMALL = 200
_ROW = timedelta(microseconds=200)
_LOOK_AGAIN = timedelta(milliseconds=50)


def pause_of(lines: int) -> timedelta:
    """How long standings of so many lines rest after an announcement: each carries every line to everybody. A second for 5,000."""
    return lines * _ROW if lines > _SMALL else timedelta()


class Scorekeeper:
    """Keeps the standings of battles true to the facts. Nothing is remembered between batches: what is not held cannot be stale."""

    def __init__(self, pause: Callable[[int], timedelta] = pause_of) -> None:
        self._pause = pause

    async def rescore(self, uow: UnitOfWork, pairs: Sequence[Pair], *, as_of: datetime) -> None:
        """Score these contestants, rank their battles, keep and announce what changed.

        The battles' rows are locked first: whoever scores the same battle at the same time waits and then sees these facts.
        """
        if not pairs:
            return
        held = await battles.lock_battles(uow, {battle for battle, _ in pairs})
        fresh = await scores(uow, pairs, held)
        held = await self._without_resting(uow, held, fresh)
        if not held:
            return
        stored = await lines.standings_of(uow, held)
        await self._announce(uow, held, {battle: _merged(fresh.get(battle, {}), stored.get(battle, {})) for battle in held}, stored, as_of)

    async def rerank(self, uow: UnitOfWork, battle_id: BattleId, *, as_of: datetime) -> None:
        """Score everybody in one battle again: who competes, or what counts, has changed."""
        held = await battles.lock_battles(uow, [battle_id])
        if held:
            fresh = await scores(uow, await contestants.pairs_of(uow, battle_id), held)
            stored = await lines.standings_of(uow, held)
            await self._announce(uow, held, {battle_id: list(fresh.get(battle_id, {}).values())}, stored, as_of, always=True)

    async def announce(self, uow: UnitOfWork, keys: Sequence[str]) -> None:
        """Announce what was kept back while standings rested, unless that was done by the way of a later fact.

        Waits for nobody: who holds a battle may be about to move the due time that is held here.
        """
        wanted = {BattleId(UUID(key)) for key in keys}
        free = await battles.lock_battles(uow, wanted, wait=False)
        for battle_id in sorted(wanted - free.keys()):
            uow.schedule(ANNOUNCE, battle_id, uow.now + _LOOK_AGAIN)
        held = {battle_id: battle for battle_id, battle in free.items() if battle.result_hash is None and self._rested(battle) <= uow.now}
        stored = await lines.standings_of(uow, held)
        merged = {battle_id: _merged({}, stored.get(battle_id, {})) for battle_id in held}
        await self._announce(uow, held, merged, stored, uow.now, always=True)

    def _rested(self, battle: StoredBattle) -> datetime:
        """From when on the standings may be announced again."""
        return battle.as_of + self._pause(battle.lines)

    async def _without_resting(
        self, uow: UnitOfWork, held: dict[BattleId, StoredBattle], fresh: dict[BattleId, dict[UserId, Score]]
    ) -> dict[BattleId, StoredBattle]:
        """The battles to be announced now; of the others the scores are kept, and announced when they have rested."""
        resting = {battle_id for battle_id, battle in held.items() if self._rested(battle) > uow.now}
        reached = [(battle_id, score) for battle_id in resting for score in fresh.get(battle_id, {}).values()]
        for battle_id in await lines.keep(uow, reached) if reached else ():
            uow.schedule(ANNOUNCE, battle_id, self._rested(held[battle_id]))
        return {battle_id: battle for battle_id, battle in held.items() if battle_id not in resting}

    async def _announce(
        self,
        uow: UnitOfWork,
        held: dict[BattleId, StoredBattle],
        merged: dict[BattleId, list[Score]],
        stored: dict[BattleId, Stored],
        as_of: datetime,
        *,
        always: bool = False,
    ) -> None:
        changed: list[tuple[BattleId, int, Score]] = []
        revised: list[BattleId] = []
        async for some in in_turns(list(held.items())):
            for battle_id, battle in some:
                rows = standings(merged[battle_id], battle.spec.scoring.tie_breaks)
                moved = _changed_lines(battle_id, rows, stored.get(battle_id, {}))
                if moved or always:
                    changed += moved
                    revised.append(battle_id)
                    uow.emit(StandingsChanged(battle_id, battle.revision + 1, as_of, public_rows(rows)))
        if revised:
            await lines.save(uow, changed, revised, as_of)


async def scores(uow: UnitOfWork, pairs: Sequence[Pair], held: dict[BattleId, StoredBattle]) -> dict[BattleId, dict[UserId, Score]]:
    """What these contestants have reached, from their facts."""
    entries = await contestants.entries(uow, pairs, held)
    found: dict[BattleId, dict[UserId, Score]] = {}
    async for some in in_turns(list(entries.items())):
        for (battle_id, user_id), (contestant, facts) in some:
            contest = held[battle_id].contest
            counted = select_facts(contest, contestant, facts)
            found.setdefault(battle_id, {})[user_id] = score(contest, contestant, counted)
    return found


def _merged(fresh: dict[UserId, Score], stored: Stored) -> list[Score]:
    return list(({user: known for user, (_, known) in stored.items()} | fresh).values())


def _changed_lines(battle_id: BattleId, rows: Sequence[Row], stored: Stored) -> list[tuple[BattleId, int, Score]]:
    return [(battle_id, row.rank, row.score) for row in rows if stored.get(row.score.user_id) != (row.rank, row.score)]
