"""Battles on a real PostgreSQL: a fresh database a test, the ledger as a small HTTP app, and time that passes when told."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from arena.battles.app import SCHEMA, assemble
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.bus.consumer import Consumer, ConsumerRunner
from arena.chassis.bus.due import DueRunner
from arena.chassis.bus.source import PostgresSource
from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.chassis.core.errors import NotAuthenticated
from arena.chassis.core.ids import new_id
from arena.chassis.core.resilience import RetryPolicy
from arena.chassis.core.settings import Settings
from arena.chassis.db.database import open_units
from arena.chassis.db.provision import ServiceSchema
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.outbound import Outbound
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.tokens import AccessToken, GivenKeys, TokenVerifier, issue_token
from arena.chassis.service import Service
from arena.chassis.testing.databases import TestDatabase, TestServer, dsn
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.events.scoring import BattleScored
from arena.contracts.registry import LOGS, partition_of
from arena.embedded.postgres.temporary import temporary_postgres

INTERNAL = "internal-token-of-the-services-0123456789"
NEIGHBOURS = ("identity", "scoring")
PLATFORM = {"authorization": "Bearer workload.operator"}
SERVICE = {"authorization": f"Bearer {INTERNAL}"}
Json = dict[str, Any]


@dataclass(slots=True)
class LedgerApp:
    """The part of the habits service that battles asks: whose habits are whose, and the settings in force."""

    habits: dict[str, list[UUID]] = field(default_factory=dict)
    settings: dict[str, Json] = field(default_factory=dict)
    failing: int = 0
    asked: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.failing:
            return httpx.Response(self.failing)
        who = request.headers["authorization"]
        if request.url.path == "/api/habits/settings":
            return httpx.Response(200, json=self.settings.get(who, {"time_zone": "UTC", "day_start": "00:00", "week_start": "mon"}))
        wanted = request.url.params["ids"].split(",")
        mine = [{"id": str(habit), "kind": "yes_no"} for habit in self.habits[who] if str(habit) in wanted]
        return httpx.Response(200, json={"items": mine, "next_cursor": None})


@dataclass(slots=True)
class AccountsApp:
    """The part of identity that battles asks: whose e-mail addresses are whose."""

    users: dict[str, UUID] = field(default_factory=dict)
    failing: int = 0
    asked: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.failing:
            return httpx.Response(self.failing)
        emails = json.loads(request.content)["emails"]
        found = [{"email": email, "user_id": str(self.users[email.lower()])} for email in emails if email.lower() in self.users]
        return httpx.Response(200, json={"users": found})


class Workloads:
    """Takes `workload.operator` for the operator's token."""

    def issued(self, raw: str) -> bool:
        return raw.startswith("workload.")

    async def verify(self, raw: str) -> None:
        if raw != "workload.operator":
            raise NotAuthenticated("The workload token is not good.")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a token, an e-mail address and two habits."""

    id: UUID
    header: dict[str, str]
    habits: list[UUID]
    email: str


@dataclass
class Stage:
    """A running battles service, its neighbours' logs, and people to use it."""

    http: httpx.AsyncClient
    service: Service
    units: Units
    scoring: Units
    identity: Units
    bell: Bell
    key: Ed25519PrivateKey
    ledger: LedgerApp
    accounts: AccountsApp

    def person(self, *roles: str, **settings: str) -> Person:
        """Somebody new; `settings` of their ledger."""
        user, now = new_id(), datetime.now(UTC)
        token = AccessToken(user, frozenset(roles), now + timedelta(minutes=15))
        value = "Bearer " + issue_token(token, key=self.key, kid="k1", issued_at=now, token_id=uuid4())
        self.ledger.habits[value] = [new_id(), new_id()]
        if settings:
            self.ledger.settings[value] = {"time_zone": "UTC", "day_start": "00:00", "week_start": "mon", **settings}
        email = f"{user}@example.org"
        self.accounts.users[email] = user
        return Person(user, {"authorization": value}, self.ledger.habits[value], email)

    async def call(self, who: Person | None, method: str, path: str, body: Json | None = None, **more: Any) -> httpx.Response:
        """One request under /api/battles."""
        header = {**(who.header if who else {}), **more.pop("headers", {})}
        return await self.http.request(method, f"/api/battles{path}", json=body, headers=header, **more)

    async def draft(self, owner: Person, **changes: Any) -> Json:
        """A new battle that begins in an hour and lasts for one."""
        return expect(await self.call(owner, "POST", "", battle_body(**changes)), 201)

    async def opened(self, owner: Person, **changes: Any) -> Json:
        """A new battle that people can join."""
        drafted = await self.draft(owner, **changes)
        return expect(await self.call(owner, "POST", f"/{drafted['id']}/open"), 200)

    async def put(self, uid: str, body: Json, **more: Any) -> httpx.Response:
        """An attempt to declare."""
        return await self.call(None, "PUT", f"/declarations/{uid}", body, headers=SERVICE, **more)

    async def declared(self, uid: str = "uid-1", **changes: Any) -> Json:
        """What a resource has declared, newly."""
        return expect(await self.put(uid, declaration_body(**changes)), 201)

    async def withdrawn(self, uid: str, *, fence: int = 1, cancel: bool = False) -> httpx.Response:
        """An attempt to withdraw."""
        return await self.call(None, "POST", f"/declarations/{uid}/withdraw", {"fence": fence, "cancel": cancel}, headers=SERVICE)

    async def look(self, uid: str) -> Json:
        """What a resource declares."""
        return expect(await self.call(None, "GET", f"/declarations/{uid}", headers=SERVICE), 200)

    async def joined(self, who: Person, battle: Json, **more: Any) -> httpx.Response:
        """An attempt to join with the invite."""
        body = {"habits": [str(habit) for habit in who.habits], "invite": battle.get("invite"), **more}
        return await self.call(who, "POST", f"/{battle['id']}/participants", body)

    async def running(self, owner: Person, *others: Person, **changes: Any) -> Json:
        """A battle under way among these."""
        battle = await self.opened(owner, **changes)
        for who in (owner, *others):
            expect(await self.joined(who, battle), 201)
        await self.pass_time(battle, timedelta(hours=1, seconds=1))
        await self.act()
        return await self.seen(owner, battle)

    async def seen(self, who: Person, battle: Json) -> Json:
        """The battle as somebody sees it."""
        return expect(await self.call(who, "GET", f"/{battle['id']}"), 200)

    async def pass_time(self, battle: Json, by: timedelta) -> None:
        """Let everything about a battle lie further back: what passing time comes down to."""
        columns = ", ".join(f"{name} = {name} - :by" for name in ("starts_at", "ends_at", "grace_ends_at", "audit_ends_at"))
        await self.sql(f"update battle set {columns} where id = :id", by=by, id=UUID(battle["id"]))
        await self.sql("update due set at = at - :by where key = :key", by=by, key=battle["id"])

    async def act(self) -> int:
        """Let the due runner do what is due; how many due times it acted on."""
        assert self.service.due
        runner = DueRunner(self.units, self.service.due)
        total = 0
        while done := await runner.step():
            total += done
        return total

    def runner(self, name: str) -> ConsumerRunner:
        """A runner of one of the service's consumers."""
        consumer: Consumer = next(found for found in self.service.consumers if found.name == name)
        return ConsumerRunner(self.units, consumer, PostgresSource(self.units.engine, consumer.log.number, range(16), self.bell))

    async def score(self, battle: Json, *, result_hash: str | None = None, **document: Any) -> str:
        """Scoring says the last word, and battles hears it."""
        digest = result_hash or sha256_hex(canonical_json(document))
        async with self.scoring.begin() as uow:
            uow.emit(BattleScored(battle["id"], document, digest))
        await self.runner("battles.results").drain()
        return digest

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """Run a statement beside the service."""
        async with self.units.begin() as uow:
            rows = await uow.connection.execute(text(statement), values)
            return list(rows) if rows.returns_rows else []

    async def events(self, battle: Json) -> list[Any]:
        """What was told of a battle, in order."""
        return [self.units.catalogue.decode(3, record) for record in await self.records() if record.key == battle["id"]]

    async def records(self) -> list[Any]:
        """Everything that was told of battles."""
        source = PostgresSource(self.units.engine, 3, range(16), self.bell)
        return list(await source.read(dict.fromkeys(range(16), 0), 100_000))

    async def told(self, battle: Json) -> list[str]:
        """The same in words: the type, or the phase where it is about one."""
        return [event.phase.value if hasattr(event, "phase") else type(event).__name__ for event in await self.events(battle)]


