"""A service with a schema of its own on a throw-away PostgreSQL."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import URL, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine

from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.core.settings import Settings
from arena.chassis.db.database import open_units
from arena.chassis.db.standard_tables import create_standard_tables
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.federation import WorkloadVerifier
from arena.chassis.http.issuer_keys import IssuerKeys
from arena.chassis.http.platform_app import compose_apps
from arena.chassis.http.route import Router
from arena.chassis.http.service_app import create_app
from arena.chassis.http.tokens import AccessToken, GivenKeys, TokenVerifier, issue_token
from arena.embedded.postgres import Endpoint
from arena.embedded.postgres.temporary import temporary_postgres
from tests.integration.chassis.http.issuer import ISSUER, OPERATOR, Issuer, jwk

KEY = Ed25519PrivateKey.generate()
CLUSTER = Issuer()
INTERNAL_TOKEN = "an-internal-token-of-forty-characters-xx"
Bearer = Callable[[UUID], dict[str, str]]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with temporary_postgres() as started:
        yield started


@pytest.fixture(scope="module")
def url(endpoint: Endpoint) -> URL:
    """The database, with the tables a service's first migration makes and one of its own."""
    with psycopg.connect(endpoint.conninfo(), autocommit=True) as connection:
        made = URL.create("postgresql+psycopg", connection.info.user, connection.info.password, database=connection.info.dbname)
        made = made.update_query_dict({"host": connection.info.host, "port": str(connection.info.port)})
        connection.execute("create table thing (id bigint generated always as identity, name text unique not null)")
    engine = create_engine(made)
    with engine.begin() as sync:
        create_standard_tables(sync)
    engine.dispose()
    return made


@pytest.fixture
async def units(url: URL) -> AsyncIterator[Units]:
    opened = open_units(url, Catalogue([], lambda _: 0))
    async with opened.engine.begin() as connection:
        await connection.exec_driver_sql("truncate thing, idempotency_key")
    yield opened
    await opened.engine.dispose()


@pytest.fixture
def engine(units: Units) -> AsyncEngine:
    return units.engine


@pytest.fixture
def bearer() -> Bearer:
    """The header of a person."""

    def header(user_id: UUID) -> dict[str, str]:
        now = datetime.now(UTC)
        token = AccessToken(user_id, frozenset({"user"}), now + timedelta(minutes=5))
        return {"authorization": "Bearer " + issue_token(token, key=KEY, kid="k", issued_at=now, token_id=uuid4())}

    return header


@pytest.fixture
def operator() -> dict[str, str]:
    """The header of the operator."""
    return {"authorization": f"Bearer {CLUSTER.token()}"}


async def published() -> Any:
    """The key set of the operator's cluster."""
    return {"keys": [jwk(kid, key) for kid, key in CLUSTER.keys.items()]}


@pytest.fixture
async def serve(units: Units) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """A client of a service with that router, its units on the database."""
    clients: list[httpx.AsyncClient] = []

    def open_client(router: Router, **more: Any) -> httpx.AsyncClient:
        settings = Settings()
        authenticator = Authenticator(
            TokenVerifier(GivenKeys({"k": KEY.public_key()})),
            internal_token=INTERNAL_TOKEN,
            workloads=WorkloadVerifier(ISSUER, [OPERATOR], IssuerKeys(published)),
        )
        app = create_app(
            title="things", prefix="/api/things", routers=[router], settings=settings, authenticator=authenticator, units=units, **more
        )
        transport = httpx.ASGITransport(compose_apps([app], settings=settings), raise_app_exceptions=False)
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://arena.test"))
        return clients[-1]

    yield open_client
    for client in clients:
        await client.aclose()
