"""All services in one process: who is constructed with what."""

from dataclasses import dataclass
from typing import Protocol

import httpx
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, text
from starlette.types import Receive, Scope, Send

from arena import __version__
from arena.battles import app as battles
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.core.settings import Settings
from arena.chassis.db.database import open_units
from arena.chassis.db.provision import ServiceSchema
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.federation import workloads_of
from arena.chassis.http.health import Check
from arena.chassis.http.outbound import Outbound
from arena.chassis.http.platform_app import Platform, compose_apps
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.tokens import GivenKeys, TokenVerifier
from arena.chassis.service import Service
from arena.chassis.workers import Workers
from arena.contracts.registry import LOGS, partition_of
from arena.embedded.resources import service as resources
from arena.habits import app as habits
from arena.identity import app as identity
from arena.identity.keys import SigningKeys
from arena.live import app as live
from arena.scoring import app as scoring
from arena.web import app as web

SCHEMAS: tuple[ServiceSchema, ...] = (identity.SCHEMA, habits.SCHEMA, scoring.SCHEMA, battles.SCHEMA, live.SCHEMA, resources.SCHEMA)
_POOL = 3
_OVERFLOW = 4


class Addresses(Protocol):
    """Where each service finds its schema."""

    def url(self, service: str) -> URL:
        """The address of a service's schema."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """The platform's parts, constructed and not yet running."""

    http: Platform
    workers: Workers
    services: tuple[Service, ...]
    units: dict[str, Units]

    async def check(self) -> None:
        """Ask every service whether it may start; raises what one of them has against it."""
        for service in self.services:
            if service.check is not None:
                await service.check()

    def begin_to_close(self) -> None:
        """Let long connections go before the server waits for them."""
        for service in self.services:
            service.closing()

    async def close(self) -> None:
        """Give the database connections back."""
        for units in self.units.values():
            await units.engine.dispose()


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the services prove themselves with."""

    signing_keys: str
    internal_token: str


def assemble(settings: Settings, database: Addresses, secrets: Secrets) -> Assembled:
    """Construct every service over a database that is open."""
    catalogue = Catalogue(LOGS, partition_of)
    units = {schema.name: open_units(database.url(schema.name), catalogue, pool_size=_POOL, overflow=_OVERFLOW) for schema in SCHEMAS}
    keys = SigningKeys.load(secrets.signing_keys)
    verifier = TokenVerifier(GivenKeys(keys.public))
    authenticator = Authenticator(verifier, internal_token=secrets.internal_token, workloads=workloads_of(settings))
    limits = RateLimits(writes_per_second=settings.writes_per_second, sign_ins_per_minute=settings.sign_ins_per_minute)
    bell = Bell(conninfo(database.url("scoring")))
    inside = _Inside()
    plain = Outbound("http://arena.internal", transport=httpx.ASGITransport(app=inside))
    trusted = Outbound("http://arena.internal", transport=httpx.ASGITransport(app=inside), internal_token=secrets.internal_token)
    services = (
        identity.assemble(settings, units["identity"], authenticator, limits, keys),
        habits.assemble(settings, units["habits"], authenticator, limits),
        scoring.assemble(settings, units["scoring"], authenticator, limits),
        battles.assemble(settings, units["battles"], authenticator, limits, plain, trusted),
        live.assemble(settings, units["live"], authenticator, limits, bell, {"battles": plain, "scoring": trusted, "identity": trusted}),
        web.assemble(settings, authenticator, limits, httpx.ASGITransport(app=inside)),
    )
    declared = resources.assemble(units["resources"], trusted)
    workers = Workers.of((*services, declared), bell)
    checks = {"database": _answers(units["habits"]), "workers": workers.check}
    http = compose_apps([service.app for service in services], settings=settings, checks=checks, version=__version__)
    inside.app = http
    return Assembled(http, workers, services, units)


class _Inside:
    """The way from one service to another within the process: the platform itself, once it is there."""

    def __init__(self) -> None:
        self.app: Platform | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request over."""
        if self.app is None:
            raise RuntimeError("the platform is not assembled yet")
        visitor = dict(scope.get("headers", ())).get(b"x-forwarded-for")
        if visitor is not None:  # only our own pages get here, so their word for who is visiting is trusted
            scope = {**scope, "client": (visitor.decode("latin-1"), 0)}
        await self.app(scope, receive, send)


def conninfo(url: URL) -> str:
    """The libpq form of a service's address."""
    query = {key: str(value) for key, value in url.query.items()}
    host = query.pop("host", None) or url.host
    port = query.pop("port", None) or url.port
    return make_conninfo(user=url.username, password=url.password, host=host, port=port, dbname=url.database, **query)


def _answers(units: Units) -> Check:
    async def check() -> None:
        async with units.engine.connect() as connection:
            await connection.execute(text("select 1"))

    return check
