"""The unit of work: state, events, positions and due times are committed together or not at all.

Three doors open one: HTTP, the consumer runner and the due runner. Use cases receive it and never commit.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import structlog
from psycopg import AsyncConnection as Driver
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arena.chassis.bus.catalogue import Catalogue, Entry
from arena.chassis.core.telemetry import counter, traceparent

_log = structlog.get_logger(__name__)

# %b: arrays go over in binary. As text, psycopg escapes each element by regular expression: 25 µs an event instead of 2.
_APPEND = "select from log.append(%b::smallint[], %b::smallint[], %b::text[], %b::text[], %b::text[], %b::text[])"
_SCHEDULE = """
insert into due (kind, key, at) select * from unnest(%b::text[], %b::text[], %b::timestamptz[]) d(kind, key, at) order by kind, key
on conflict (kind, key) do update set at = excluded.at, attempts = 0"""
_UNSCHEDULE = "delete from due where (kind, key) in (select * from unnest(%b::text[], %b::text[]))"
_ADVANCE = """
update applied a set position = n.position, at = n.at
from unnest(%b::smallint[], %b::bigint[], %b::timestamptz[]) n(partition, position, at)
where a.consumer = %s and a.topic = %s and a.partition = n.partition"""

Position = tuple[int, datetime]


Question = tuple[str, Sequence[Any]]
"""A statement in psycopg's words, and its values."""


async def driver_of(connection: AsyncConnection) -> Driver[Any]:
    """The psycopg connection below SQLAlchemy's."""
    raw = (await connection.get_raw_connection()).driver_connection
    if not isinstance(raw, Driver):
        raise TypeError(f"not a psycopg connection: {raw!r}")
    return raw


@asynccontextmanager
async def one_round_trip(driver: Driver[Any]) -> AsyncIterator[None]:
    """Send what is executed in the block at once, then wait for all the answers.

    Whoever is torn out of it leaves a connection that waits for answers still: it is closed, so that the pool gives it to nobody.
    """
    try:
        async with driver.pipeline():
            yield
    except asyncio.CancelledError:
        await driver.close()
        raise


async def ask(driver: Driver[Any], *questions: Question) -> list[list[Any]]:
    """The rows of each statement, all sent in one round trip."""
    async with one_round_trip(driver):
        cursors = [await driver.execute(statement, values, binary=True) for statement, values in questions]
    return [await cursor.fetchall() if cursor.description else [] for cursor in cursors]


