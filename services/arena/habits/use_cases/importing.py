"""Another app's export comes into the ledger: as a whole or not at all, and the same file twice is the same as once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.civil import civil_day
from arena.contracts.events.habits import HabitCreated, Source
from arena.contracts.ids import FactId, HabitId, UserId
from arena.habits import storage
from arena.habits.domain import Fact, Habit, LedgerSettings, earliest_day
from arena.habits.importing import ParsedExport, ParsedHabit

_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the reader's account, and how much of the file was in the ledger before."""

    export: ParsedExport
    known_habits: int
    known_logs: int

    def report(self) -> dict[str, Any]:
        """The loss report."""
        told = self.export.report()
        if described := sum(bool(habit.note) for habit in self.export.habits):
            lost = {"what": "questions and descriptions of habits", "why": "habits have no room for them yet", "count": described}
            told["changed"].append(lost)
        return told | {
            "source": self.export.source,
            "already_there": {"habits": self.known_habits, "logs": self.known_logs},
        }


class Importing:
    """Puts exports into the ledger; a habit is known again by (source, its id there), never by its name."""

    def __init__(self, new_id: Callable[[], UUID]) -> None:
        self._new_id = new_id

    async def take(self, uow: UnitOfWork, user_id: UserId, export: ParsedExport) -> Imported:
        """Add the habits and facts of an export that are not there yet."""
        settings = await storage.settings(uow, user_id)
        known = await storage.imported_habits(uow, user_id, export.source)
        fresh = [parsed for parsed in export.habits if parsed.source_id not in known]
        ids = known | await self._add(uow, user_id, export.source, fresh, settings)
        facts = [
            fact for parsed in export.habits for fact in self._facts(uow, user_id, ids[parsed.source_id], export.source, parsed, settings)
        ]
        accepted = 0
        for start in range(0, len(facts), _AT_ONCE):
            accepted += await _accept(uow, facts[start : start + _AT_ONCE])
        return Imported(export, len(export.habits) - len(fresh), len(facts) - accepted)

    async def _add(
        self, uow: UnitOfWork, user_id: UserId, source: str, fresh: Sequence[ParsedHabit], settings: LedgerSettings
    ) -> dict[str, HabitId]:
        today = civil_day(uow.now, settings.time_zone, settings.day_start)
        ids = {parsed.source_id: HabitId(self._new_id()) for parsed in fresh}
        habits = [_habit(parsed, ids[parsed.source_id], user_id, uow) for parsed in fresh]
        await storage.add_habits(uow, habits, {ids[parsed.source_id]: (source, parsed.source_id) for parsed in fresh})
        for parsed, habit in zip(fresh, habits, strict=True):
            first = min(today, earliest_day([fact.civil_day for fact in parsed.facts], today))
            uow.emit(HabitCreated(user_id, habit.id, habit.kind, habit.target, habit.schedule, from_day=first))
        return ids

    def _facts(
        self, uow: UnitOfWork, user_id: UserId, habit_id: HabitId, source: str, parsed: ParsedHabit, settings: LedgerSettings
    ) -> list[Fact]:
        return [
            Fact(
                FactId(self._new_id()),
                1,
                user_id,
                habit_id,
                fact.civil_day,
                None,
                settings.time_zone,
                settings.day_start,
                fact.value,
                fact.note or None,
                f"{source}:{fact.source_id}",
                Source.IMPORT,
                uow.now,
            )
            for fact in parsed.facts
        ]


async def _accept(uow: UnitOfWork, facts: Sequence[Fact]) -> int:
    new = await storage.add_facts(uow, facts)
    for fact in facts:
        if fact.id in new:
            uow.emit(fact.logged())
    return len(new)


def _habit(parsed: ParsedHabit, habit_id: HabitId, user_id: UserId, uow: UnitOfWork) -> Habit:
    habit = Habit(
        habit_id,
        user_id,
        parsed.name,
        parsed.kind,
        parsed.unit,
        parsed.target,
        parsed.schedule,
        archived=parsed.archived,
        created_at=uow.now,
    )
    habit.check()
    return habit
