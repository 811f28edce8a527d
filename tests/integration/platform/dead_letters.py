"""An event that cannot be applied, and somebody who may look after it."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from arena.contracts.events.habits import HabitCreated, HabitDeleted
from arena.contracts.habit import HabitKind, Schedule
from arena.contracts.ids import HabitId, UserId
from arena.embedded.testing import TestPlatform
from arena.identity.app import administration
from arena.identity.passwords import Passwords

CONSUMER = "scoring.ledger"
WHY = "UniqueViolation: duplicate key value violates unique constraint"


async def make_admin(platform: TestPlatform, email: str) -> None:
    """Give somebody the role, as `arena user roles` does; who is signed in must sign in again."""
    passwords = Passwords()
    async with platform.parts.units["identity"].begin() as uow:
        await administration(passwords).set_roles(uow, email, ["admin"])
    passwords.close()


async def park(platform: TestPlatform, user: UUID | None = None) -> str:
    """A habit that is made twice, and is deleted behind that; answers the key that waits."""
    key, habit = user or uuid4(), HabitId(uuid4())
    created = HabitCreated(UserId(key), habit, HabitKind.YES_NO, None, Schedule(), (await now(platform)).date())
    for event in (created, created, HabitDeleted(UserId(key), habit)):
        async with platform.parts.units["habits"].begin() as uow:
            uow.emit(event)
    async with asyncio.timeout(20):
        while await waiting(platform, str(key)) < 2:  # noqa: ASYNC110 - it is in the database that it comes true
            await asyncio.sleep(0.02)
    return str(key)


async def now(platform: TestPlatform) -> Any:
    async with platform.parts.units["habits"].begin(read_only=True) as uow:
        return uow.now


async def waiting(platform: TestPlatform, key: str) -> int:
    """How many events of a key are parked."""
    async with platform.parts.units["scoring"].begin(read_only=True) as uow:
        found = await uow.connection.scalar(text("select count(*) from parked where key = :key"), {"key": key})
        return int(found or 0)