class UnitOfWork:
    """One transaction of one service."""

    def __init__(
        self, connection: AsyncConnection, now: datetime, catalogue: Catalogue, on_append: Callable[[frozenset[int]], None]
    ) -> None:
        self.connection = connection
        self.now = now
        """The instant of this transaction by the database clock (UTC)."""
        self.emitted: list[object] = []
        self.catalogue = catalogue
        self._on_append = on_append
        self._entries: list[Entry] = []
        self._headers: str | None = None
        self._due: dict[tuple[str, str], datetime | None] = {}
        self._advances: list[tuple[str, int, Mapping[int, Position]]] = []
        self._after: list[Callable[[], Awaitable[None]]] = []
        self._muted = False

    def emit(self, event: object) -> None:
        """Append `event` to its log as the last step before commit."""
        if not self.emitted:
            came_from = traceparent()
            self._headers = f'{{"traceparent":"{came_from}"}}' if came_from else None
        self.emitted.append(event)
        self._entries.append(self.catalogue.entry(event, self._headers))

    def schedule(self, kind: str, key: object, at: datetime) -> None:
        """Let the due runner act on (`kind`, `key`) at the instant `at`; a later call moves it."""
        self._due[kind, str(key)] = at

    def unschedule(self, kind: str, key: object) -> None:
        """Take back what was scheduled."""
        self._due[kind, str(key)] = None

    def advance(self, consumer: str, topic: int, positions: Mapping[int, Position]) -> None:
        """Record up to where `consumer` has applied a log: partition → (position, stamp)."""
        self._advances.append((consumer, topic, positions))

    def after_commit(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` once the transaction is durable (push, wake-up); its failure is logged and undoes nothing."""
        self._after.append(work)

    def mute(self) -> None:
        """Append nothing: a projection is being rebuilt from events whose consequences are in the log already."""
        self._muted = True

    @property
    def appends(self) -> bool:
        """Whether there is something to append."""
        return bool(self._entries) and not self._muted

    async def driver(self) -> Driver[Any]:
        """The psycopg connection below, for COPY and pipelines."""
        return await driver_of(self.connection)

    async def ask(self, *questions: Question) -> list[list[Any]]:
        """The rows of several statements that need no answer of one another: they share a round trip."""
        return await ask(await self.driver(), *questions)

    async def commit(self) -> None:
        """Append the events, advance the positions, commit: one round trip."""
        driver = await self.driver()
        async with one_round_trip(driver):
            await self._flush_due(driver)
            if self.appends:
                await driver.execute(_APPEND, _columns(self._entries))
            for consumer, topic, positions in self._advances:
                rows = [(partition, position, at) for partition, (position, at) in sorted(positions.items())]
                await driver.execute(_ADVANCE, (*_columns(rows), consumer, topic))
            # Not driver.commit(): its sync inside a pipeline waits for answers before everything is sent (psycopg 3.3), for ever
            # where the events do not fit into the socket's buffer. Leaving the pipeline sends all, then waits.
            await driver.execute("commit")
        await self.connection.commit()
        if self.appends:
            self._tell_appended()
        for work in self._after:
            await _quietly(work)

    def _tell_appended(self) -> None:
        topics = Counter(entry.topic for entry in self._entries)
        for topic, number in topics.items():
            counter("arena.log.appended").add(number, {"log": self.catalogue.logs[topic].name})
        self._on_append(frozenset(topics))

    async def _flush_due(self, driver: Driver[Any]) -> None:
        wanted = [(kind, key, at) for (kind, key), at in sorted(self._due.items()) if at is not None]
        unwanted = [pair for pair, at in sorted(self._due.items()) if at is None]
        if wanted:
            await driver.execute(_SCHEDULE, _columns(wanted))
        if unwanted:
            await driver.execute(_UNSCHEDULE, _columns(unwanted))

    @property
    def schedules(self) -> bool:
        """Whether a due time was set."""
        return any(at is not None for at in self._due.values())


def _columns(rows: Sequence[Sequence[Any]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))


async def _quietly(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception:  # noqa: BLE001 - the transaction is durable; what comes after it may fail, and the next one catches up
        _log.exception("after_commit_failed")


class Units:
    """Opens units of work for one service."""

    def __init__(self, engine: AsyncEngine, catalogue: Catalogue) -> None:
        self.engine = engine
        self.catalogue = catalogue
        self.on_append: Callable[[frozenset[int]], None] = lambda _: None
        """Told the numbers of the logs appended to, after commit (the bell)."""
        self.on_schedule: Callable[[], None] = lambda: None
        """Told that something became due sooner or later (the due runner)."""

    @asynccontextmanager
    async def begin(self, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        """A unit of work that commits when the block ends well and rolls back when it does not."""
        async with self.engine.connect() as connection:
            [[(now,)]] = await ask(await driver_of(connection), ("select now()", ()))  # goes out together with the driver's BEGIN
            uow = UnitOfWork(connection, now, self.catalogue, self.on_append)
            yield uow
            if not read_only:
                await uow.commit()
                if uow.schedules:
                    self.on_schedule()


class MutedUnits(Units):
    """Units of work that append nothing: for a projection built from events whose consequences are in the log already."""

    @asynccontextmanager
    async def begin(self, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        """As any other, muted."""
        async with super().begin(read_only=read_only) as uow:
            uow.mute()
            yield uow
