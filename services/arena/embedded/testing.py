"""Pytest fixtures for tests over the whole platform: real PostgreSQL, real services, HTTP without sockets.

Loaded by `tests/conftest.py` (`pytest_plugins`); nothing of the product imports it.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from arena.chassis.core.settings import Settings
from arena.chassis.testing.databases import TestDatabase, TestServer
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.registry import LOGS
from arena.embedded.platform import SCHEMAS, Assembled, Secrets, assemble
from arena.embedded.postgres.temporary import temporary_postgres
from arena.identity.keys import generate_key

PASSWORD = "correct horse battery"  # noqa: S105 - of throw-away people


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[TestServer]:
    """One throw-away PostgreSQL 18 for the whole run."""
    use_tzdata_wheel()
    with temporary_postgres() as endpoint:
        yield TestServer.of(endpoint.url(), SCHEMAS, LOGS)


@pytest.fixture
def database(postgres_server: TestServer) -> Iterator[TestDatabase]:
    """A fresh database with every schema."""
    with postgres_server.database() as fresh:
        yield fresh


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account: their id, and a client that is signed in."""

    id: str
    name: str
    http: httpx.AsyncClient


@dataclass(slots=True)
class TestPlatform:
    """The platform of a test: its parts, and people who use it."""

    __test__ = False

    parts: Assembled
    http: httpx.AsyncClient
    clients: list[httpx.AsyncClient]

    async def person(self, name: str, **settings: str) -> Person:
        """Somebody who registered and signed in; with ledger `settings` (time_zone, day_start, week_start) where given."""
        email = f"{name.lower()}@example.org"
        body = {"email": email, "password": PASSWORD, "display_name": name}
        created = await self.http.post("/api/identity/users", json=body)
        created.raise_for_status()
        form = {"grant_type": "password", "username": email, "password": PASSWORD}
        token = (await self.http.post("/api/identity/token", data=form)).raise_for_status().json()["access_token"]
        client = self.client(token)
        if settings:
            (await client.put("/api/habits/settings", json=settings)).raise_for_status()
        return Person(created.json()["id"], name, client)

    def client(self, token: str) -> httpx.AsyncClient:
        """A client with a bearer token."""
        client = _client(self.parts, {"authorization": f"Bearer {token}"})
        self.clients.append(client)
        return client


def _client(parts: Assembled, headers: dict[str, Any]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=parts.http), base_url="http://arena.test", headers=headers)


@pytest.fixture
def platform_settings() -> dict[str, Any]:
    """Settings that the platform of a test has beside its own; override it where a test needs some."""
    return {}


@pytest.fixture
async def platform(database: TestDatabase, tmp_path: Path, platform_settings: dict[str, Any]) -> AsyncIterator[TestPlatform]:
    """The whole platform over a fresh database, its workers running."""
    settings = Settings(data_dir=tmp_path, sign_ins_per_minute=10_000, writes_per_second=10_000, **platform_settings)
    parts = assemble(settings, database, Secrets(generate_key(), "internal-token-of-a-test-installation"))
    parts.workers.start()
    async with parts.http.rest.router.lifespan_context(parts.http.rest):
        running = TestPlatform(parts, _client(parts, {}), [])
        yield running
        for client in (running.http, *running.clients):
            await client.aclose()
    await parts.workers.stop()
    await parts.close()
