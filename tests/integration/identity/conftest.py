"""Identity on a real PostgreSQL: one server and database for all tests, one app and pool for each."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy import URL, text

from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.core.settings import Registration, Settings
from arena.chassis.db.database import open_units
from arena.chassis.db.provision import provision, service_url
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.tokens import GivenKeys, TokenVerifier
from arena.contracts.registry import LOGS, partition_of
from arena.embedded.postgres.temporary import temporary_postgres
from arena.identity.api.door import Identity
from arena.identity.app import SCHEMA, administration, assemble
from arena.identity.keys import SigningKeys, generate_key
from arena.identity.passwords import Passwords
from arena.identity.use_cases.administration import Administration

PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
INTERNAL = "internal-token-of-the-services-0123456789"


class Workloads:
    """Takes the word `workload` for a token of the operator."""

    def issued(self, raw: str) -> bool:
        return raw == "workload"

    async def verify(self, raw: str) -> None:
        """It is good."""


@dataclass
class Stage:
    """A running identity service and somebody to talk to it."""

    http: httpx.AsyncClient
    units: Units
    identity: Identity
    admin: Administration
    log: str
    """Address under which the whole log can be read, which identity itself may not."""

    async def register(self, **changes: Any) -> dict[str, Any]:
        """A new user's answer."""
        body = {"email": f"{uuid4().hex}@example.org", "password": PASSWORD, "display_name": "Ada", **changes}
        answer = await self.http.post("/api/identity/users", json=body)
        assert answer.status_code == 201, answer.text
        user: dict[str, Any] = answer.json()
        return user

    async def log_in(self, email: str, password: str = PASSWORD) -> dict[str, Any]:
        """Tokens."""
        answer = await self.ask_token(grant_type="password", username=email, password=password)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def ask_token(self, **form: str) -> httpx.Response:
        return await self.http.post("/api/identity/token", data=form)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.ask_token(grant_type="refresh_token", refresh_token=token)

    async def someone(self, **changes: Any) -> tuple[dict[str, Any], dict[str, str]]:
        """A new user, logged in: the user and the header that says so."""
        user = await self.register(**changes)
        return user, bearer(await self.log_in(user["email"]))

    async def an_admin(self) -> dict[str, str]:
        """The header of a new admin."""
        email = f"{uuid4().hex}@example.org"
        async with self.units.begin() as uow:
            await self.admin.create(uow, email, PASSWORD, "Root", ["admin"])
        return bearer(await self.log_in(email))

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """Run a statement beside the service."""
        async with self.units.begin() as uow:
            rows = await uow.connection.execute(text(statement), values)
            return list(rows) if rows.returns_rows else []

    async def events(self, user_id: str) -> list[str]:
        """The types of the events of a user, in order."""
        async with await psycopg.AsyncConnection.connect(self.log) as connection:
            rows = await connection.execute("select type from log.event where topic = 1 and key = %s order by position", (user_id,))
            return [row[0] for row in await rows.fetchall()]


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens['access_token']}"}


@pytest.fixture(scope="session")
def database() -> Iterator[tuple[URL, str]]:
    """The address of identity's schema, and the administrator's."""
    with temporary_postgres() as endpoint:
        provision(endpoint.url(), [SCHEMA], LOGS, {"identity": "throw-away"})
        yield service_url(endpoint.url(), "identity", "throw-away"), endpoint.conninfo()


Opener = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def open_stage(database: tuple[URL, str]) -> Opener:
    """Opens a service with settings and passwords of one's own."""

    @asynccontextmanager
    async def stage(
        registration: Registration = Registration.OPEN, passwords: Passwords | None = None, pem: str | None = None, sign_ins: int = 10_000
    ) -> AsyncIterator[Stage]:
        units = open_units(database[0], Catalogue(LOGS, partition_of))
        settings = Settings(registration=registration, internal_token=SecretStr(INTERNAL))
        keys = SigningKeys.load(pem or generate_key())
        hashing = passwords or Passwords(CHEAP)
        authenticator = Authenticator(TokenVerifier(GivenKeys(keys.public)), internal_token=INTERNAL, workloads=Workloads())
        limits = RateLimits(writes_per_second=10_000, sign_ins_per_minute=sign_ins)
        service = assemble(settings, units, authenticator, limits, keys, passwords=hashing)
        transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
        try:
            async with (
                service.app.router.lifespan_context(service.app),
                httpx.AsyncClient(transport=transport, base_url="http://arena") as http,
            ):
                yield Stage(http, units, service.app.state.identity, administration(hashing), database[1])
        finally:
            await units.engine.dispose()

    return stage


@pytest.fixture
async def stage(open_stage: Opener) -> AsyncIterator[Stage]:
    """Identity with open registration."""
    async with open_stage() as opened:
        yield opened


@pytest.fixture
def problem() -> Callable[[httpx.Response], str]:
    """The slug of a problem, once it is one in every respect."""

    def slug(answer: httpx.Response) -> str:
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        document = answer.json()
        assert document["status"] == answer.status_code
        return str(document["type"]).rpartition("/")[2]

    return slug
