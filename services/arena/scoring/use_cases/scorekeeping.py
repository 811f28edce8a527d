"""Standings: a pure function of the facts, computed anew for every contestant a batch touches and announced when a line changed."""

from collections.abc import Sequence
from datetime import datetime

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


class Scorekeeper:
    """Keeps the standings of battles true to the facts. Nothing is remembered between batches: what is not held cannot be stale."""

    async def rescore(self, uow: UnitOfWork, pairs: Sequence[Pair], *, as_of: datetime) -> None:
        """Score these contestants, rank their battles, keep and announce what changed.

        The battles' rows are locked first: whoever scores the same battle at the same time waits and then sees these facts.
        """
        if not pairs:
            return
        held = await battles.lock_battles(uow, {battle for battle, _ in pairs})
        fresh = await scores(uow, pairs, held)
        stored = await lines.standings_of(uow, held)
        await self._announce(uow, held, {battle: _merged(fresh.get(battle, {}), stored.get(battle, {})) for battle in held}, stored, as_of)

    async def rerank(self, uow: UnitOfWork, battle_id: BattleId, *, as_of: datetime) -> None:
        """Score everybody in one battle again: who competes, or what counts, has changed."""
        held = await battles.lock_battles(uow, [battle_id])
        if held:
            fresh = await scores(uow, await contestants.pairs_of(uow, battle_id), held)
            stored = await lines.standings_of(uow, held)
            await self._announce(uow, held, {battle_id: list(fresh.get(battle_id, {}).values())}, stored, as_of, always=True)

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
