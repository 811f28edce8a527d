"""Identity, put together."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from arena.chassis.core.ids import new_id
from arena.chassis.core.settings import Settings
from arena.chassis.db.provision import ServiceSchema
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.service_app import create_app
from arena.chassis.service import Service
from arena.identity.api import accounts, tokens
from arena.identity.api.door import PREFIX, Identity
from arena.identity.domain.session import TOKEN_BYTES
from arena.identity.keys import SigningKeys
from arena.identity.passwords import Passwords
from arena.identity.use_cases.accounts import Accounts
from arena.identity.use_cases.administration import Administration
from arena.identity.use_cases.sessions import Sessions

SCHEMA: Final = ServiceSchema("identity", Path(__file__).with_name("migrations"))
_new_secret = partial(secrets.token_bytes, TOKEN_BYTES)

PROBLEMS: Final = {
    "invalid-grant": 400,
    "grant-incomplete": 400,
    "unsupported-grant-type": 400,
    "invalid-credentials": 401,
    "registration-closed": 403,
    "invite-needed": 403,
    "invite-invalid": 403,
    "user-not-found": 404,
    "email-taken": 409,
    "email-invalid": 422,
    "password-refused": 422,
    "display-name-invalid": 422,
    "locale-invalid": 422,
    "role-unknown": 422,
    "sign-in-busy": 503,
}


def administration(passwords: Passwords) -> Administration:
    """What `arena user` calls, offline."""
    return Administration(passwords, new_id, _new_secret)


def assemble(
    settings: Settings,
    units: Units,
    authenticator: Authenticator,
    rate_limits: RateLimits,
    keys: SigningKeys,
    *,
    passwords: Passwords | None = None,
) -> Service:
    """Construct the service; its threads for hashing end with its lifespan."""
    hashing = passwords or Passwords()
    identity = Identity(
        accounts=Accounts(settings.registration, hashing, new_id),
        sessions=Sessions(keys, new_id, _new_secret),
        administration=administration(hashing),
        passwords=hashing,
        keys=keys,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(hashing.close)

    app = create_app(
        title="identity",
        prefix=PREFIX,
        routers=[accounts.router, tokens.router],
        settings=settings,
        authenticator=authenticator,
        units=units,
        rate_limits=rate_limits,
        problems=PROBLEMS,
        lifespan=lifespan,
        state={"identity": identity},
    )
    return Service("identity", app, units)
