"""The ledger's events: keep them, then score who is in a battle and look at the streaks they touch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.habits import (
    FactCorrected,
    FactLogged,
    FactVoided,
    HabitChanged,
    HabitCreated,
    HabitDeleted,
    SettingsChanged,
    Source,
)
from arena.contracts.ids import FactId, HabitId, UserId
from arena.scoring.storage import contestants, ledger
from arena.scoring.use_cases.scorekeeping import Scorekeeper

STREAK_REVIEW = "streak.review"
LEDGER_CONSUMER = "scoring.ledger"


@dataclass(slots=True)
class Sorted:
    """A batch of ledger events by what is to be done with them; the order within a habit's life is kept where it matters."""

    settings: dict[UserId, SettingsChanged] = field(default_factory=dict)
    created: list[HabitCreated] = field(default_factory=list)
    terms: list[Recorded[Any]] = field(default_factory=list)
    deleted: list[tuple[HabitId, datetime]] = field(default_factory=list)
    facts: list[Recorded[FactLogged]] = field(default_factory=list)
    ended: list[tuple[FactId, int, datetime]] = field(default_factory=list)
    habits: set[HabitId] = field(default_factory=set)
    competing: dict[HabitId, UserId] = field(default_factory=dict)
    """Habits (and whose they are) of which something changed that a battle may count."""


def sort_events(records: Sequence[Recorded[Any]]) -> Sorted:
    """Sort a batch."""
    batch = Sorted()
    for record in records:
        event = record.event
        _SORTERS[type(event)](batch, event, record)
    return batch


def _settings(batch: Sorted, event: SettingsChanged, _: Recorded[Any]) -> None:
    batch.settings[event.user_id] = event


def _created(batch: Sorted, event: HabitCreated, record: Recorded[Any]) -> None:
    batch.created.append(event)
    _changed(batch, event, record)


def _changed(batch: Sorted, event: HabitCreated | HabitChanged, record: Recorded[Any]) -> None:
    batch.terms.append(record)
    batch.habits.add(event.habit_id)
    batch.competing[event.habit_id] = event.user_id


def _deleted(batch: Sorted, event: HabitDeleted, record: Recorded[Any]) -> None:
    batch.deleted.append((event.habit_id, record.at))
    batch.competing[event.habit_id] = event.user_id


def _logged(batch: Sorted, event: FactLogged, record: Recorded[Any]) -> None:
    batch.facts.append(record)
    batch.habits.add(event.habit_id)
    if event.source is not Source.IMPORT:
        batch.competing[event.habit_id] = event.user_id


def _corrected(batch: Sorted, event: FactCorrected, record: Recorded[Any]) -> None:
    _logged(batch, event, record)
    batch.ended.append((event.fact_id, event.revision - 1, record.at))


def _voided(batch: Sorted, event: FactVoided, record: Recorded[Any]) -> None:
    batch.ended.append((event.fact_id, event.revision, record.at))
    batch.habits.add(event.habit_id)
    batch.competing[event.habit_id] = event.user_id


_SORTERS: dict[type, Callable[[Sorted, Any, Recorded[Any]], None]] = {
    SettingsChanged: _settings,
    HabitCreated: _created,
    HabitChanged: _changed,
    HabitDeleted: _deleted,
    FactLogged: _logged,
    FactCorrected: _corrected,
    FactVoided: _voided,
}

LEDGER_EVENTS = tuple(_SORTERS)


class LedgerKeeper:
    """Applies the ledger to what scoring keeps."""

    def __init__(self, scorekeeper: Scorekeeper) -> None:
        self._scorekeeper = scorekeeper

    async def ingest(self, uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        """Keep a batch and let its consequences follow."""
        batch = sort_events(records)
        await _store(uow, batch)
        if batch.competing:
            pairs = await contestants.live_pairs(uow, batch.competing)
            await self._scorekeeper.rescore(uow, pairs, as_of=records[-1].at)
        for habit_id in batch.habits | await _habits_under(uow, batch):
            uow.schedule(STREAK_REVIEW, habit_id, uow.now)


async def _store(uow: UnitOfWork, batch: Sorted) -> None:
    if batch.settings:
        await ledger.save_settings(uow, batch.settings.values())
    if batch.created:
        await ledger.add_habits(uow, batch.created)
    if batch.terms:
        await ledger.add_terms(uow, batch.terms)
    if batch.facts:
        await ledger.add_facts(uow, batch.facts)
    if batch.ended:
        await ledger.end_facts(uow, batch.ended)
    if batch.deleted:
        await ledger.end_facts_of(uow, batch.deleted)
        await ledger.delete_habits(uow, [habit for habit, _ in batch.deleted])


async def _habits_under(uow: UnitOfWork, batch: Sorted) -> set[HabitId]:
    """The habits whose deadlines move because their owner's settings did."""
    return {habit for user in batch.settings for habit in await ledger.habits_of(uow, user)}
