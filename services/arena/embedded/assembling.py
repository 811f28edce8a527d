"""Who is constructed with what: the one place that puts services together, all of them or those that a process is told to have."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, text

from arena import __version__
from arena.chassis.bus.archive.reading import open_archive
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.bus.consumer import Consumer
from arena.chassis.bus.due import DueHandler
from arena.chassis.bus.source import Bus, LogBus
from arena.chassis.core.settings import Settings
from arena.chassis.core.settings_kafka import Bus as BusChoice
from arena.chassis.db.database import open_units
from arena.chassis.db.provision import RELAY
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.federation import workloads_of
from arena.chassis.http.health import Check
from arena.chassis.http.jwks import JwksKeys
from arena.chassis.http.outbound import Outbound
from arena.chassis.http.platform_app import Platform, compose_apps
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.tokens import GivenKeys, TokenVerifier
from arena.chassis.service import Service, Working
from arena.chassis.workers import Runner, Workers
from arena.contracts.registry import LOGS, partition_of
from arena.embedded.ways import Ways
from arena.identity.keys import SigningKeys

SERVICES: Final = ("identity", "habits", "scoring", "battles", "live", "web")
"""All that have HTTP."""
KEEPING: Final = ("identity", "habits", "scoring", "battles", "live")
"""Those with a schema."""
WORKING: Final = ("identity", "habits", "scoring", "battles")
"""Those with something to do beside HTTP."""
CARRIED: Final = (RELAY,)
"""Those that have a schema and work only where Kafka carries the log."""
_INSIDE: Final = "http://arena.internal"
_JWKS: Final = "/api/identity/jwks.json"
_POOL: Final = 3
_OVERFLOW: Final = 4


class Addresses(Protocol):
    """Where each service finds its schema."""

    def url(self, service: str) -> URL:
        """The address of a service's schema."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the services prove themselves with; only identity needs the signing keys (PEM)."""

    signing_keys: str | None
    internal_token: str


@dataclass(frozen=True, slots=True)
class Share:
    """What of the platform a process has: services with HTTP, services with workers, and where the others are."""

    serve: tuple[str, ...] = SERVICES
    work: tuple[str, ...] = WORKING
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def keeping(self) -> tuple[str, ...]:
        """The services whose schemas this process uses."""
        return tuple(name for name in (*KEEPING, *CARRIED) if name in self.serve or name in self.work)


EVERYTHING: Final = Share()


@dataclass(frozen=True, slots=True)
class Assembled:
    """A process's parts, constructed and not yet running."""

    http: Platform
    workers: Workers
    services: tuple[Service, ...]
    units: dict[str, Units]
    ways: Ways
    share: Share

    async def check(self) -> None:
        """Ask every service that is to work here whether it may start; raises what one of them has against it."""
        for service in self.services:
            if service.check is not None and service.name in self.share.work:
                await service.check()

    def begin_to_close(self) -> None:
        """Let long connections go before the server waits for them."""
        for service in self.services:
            service.closing()

    async def close(self) -> None:
        """Give the connections back."""
        await self.ways.aclose()
        for units in self.units.values():
            await units.engine.dispose()


@dataclass(frozen=True, slots=True)
class Parts:
    """What services are constructed from."""

    settings: Settings
    units: dict[str, Units]
    authenticator: Authenticator
    limits: RateLimits
    bell: Bell
    bus: Bus
    keys: SigningKeys | None
    ways: Ways
    plain: Outbound
    """Speaks to the other services as nobody."""
    trusted: Outbound
    """Speaks to the other services as one of them."""


@dataclass(frozen=True, slots=True)
class Housekept:
    """A service that is only tidied: nothing to consume, nothing due."""

    units: Units
    consumers: tuple[Consumer, ...] = ()
    due: Mapping[str, DueHandler] = field(default_factory=dict)


def assemble_share(settings: Settings, database: Addresses, secrets: Secrets, share: Share, *more: Callable[[Parts], Working]) -> Assembled:
    """Construct what a process has of the platform, over a database that is open; `more` is what has no HTTP."""
    parts = _parts(settings, database, secrets, share, [*share.keeping, *(["resources"] if more else [])])
    constructed = {name: _CONSTRUCTORS[name](parts) for name in _CONSTRUCTORS if name in share.serve or name in _with_workers(share)}
    serving = [service for name, service in constructed.items() if name in share.serve]
    working: list[Working] = [constructed[name] for name in _with_workers(share)]
    working += [Housekept(parts.units[name]) for name in share.work if name not in constructed]
    working += [make(parts) for make in more]
    for units in parts.units.values():
        units.on_append = parts.bell.ring
    others = [*(_relays(parts) if RELAY in share.work else ()), *_mirrors(parts, [constructed[name] for name in _with_workers(share)])]
    workers = Workers.of(working, parts.bell, parts.bus, others)
    checks: dict[str, Check] = {"workers": workers.check} if parts.units else {}
    if parts.units:
        checks = {"database": _answers(next(iter(parts.units.values()))), **checks}
    http = compose_apps([service.app for service in serving], settings=settings, checks=checks, version=__version__)
    parts.ways.inside = http
    return Assembled(http, workers, tuple(constructed.values()), parts.units, parts.ways, share)


