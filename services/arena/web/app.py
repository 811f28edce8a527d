"""The pages, put together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
from fastapi import FastAPI

from arena.chassis.core.settings import Settings
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.service_app import create_app
from arena.chassis.service import Service
from arena.web.assets import Assets
from arena.web.failures import answer_with_pages
from arena.web.pages import (
    battle,
    battle_edit,
    battle_new,
    battles,
    day,
    dead_letters,
    facts,
    habit,
    habit_edit,
    imports,
    join,
    profile,
    sign_in,
    site_files,
    today,
    watch,
)
from arena.web.site import Site, open_templates

PREFIX = ""
_MB = 1024 * 1024
BODY_LIMITS = {"/imports": 51 * _MB}
"""A file of 50 MB and the form around it."""
_ROUTERS = (
    site_files.router,
    sign_in.router,
    today.router,
    facts.router,
    imports.router,
    habit_edit.router,
    day.router,
    habit.router,
    battle_new.router,
    battle_edit.router,
    battles.router,
    join.router,
    battle.router,
    watch.router,
    profile.router,
    dead_letters.router,
)


def assemble(
    settings: Settings,
    authenticator: Authenticator,
    rate_limits: RateLimits,
    transport: httpx.AsyncBaseTransport,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Service:
    """Construct the pages; `transport` leads to the public API.

    Every call carries `x-forwarded-for` with the visitor's address: where the API counts log-ins by address it should take that word.
    """
    http = httpx.AsyncClient(
        transport=transport, base_url="http://arena.internal", follow_redirects=False, timeout=settings.request_timeout
    )
    assets = Assets.load()
    site = Site(http, open_templates(assets), assets, settings.registration, now)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await http.aclose()

    app = create_app(
        title="web",
        prefix=PREFIX,
        routers=_ROUTERS,
        settings=settings,
        authenticator=authenticator,
        rate_limits=rate_limits,
        body_limits=BODY_LIMITS,
        lifespan=lifespan,
        state={"site": site},
    )
    answer_with_pages(app)
    return Service("web", app)
