"""How many watch a battle, over all processes: each tells the others what it serves, and counts what they told lately."""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from arena.chassis.db.trouble import PASSING
from arena.chassis.db.unit_of_work import UnitOfWork, Units
from arena.contracts.ids import BattleId
from arena.live import storage
from arena.live.use_cases import Screens

EVERY: Final = 10.0
"""Seconds between two tellings."""
FRESH: Final = timedelta(seconds=30)
"""How long the word of a process counts."""
FORGOTTEN: Final = timedelta(minutes=10)
"""After that the word of a process that is gone is deleted."""
_log = structlog.get_logger(__name__)


class Viewing:
    """What this process (`instance`, made anew by each start) knows of viewers."""

    def __init__(self, instance: UUID, screens: Screens) -> None:
        self._instance = instance
        self._screens = screens
        self._told = False

    @property
    def silent(self) -> bool:
        """Whether there is nothing to tell: nobody watches here, and the others know that."""
        return not self._told and not self._screens.watching

    async def tell(self, uow: UnitOfWork) -> None:
        """Tell the other processes how many watch here."""
        viewers = self._screens.viewers
        self._told = bool(viewers)
        await storage.tell(uow, self._instance, viewers)
        await storage.sweep(uow, uow.now - FORGOTTEN)

    async def leave(self, uow: UnitOfWork) -> None:
        """Take back what was told: this process ends."""
        self._told = False
        await storage.tell(uow, self._instance, {})

    async def count(self, uow: UnitOfWork, battle_id: BattleId) -> int:
        """How many watch a battle: those here as of now, those elsewhere as last told."""
        elsewhere = await storage.viewers_elsewhere(uow, self._instance, battle_id, uow.now - FRESH)
        return self._screens.viewers.get(battle_id, 0) + elsewhere


async def keep_telling(units: Units, viewing: Viewing, *, every: float = EVERY) -> None:
    """Tell every so often until cancelled; what fails is told the next time."""
    while True:
        if not viewing.silent:
            try:
                async with units.begin() as uow:
                    await viewing.tell(uow)
            except PASSING as trouble:
                _log.warning("viewers_not_told", error=str(trouble).splitlines()[0])
        await asyncio.sleep(every)


async def take_leave(units: Units, viewing: Viewing) -> None:
    """Take back what was told; where the database is away the others stop counting it by themselves."""
    try:
        async with units.begin() as uow:
            await viewing.leave(uow)
    except PASSING as trouble:
        _log.warning("viewers_not_taken_back", error=str(trouble).splitlines()[0])