def _with_workers(share: Share) -> tuple[str, ...]:
    """The services to work for that have more than housekeeping; identity is constructed for its HTTP only, as that needs its keys."""
    return tuple(name for name in share.work if name not in CARRIED and (name != "identity" or name in share.serve))


def _parts(settings: Settings, database: Addresses, secrets: Secrets, share: Share, schemas: list[str]) -> Parts:
    catalogue = Catalogue(LOGS, partition_of)
    archive = open_archive(settings.archive)
    units = {name: open_units(database.url(name), catalogue, pool_size=_POOL, overflow=_OVERFLOW, archive=archive) for name in schemas}
    ways = Ways(frozenset(share.serve), share.addresses, secrets.internal_token)
    plain = Outbound(_INSIDE, transport=ways)
    trusted = Outbound(_INSIDE, transport=ways, internal_token=secrets.internal_token)
    keys = SigningKeys.load(secrets.signing_keys) if secrets.signing_keys and "identity" in share.serve else None
    verifier = TokenVerifier(GivenKeys(keys.public) if keys else JwksKeys(plain, _JWKS))
    authenticator = Authenticator(verifier, internal_token=secrets.internal_token, workloads=workloads_of(settings))
    limits = RateLimits(writes_per_second=settings.writes_per_second, sign_ins_per_minute=settings.sign_ins_per_minute)
    bell = Bell(conninfo(database.url("scoring" if "scoring" in units else schemas[0])) if schemas else "")
    return Parts(settings, units, authenticator, limits, bell, _bus(settings, bell), keys, ways, plain, trusted)


def _bus(settings: Settings, bell: Bell) -> Bus:
    behind = LogBus(bell)
    if settings.bus is BusChoice.LOG:
        return behind
    from arena.chassis.bus.kafka.codec import open_codec  # noqa: PLC0415 - only who has Kafka has its client
    from arena.chassis.bus.kafka.source import KafkaBus  # noqa: PLC0415 - see above

    return KafkaBus(settings, behind, open_codec(settings, LOGS))


# Each imports its service when called: a process loads only what it has.
def _identity(parts: Parts) -> Service:
    from arena.identity import app  # noqa: PLC0415 - see above

    if parts.keys is None:
        raise ValueError("identity needs its signing keys")
    return app.assemble(parts.settings, parts.units["identity"], parts.authenticator, parts.limits, parts.keys)


def _habits(parts: Parts) -> Service:
    from arena.habits import app  # noqa: PLC0415 - see above

    return app.assemble(parts.settings, parts.units["habits"], parts.authenticator, parts.limits)


def _scoring(parts: Parts) -> Service:
    from arena.scoring import app  # noqa: PLC0415 - see above

    return app.assemble(parts.settings, parts.units["scoring"], parts.authenticator, parts.limits)


def _battles(parts: Parts) -> Service:
    from arena.battles import app  # noqa: PLC0415 - see above

    return app.assemble(parts.settings, parts.units["battles"], parts.authenticator, parts.limits, parts.plain, parts.trusted)


def _live(parts: Parts) -> Service:
    from arena.live import app  # noqa: PLC0415 - see above

    neighbours = {"battles": parts.plain, "scoring": parts.trusted, "identity": parts.trusted}
    return app.assemble(parts.settings, parts.units["live"], parts.authenticator, parts.limits, parts.bus, neighbours)


def _web(parts: Parts) -> Service:
    from arena.web import app  # noqa: PLC0415 - see above

    return app.assemble(parts.settings, parts.authenticator, parts.limits, parts.ways)


def _relays(parts: Parts) -> Sequence[Runner]:
    from arena.relay import app  # noqa: PLC0415 - see above

    return app.assemble(parts.settings, parts.units[RELAY], parts.bell)


def _mirrors(parts: Parts, services: Sequence[Service]) -> Sequence[Runner]:
    """Where Kafka carries the log it is told of dead letters too, by whoever works for a service that consumes."""
    if parts.settings.bus is BusChoice.LOG:
        return ()
    from arena.chassis.bus.kafka.connection import reach  # noqa: PLC0415 - only who has Kafka has its client
    from arena.chassis.bus.kafka.dead_letters import Mirror  # noqa: PLC0415 - see above

    logs = LogBus(parts.bell)

    def mirror(service: Service, units: Units) -> Runner:
        config = reach(parts.settings, f"{service.name}-dead-letters")
        return Mirror(service.name, units, config, lambda log: logs.source(units.engine, log, None), parts.settings.kafka_prefix)

    return [mirror(service, service.units) for service in services if service.consumers and service.units is not None]


_CONSTRUCTORS: Final[Mapping[str, Callable[[Parts], Service]]] = {
    "identity": _identity,
    "habits": _habits,
    "scoring": _scoring,
    "battles": _battles,
    "live": _live,
    "web": _web,
}


def carried(settings: Settings) -> tuple[str, ...]:
    """What Kafka adds to `WORKING` and `KEEPING` in an installation with these settings."""
    return CARRIED if settings.bus is BusChoice.KAFKA else ()


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
