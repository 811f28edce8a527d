"""The battles' events: who competes in what, from when to when, and when the last word is due."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import Phase
from arena.contracts.events.battles import (
    BattleChanged,
    BattleOpened,
    FactExcluded,
    ParticipantDisqualified,
    ParticipantJoined,
    ParticipantLeft,
    PhaseChanged,
)
from arena.contracts.ids import BattleId, UserId
from arena.scoring.storage import battles, contestants
from arena.scoring.use_cases.closing import CLOSE
from arena.scoring.use_cases.scorekeeping import Scorekeeper


class BattleKeeper:
    """Applies the battles' log to what scoring keeps."""

    def __init__(self, scorekeeper: Scorekeeper) -> None:
        self._scorekeeper = scorekeeper

    async def follow(self, uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        """Apply a batch in order and rank each battle once; their rows are locked first, in the order everybody locks them.

        Where people have joined and nothing else happened, they alone are scored: a join changes no score of the others.
        """
        if any(_starts(record.event) for record in records):
            await battles.start_alone(uow)
        await battles.lock_battles(uow, {record.event.battle_id for record in records})
        moved: dict[BattleId, datetime] = {}
        joined: dict[BattleId, set[UserId] | None] = {}
        for record in records:
            if await _STEPS[type(record.event)](uow, record):
                battle_id = record.event.battle_id
                moved[battle_id] = record.at
                joined[battle_id] = _newcomers(record.event, joined.get(battle_id, set()))
        for battle_id, at in sorted(moved.items()):
            if (newcomers := joined[battle_id]) is None:
                await self._scorekeeper.rerank(uow, battle_id, as_of=at)
            else:
                await self._scorekeeper.rescore(uow, [(battle_id, user) for user in sorted(newcomers)], as_of=at)


def _newcomers(event: Any, known: set[UserId] | None) -> set[UserId] | None:
    """Who has joined a battle, as long as that is all that happened to it."""
    return known | {event.user_id} if isinstance(event, ParticipantJoined) and known is not None else None


def _starts(event: Any) -> bool:
    return isinstance(event, PhaseChanged) and event.phase is Phase.RUNNING


async def _opened(uow: UnitOfWork, record: Recorded[BattleOpened]) -> bool:
    await battles.add_battle(uow, record.event, record.at)
    return False


async def _changed(uow: UnitOfWork, record: Recorded[BattleChanged]) -> bool:
    await battles.change_battle(uow, record.event.battle_id, record.event.timetable, spec=record.event.spec)
    return False


async def _joined(uow: UnitOfWork, record: Recorded[ParticipantJoined]) -> bool:
    await contestants.add_contestant(uow, record.event)
    return True


async def _left(uow: UnitOfWork, record: Recorded[ParticipantLeft]) -> bool:
    await contestants.mark_left(uow, record.event.battle_id, record.event.user_id, record.at)
    return True


async def _moved(uow: UnitOfWork, record: Recorded[PhaseChanged]) -> bool:
    """Once running, facts that came earlier count too, and the last word has a time."""
    event = record.event
    await battles.change_battle(uow, event.battle_id, event.timetable, phase=event.phase)
    if event.phase is Phase.RUNNING:
        uow.schedule(CLOSE, event.battle_id, event.timetable.audit_ends)
    elif event.phase is Phase.CANCELLED:
        uow.unschedule(CLOSE, event.battle_id)
    return event.phase is Phase.RUNNING


async def _excluded(uow: UnitOfWork, record: Recorded[FactExcluded]) -> bool:
    await contestants.exclude(uow, record.event.battle_id, record.event.user_id, record.event.fact_id, record.at)
    return True


async def _disqualified(uow: UnitOfWork, record: Recorded[ParticipantDisqualified]) -> bool:
    await contestants.mark_disqualified(uow, record.event.battle_id, record.event.user_id, record.at)
    return True


_STEPS: dict[type, Callable[[UnitOfWork, Recorded[Any]], Awaitable[bool]]] = {
    BattleOpened: _opened,
    BattleChanged: _changed,
    ParticipantJoined: _joined,
    ParticipantLeft: _left,
    PhaseChanged: _moved,
    FactExcluded: _excluded,
    ParticipantDisqualified: _disqualified,
}
"""Each step answers whether the standings must be looked at again."""

BATTLE_EVENTS = tuple(_STEPS)
