"""Live, put together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from arena.chassis.bus.source import Bus
from arena.chassis.bus.tail import Tail
from arena.chassis.core.ids import new_id
from arena.chassis.core.settings import Settings
from arena.chassis.core.tasks import end
from arena.chassis.db.provision import ServiceSchema
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.outbound import Outbound
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.service_app import create_app
from arena.chassis.service import Service
from arena.contracts.registry import BATTLES, STANDINGS, USERS
from arena.live.api import router
from arena.live.names import Names
from arena.live.neighbours import HttpNeighbours
from arena.live.use_cases import Screens
from arena.live.viewing import Viewing, keep_telling, take_leave

SCHEMA = ServiceSchema("live", Path(__file__).with_name("migrations"))
PREFIX = "/api/live"
PROBLEMS = {"battle-not-found": 404}


def assemble(
    settings: Settings, units: Units, authenticator: Authenticator, rate_limits: RateLimits, bus: Bus, services: Mapping[str, Outbound]
) -> Service:
    """Construct the service; `services` are clients of battles, scoring and identity that carry the internal token where they may."""
    neighbours = HttpNeighbours(services["battles"], services["scoring"], services["identity"])
    screens = Screens(neighbours, Names(neighbours))
    viewing = Viewing(new_id(), screens)
    follow = {STANDINGS: screens.standings_changed, BATTLES: screens.battles_moved, USERS: screens.profiles_changed}
    tails = [Tail(log.number, bus.source(units.engine, log, None), units.catalogue, handler) for log, handler in follow.items()]

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for tail in tails:
            await tail.start()
        tasks = [asyncio.create_task(tail.run()) for tail in tails]
        tasks.append(asyncio.create_task(keep_telling(units, viewing)))
        try:
            yield
        finally:
            await end(tasks)
            await take_leave(units, viewing)

    app = create_app(
        title="live",
        prefix=PREFIX,
        routers=[router],
        settings=settings,
        authenticator=authenticator,
        units=units,
        rate_limits=rate_limits,
        problems=PROBLEMS,
        lifespan=lifespan,
        state={"screens": screens, "neighbours": neighbours, "viewing": viewing},
    )
    return Service("live", app, closing=screens.close)