def expect(answer: httpx.Response, status: int) -> Json:
    """The document of an answer that must have this status."""
    assert answer.status_code == status, answer.text
    document: Json = answer.json() if answer.content else {}
    return document


def wall(after: timedelta) -> str:
    """A civil time in UTC, so long from now."""
    return (datetime.now(UTC) + after).replace(tzinfo=None).isoformat(timespec="microseconds")


EVENING = {"start": "2030-01-01T18:00", "end": "2030-01-01T19:00"}
"""A window that is the same whenever it is declared."""


def battle_body(**changes: Any) -> Json:
    """What to ask for: a free-for-all that begins in an hour and lasts for one; `window` holds changes of the window."""
    window = {"start": wall(timedelta(hours=1)), "end": wall(timedelta(hours=2)), "time_zone": "UTC", **changes.pop("window", {})}
    return {"name": "November", "kind": "free_for_all", "window": window, **changes}


def declaration_body(**changes: Any) -> Json:
    """What a resource declares: the same battle, its first word."""
    resource = {"kind": "Battle", "namespace": "games", "name": "november"}
    return {"resource": resource, "generation": 1, "fence": 1, **battle_body(window={**EVENING, **changes.pop("window", {})}), **changes}


@pytest.fixture(scope="session")
def battles_server() -> Iterator[TestServer]:
    """One server for all tests of battles; its neighbours are roles that may append to their logs."""
    use_tzdata_wheel()
    with temporary_postgres() as endpoint:
        yield TestServer.of(endpoint.url(), (SCHEMA, *(ServiceSchema(name, None) for name in NEIGHBOURS)), LOGS)


