"""An app made by the factory, served without a socket, and tokens to call it with."""

from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from arena.chassis.core.errors import NotAuthenticated
from arena.chassis.core.settings import Settings
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.platform_app import compose_apps
from arena.chassis.http.route import Router
from arena.chassis.http.service_app import create_app
from arena.chassis.http.tokens import AccessToken, GivenKeys, TokenVerifier, issue_token

INTERNAL_TOKEN = "an-internal-token-of-forty-characters-xx"
PREFIX = "/api/things"
Serve = Callable[..., httpx.AsyncClient]
Bearer = Callable[..., dict[str, str]]


class Workloads:
    """Takes `workload.good` for a token of the operator, and refuses others that begin so."""

    def issued(self, raw: str) -> bool:
        return raw.startswith("workload.")

    async def verify(self, raw: str) -> None:
        if raw != "workload.good":
            raise NotAuthenticated("The workload token has expired.")


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged."""
    with structlog.testing.capture_logs() as captured:
        yield captured


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def authenticator(key: Ed25519PrivateKey) -> Authenticator:
    verifier = TokenVerifier(GivenKeys({"k1": key.public_key()}))
    return Authenticator(verifier, internal_token=INTERNAL_TOKEN, workloads=Workloads())


@pytest.fixture
def bearer(key: Ed25519PrivateKey) -> Bearer:
    """The header of a person with those roles."""

    def header(*roles: str, user_id: UUID | None = None, lifetime: timedelta = timedelta(minutes=15)) -> dict[str, str]:
        now = datetime.now(UTC)
        token = AccessToken(user_id or uuid4(), frozenset(roles), now + lifetime)
        return {"authorization": "Bearer " + issue_token(token, key=key, kid="k1", issued_at=now, token_id=uuid4())}

    return header


@pytest.fixture
async def serve(authenticator: Authenticator) -> AsyncIterator[Serve]:
    """A client of a platform with one service that has the given router."""
    clients: list[httpx.AsyncClient] = []

    def open_client(router: Router, *, settings: dict[str, Any] | None = None, **more: Any) -> httpx.AsyncClient:
        chosen = Settings(**(settings or {}))
        checks = more.pop("checks", None)
        app = create_app(title="Things", prefix=PREFIX, routers=[router], settings=chosen, authenticator=authenticator, **more)
        platform = compose_apps([app], settings=chosen, checks=checks)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(platform, raise_app_exceptions=False), base_url="http://arena.test")
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        await client.aclose()
