"""What must be done now and then and by anybody: prepare the log's next months, forget idempotency keys that have had their day."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import text

from arena.chassis.db.trouble import PASSING
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.idempotency import forget_keys

EVERY = 3600.0
"""Seconds between two rounds."""

KEEP_KEYS = timedelta(days=1)
MONTHS_AHEAD = 2

_log = structlog.get_logger(__name__)


async def keep_house(houses: Sequence[Units]) -> None:
    """Go round the services' schemas until cancelled; what fails is done in the next round."""
    while True:
        for units in houses:
            try:
                await tidy(units)
            except PASSING as trouble:
                _log.warning("housekeeping_put_off", error=str(trouble).splitlines()[0])
        await asyncio.sleep(EVERY)


async def tidy(units: Units) -> None:
    """One round in one service's schema."""
    async with units.begin() as uow:
        await forget_keys(uow, uow.now - KEEP_KEYS)
        stray = await uow.connection.scalar(text("select log.ensure_segments(:months)"), {"months": MONTHS_AHEAD})
    if stray:
        _log.error("events_beyond_prepared_months", count=stray, hint="the database's clock has leapt ahead")
