"""What happens to a habit at the same time happens one after the other: no fact outlives its habit."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.core.ids import new_id
from arena.contracts.events.identity import UserErased
from arena.contracts.habit import ONE, HabitKind, Schedule
from arena.contracts.ids import HabitId, UserId
from arena.habits.domain import HabitNotFound, Moment
from arena.habits.importing import ParsedExport, ParsedFact, ParsedHabit
from arena.habits.use_cases.importing import Importing
from arena.habits.use_cases.ledger import Ledger, LogCommand
from tests.integration.platform.acts import add_habit

LEDGER = Ledger(new_id)
DAY = date(2026, 6, 10)


@pytest.fixture
async def ground(platform: Any) -> tuple[Any, UserId, HabitId]:
    """The ledger's units of work, and somebody with a habit."""
    ann = await platform.person("Ann")
    return platform.parts.units["habits"], UserId(UUID(ann.id)), HabitId(UUID((await add_habit(ann.http))["id"]))


async def in_force(units: Any) -> int:
    async with units.engine.connect() as connection:
        return int(await connection.scalar(text("select count(*) from fact where closed_at is null")))


async def waits(task: "asyncio.Task[Any]") -> bool:
    await asyncio.sleep(0.3)
    return not task.done()


async def delete(units: Any, user: UserId, habit: HabitId) -> None:
    async with units.begin() as uow:
        await LEDGER.delete(uow, user, habit)


async def erase(units: Any, user: UserId, _: HabitId) -> None:
    async with units.begin() as uow:
        await LEDGER.erase(uow, [Recorded(UserErased(user), 0, 1, uow.now, str(user))])


def export(days: int) -> ParsedExport:
    """An export of one habit that was done on so many days."""
    facts = tuple(ParsedFact(str(day), DAY - timedelta(days=day), ONE, "") for day in range(days))
    habit = ParsedHabit("1", "Read", HabitKind.YES_NO, None, None, Schedule(), "", archived=False, facts=facts)
    return ParsedExport("loop", (habit,), (), (), days + 1)


async def log(uow: Any, user: UserId, habit: HabitId) -> Any:
    [outcome] = await LEDGER.log_many(uow, [LogCommand(user, habit, Moment(None, None, DAY))])
    return outcome


@pytest.mark.parametrize("end", [delete, erase])
async def test_who_ends_a_habit_waits_for_a_fact_that_is_being_logged_and_takes_it_along(ground: Any, end: Any) -> None:
    units, user, habit = ground
    async with units.begin() as uow:
        await log(uow, user, habit)
        ending = asyncio.create_task(end(units, user, habit))
        assert await waits(ending)
    await ending
    assert await in_force(units) == 0


async def test_a_fact_that_is_logged_while_its_habit_is_being_deleted_is_refused(ground: Any) -> None:
    units, user, habit = ground

    async def log_alone() -> Any:
        async with units.begin() as uow:
            return await log(uow, user, habit)

    async with units.begin() as uow:
        await LEDGER.delete(uow, user, habit)
        logging = asyncio.create_task(log_alone())
        assert await waits(logging)
    assert isinstance(await logging, HabitNotFound)
    assert await in_force(units) == 0


async def test_facts_that_are_logged_side_by_side_do_not_wait_for_one_another(ground: Any) -> None:
    units, user, habit = ground
    async with units.begin() as one, units.begin() as other:
        await log(one, user, habit)
        async with asyncio.timeout(5):
            await log(other, user, habit)
    assert await in_force(units) == 2


async def test_who_deletes_a_habit_waits_for_an_import_into_it(ground: Any) -> None:
    units, user, _ = ground
    importing = Importing(new_id)
    async with units.begin() as uow:
        await importing.take(uow, user, export(1))
    async with units.engine.connect() as connection:
        known = await connection.scalar(text("select id from habit where source is not null"))
    async with units.begin() as uow:
        await importing.take(uow, user, export(2))
        deleting = asyncio.create_task(delete(units, user, known))
        assert await waits(deleting)
    await deleting
    assert await in_force(units) == 0