@pytest.fixture
def battles_database(battles_server: TestServer) -> Iterator[TestDatabase]:
    with battles_server.database() as fresh:
        yield fresh


@pytest.fixture
async def stage(battles_database: TestDatabase) -> AsyncIterator[Stage]:
    """The service over a fresh database; its workers act when told."""
    catalogue = Catalogue(LOGS, partition_of)
    units, *others = (open_units(battles_database.url(name), catalogue, pool_size=8, overflow=16) for name in ("battles", *NEIGHBOURS))
    key = Ed25519PrivateKey.generate()
    authenticator = Authenticator(TokenVerifier(GivenKeys({"k1": key.public_key()})), internal_token=INTERNAL, workloads=Workloads())
    ledger, accounts = LedgerApp(), AccountsApp()
    policy = RetryPolicy(attempts=2, base=0.001)
    habits, identity = (Outbound("http://neighbour.test", transport=httpx.MockTransport(app), policy=policy) for app in (ledger, accounts))
    service = assemble(Settings(), units, authenticator, RateLimits(writes_per_second=10_000), habits, identity)
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://arena.test") as http:
        yield Stage(http, service, units, others[1], others[0], Bell(dsn(battles_database.url("battles"))), key, ledger, accounts)
    for opened in (units, *others):
        await opened.engine.dispose()


@pytest.fixture
def problem() -> Callable[[httpx.Response], tuple[int, str]]:
    """The status and slug of a problem, once it is one in every respect."""

    def read(answer: httpx.Response) -> tuple[int, str]:
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        document = answer.json()
        assert document["status"] == answer.status_code
        return answer.status_code, str(document["type"]).rpartition("/")[2]

    return read


@pytest.fixture
def ask() -> Callable[..., Json]:
    """A body that asks for a battle."""
    return battle_body
