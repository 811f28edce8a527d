"""Settings, habits and facts: what a user or an event makes happen in the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.civil import civil_day
from arena.contracts.events.habits import FactVoided, HabitChanged, HabitCreated, HabitDeleted, SettingsChanged, Source
from arena.contracts.events.identity import UserErased
from arena.contracts.habit import HabitKind, Schedule, Target
from arena.contracts.ids import FactId, HabitId, UserId
from arena.habits import storage
from arena.habits.domain import Fact, Habit, HabitNotFound, LedgerSettings, LogNotFound, Moment, check_value, place


@dataclass(frozen=True, slots=True)
class NewHabit:
    """What somebody says of a habit they want."""

    name: str
    kind: HabitKind
    unit: str | None
    target: Target | None
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class HabitEdit:
    """What is to change of a habit; `keep` stands for "as it was"."""

    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogCommand:
    """Somebody did it: one fact to be accepted."""

    user_id: UserId
    habit_id: HabitId
    moment: Moment
    value: int | None = None
    note: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """An accepted fact; `known` when its client id had been accepted before."""

    fact: Fact
    known: bool


def accepted(command: LogCommand, kind: HabitKind, settings: LedgerSettings, fact_id: FactId, at: datetime) -> Fact:
    """The fact that a command makes at this instant; raises what is wrong with its moment or value."""
    placed = place(command.moment, settings, at)
    value = check_value(command.value, kind)
    return Fact(
        fact_id,
        1,
        command.user_id,
        command.habit_id,
        placed.civil_day,
        placed.instant,
        placed.time_zone,
        placed.day_start,
        value,
        command.note,
        command.client_id,
        Source.APP,
        at,
    )


class Ledger:
    """What can be done with habits and facts."""

    def __init__(self, new_id: Callable[[], UUID]) -> None:
        self._new_id = new_id

    async def change_settings(self, uow: UnitOfWork, user_id: UserId, chosen: LedgerSettings) -> LedgerSettings:
        """Put settings in force for what is accepted from now on.

        Raises:
            UnknownTimeZone.
        """
        chosen.check()
        if chosen != await storage.settings(uow, user_id):
            await storage.save_settings(uow, user_id, chosen)
            uow.emit(SettingsChanged(user_id, chosen.time_zone, chosen.day_start, chosen.week_start))
        return chosen

    async def create(self, uow: UnitOfWork, user_id: UserId, wanted: NewHabit) -> Habit:
        """Add a habit, due from today on.

        Raises:
            ScheduleRefused, TargetRefused.
        """
        habit = Habit(
            HabitId(self._new_id()),
            user_id,
            wanted.name,
            wanted.kind,
            wanted.unit,
            wanted.target,
            wanted.schedule,
            archived=False,
            created_at=uow.now,
        )
        habit.check()
        settings = await storage.settings(uow, user_id)
        await storage.add_habits(uow, [habit])
        today = civil_day(uow.now, settings.time_zone, settings.day_start)
        uow.emit(HabitCreated(user_id, habit.id, habit.kind, habit.target, habit.schedule, from_day=today))
        return habit

    async def change(self, uow: UnitOfWork, user_id: UserId, habit_id: HabitId, edit: HabitEdit) -> Habit:
        """Edit a habit; another schedule or target counts from today on.

        Raises:
            HabitNotFound, ScheduleRefused, TargetRefused.
        """
        before = await self._habit(uow, user_id, habit_id, lock=True)
        habit = replace(before, **edit.fields)
        habit.check()
        await storage.save_habit(uow, habit)
        if (habit.target, habit.schedule) != (before.target, before.schedule):
            settings = await storage.settings(uow, user_id)
            today = civil_day(uow.now, settings.time_zone, settings.day_start)
            uow.emit(HabitChanged(user_id, habit_id, habit.target, habit.schedule, from_day=today))
        return habit

    async def delete(self, uow: UnitOfWork, user_id: UserId, habit_id: HabitId) -> None:
        """Take a habit and its facts out of the ledger.

        Raises:
            HabitNotFound.
        """
        await self._habit(uow, user_id, habit_id, lock=True)
        await storage.delete_habit(uow, habit_id)
        uow.emit(HabitDeleted(user_id, habit_id))

    async def log_many(self, uow: UnitOfWork, commands: Sequence[LogCommand]) -> list[Logged | Exception]:
        """Accept facts; one that is refused fails alone, in its place. A client id that its habit knows is not accepted again."""
        ledgers = await storage.ledger_of(uow, [(command.user_id, command.habit_id) for command in commands])
        outcomes = [self._accept(command, ledger, uow) for command, ledger in zip(commands, ledgers, strict=True)]
        facts = [outcome for outcome in outcomes if isinstance(outcome, Fact)]
        new = await storage.add_facts(uow, facts) if facts else frozenset()
        for fact in facts:
            if fact.id in new:
                uow.emit(fact.logged())
        old = [(fact.habit_id, fact.client_id or "") for fact in facts if fact.id not in new]
        known = await storage.facts_by_client(uow, old) if old else {}
        return [
            outcome
            if isinstance(outcome, Exception)
            else Logged(outcome, known=False)
            if outcome.id in new
            else Logged(known[outcome.habit_id, outcome.client_id or ""], known=True)
            for outcome in outcomes
        ]

    def _accept(self, command: LogCommand, ledger: tuple[HabitKind, LedgerSettings] | None, uow: UnitOfWork) -> Fact | Exception:
        if ledger is None:
            return HabitNotFound(f"there is no habit {command.habit_id} of yours", "habit_id")
        kind, settings = ledger
        try:
            return accepted(command, kind, settings, FactId(self._new_id()), uow.now)
        except Exception as refused:  # noqa: BLE001 - it is this command's answer
            return refused

    async def correct(
        self,
        uow: UnitOfWork,
        user_id: UserId,
        habit_id: HabitId,
        fact_id: FactId,
        *,
        moment: Moment | None,
        value: int | None,
        note: tuple[str | None] | None,
    ) -> Fact:
        """Put another revision in the place of a fact: one event, void and new.

        Raises:
            HabitNotFound, LogNotFound, ValueRefused, DayOutOfRange, UnknownTimeZone.
        """
        habit = await self._habit(uow, user_id, habit_id, lock=True)  # two corrections at once come one after the other
        before = await self._fact(uow, user_id, habit_id, fact_id)
        settings = await storage.settings(uow, user_id)
        after = before.revise(moment, value, settings, habit.kind, uow.now)
        if note is not None:
            after = replace(after, note=note[0])
        await storage.close_fact(uow, before)
        await storage.add_facts(uow, [after])
        uow.emit(after.corrected())
        return after

    async def undo(self, uow: UnitOfWork, user_id: UserId, habit_id: HabitId, fact_id: FactId) -> None:
        """Take a fact back.

        Raises:
            HabitNotFound, LogNotFound.
        """
        await self._habit(uow, user_id, habit_id, lock=True)
        fact = await self._fact(uow, user_id, habit_id, fact_id)
        await storage.close_fact(uow, fact)
        uow.emit(FactVoided(user_id, habit_id, fact_id, fact.revision))

    async def habit(self, uow: UnitOfWork, user_id: UserId, habit_id: HabitId) -> Habit:
        """One habit of the user.

        Raises:
            HabitNotFound.
        """
        return await self._habit(uow, user_id, habit_id)

    async def erase(self, uow: UnitOfWork, erased: Sequence[Recorded[UserErased]]) -> None:
        """Delete every row about people who asked to be forgotten; what the log holds of them is numbers."""
        await storage.erase(uow, [record.event.user_id for record in erased])

    async def _habit(self, uow: UnitOfWork, user_id: UserId, habit_id: HabitId, *, lock: bool = False) -> Habit:
        habit = await storage.find_habit(uow, user_id, habit_id, lock=lock)
        if habit is None:
            raise HabitNotFound(f"there is no habit {habit_id} of yours")
        return habit

    async def _fact(self, uow: UnitOfWork, user_id: UserId, habit_id: HabitId, fact_id: FactId) -> Fact:
        fact = await storage.find_fact(uow, user_id, habit_id, fact_id, lock=True)
        if fact is None:
            raise LogNotFound(f"there is no log entry {fact_id} of this habit")
        return fact
