"""The schema beside the live one: made empty, filled by others, then given the live one's name in one transaction, or dropped."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, Final

from psycopg import AsyncConnection, Rollback, errors
from sqlalchemy import URL, create_engine

from arena.chassis.db.migrate import migrate
from arena.embedded.assembling import conninfo
from arena.embedded.rebuilding.refusals import AlreadyReplaying, OtherVersion, StillRunning, TooBusy
from arena.scoring.app import SCHEMA

LIVE: Final = SCHEMA.name
BESIDE: Final = f"{LIVE}_rebuilt"
_BEFORE: Final = f"{LIVE}_replaced"
_PREPARING: Final = "hashtext('arena.provision')"
"""The lock under which schemas are prepared: a platform that starts meanwhile waits for it."""
_PATIENCE: Final = "500ms"
"""How long others wait for us at most while we wait for tables: less than `deadlock_timeout` (1 s), so it is never they who are ended."""
_MOMENT: Final = 2.0

Positions = dict[tuple[str, int], int]
"""(consumer, partition) → the position up to which it has applied its log."""


class Beside:
    """The empty schema and what the administrator does with it."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    async def prepare(self, service: URL) -> None:
        """An empty schema of this program's version, with nothing left of a rebuild that was killed.

        Raises:
            OtherVersion: the live one is not of this version.
        """
        await self.clear()
        await self._connection.execute(f"create schema {BESIDE} authorization {SCHEMA.role}")
        await asyncio.to_thread(_migrate, service)
        live = await _revision(self._connection, LIVE)
        if live is not None and live != await _revision(self._connection, BESIDE):
            raise OtherVersion(live)

    async def clear(self) -> None:
        """Drop what is no longer, or never was, the live one."""
        for name in (BESIDE, _BEFORE):
            await self._connection.execute(f"drop schema if exists {name} cascade")

    async def applied(self) -> Positions:
        """Up to where the live consumers have applied their logs."""
        return await applied(self._connection)

    async def wait_until_alone(self) -> None:
        """Nobody works with scoring, and nobody begins to. A session that was just closed may be listed for a moment.

        Raises:
            StillRunning.
        """
        if not await _value(self._connection, f"select pg_try_advisory_lock({_PREPARING})"):
            raise StillRunning
        asked = "select exists (select from pg_stat_activity where usename = %s and datname = current_database())"
        deadline = monotonic() + _MOMENT
        while await _value(self._connection, asked, SCHEMA.role):
            if monotonic() > deadline:
                raise StillRunning
            await asyncio.sleep(0.05)

    async def take_the_place(self) -> None:
        """Where nobody works with the live one: drop it and take its name; what was once discarded stays on record."""
        connection = self._connection
        async with connection.transaction():
            await connection.execute(f"select pg_advisory_xact_lock({_PREPARING})")
            await self._take_along(set(await _tables(connection, LIVE)) & {"discarded", "dead_letter"})
            await connection.execute(f"drop schema if exists {LIVE} cascade")
            await connection.execute(f"alter schema {BESIDE} rename to {LIVE}")

    async def change_places(
        self,
        come_near: Callable[[], Awaitable[None]],
        finish: Callable[[Positions], Awaitable[bool]],
        *,
        taken_along: Sequence[str],
        due: Sequence[tuple[str, str]],
        attempts: int,
    ) -> float:
        """Hold the live tables, let `finish` bring the others to exactly their positions, and change the names: all or nothing.

        Whoever works with scoring waits meanwhile and goes on with the new tables: a session that waited for a table looks its name up
        again. Everything that touches a live table ends before, because each table is held alone.

        Args:
            come_near: leaves `finish` little to do; nobody is held meanwhile.
            finish: told the positions; False where it would take too long now, and is to be tried again.
            taken_along: tables that remember what was said and what is due: they are no projection and stay what they are.
            due: (kind, key) of what whoever goes on has to do at once.
            attempts: how often to try.

        Returns:
            The seconds for which others had to wait.

        Raises:
            TooBusy: somebody holds the tables, again and again.
        """
        for _ in range(attempts):
            await come_near()
            began, done = monotonic(), False
            try:
                async with self._connection.transaction():
                    await self._hold()
                    done = await finish(await self.applied())
                    if not done:
                        raise Rollback
                    await self._rename(taken_along, due)
            except (errors.LockNotAvailable, errors.DeadlockDetected):
                await asyncio.sleep(random.uniform(0.1, 0.4))  # noqa: S311 - jitter, not a secret
            if done:
                return monotonic() - began
        raise TooBusy

    async def _hold(self) -> None:
        """Each table alone, first those that writers begin with, so that nobody is stopped half-way."""
        connection = self._connection
        await connection.execute(f"set local lock_timeout = '{_PATIENCE}'")
        await connection.execute(f"select pg_advisory_xact_lock({_PREPARING}), pg_advisory_xact_lock(hashtext('arena.provision.{LIVE}'))")
        if await _revision(connection, LIVE) != await _revision(connection, BESIDE):
            raise OtherVersion(await _revision(connection, LIVE))
        first = ("applied", "due")
        tables = sorted(await _tables(connection, LIVE), key=lambda name: (name not in first, name))
        await connection.execute(f"lock table {', '.join(f'{LIVE}.{name}' for name in tables)} in access exclusive mode")

    async def _rename(self, taken_along: Sequence[str], due: Sequence[tuple[str, str]]) -> None:
        """The last words still to be said are due again should the live one have lost them."""
        connection = self._connection
        missing = f"select kind, key, at from {BESIDE}.due where kind = 'battle.close'"
        at_once = "select kind, key, now() from unnest(%s::text[], %s::text[]) d(kind, key)"
        columns = [[kind for kind, _ in due], [key for _, key in due]]
        sooner = "on conflict (kind, key) do update set at = least(d.at, excluded.at)"
        await connection.execute(f"insert into {LIVE}.due as d (kind, key, at) {missing} union all {at_once} {sooner}", columns)
        await self._take_along(taken_along)
        await connection.execute(f"alter schema {LIVE} rename to {_BEFORE}")
        await connection.execute(f"alter schema {BESIDE} rename to {LIVE}")

    async def _take_along(self, tables: Collection[str]) -> None:
        for table in tables:
            await self._connection.execute(f"drop table {BESIDE}.{table}")
            await self._connection.execute(f"alter table {LIVE}.{table} set schema {BESIDE}")


@asynccontextmanager
async def beside(admin: URL) -> AsyncIterator[Beside]:
    """The administrator's hand, for one rebuild at a time. What it leaves behind is dropped, at the latest by the next one.

    Raises:
        AlreadyReplaying.
    """
    async with await AsyncConnection.connect(conninfo(admin), autocommit=True) as connection:
        if not await _value(connection, "select pg_try_advisory_lock(hashtext('arena.replay'))"):
            raise AlreadyReplaying
        place = Beside(connection)
        try:
            yield place
        finally:
            await place.clear()


@asynccontextmanager
async def snapshot(admin: URL) -> AsyncIterator[AsyncConnection[Any]]:
    """The database as it is at one instant; nobody waits for whoever looks at it."""
    async with await AsyncConnection.connect(conninfo(admin), autocommit=True) as connection, connection.transaction():
        await connection.execute("set transaction isolation level repeatable read, read only")
        yield connection


async def applied(connection: AsyncConnection[Any]) -> Positions:
    """Up to where the live consumers have applied their logs, as this connection sees it."""
    cursor = await connection.execute(f"select consumer, partition, position from {LIVE}.applied")
    return {(consumer, partition): position for consumer, partition, position in await cursor.fetchall()}


async def _tables(connection: AsyncConnection[Any], schema: str) -> list[str]:
    cursor = await connection.execute(
        "select tablename from pg_tables where schemaname = %s and tablename <> 'alembic_version' order by 1", (schema,)
    )
    return [name for (name,) in await cursor.fetchall()]


async def _revision(connection: AsyncConnection[Any], schema: str) -> str | None:
    if not await _value(connection, "select to_regclass(%s) is not null", f"{schema}.alembic_version"):
        return None
    found: str | None = await _value(connection, f"select version_num from {schema}.alembic_version")
    return found


async def _value(connection: AsyncConnection[Any], query: str, *values: object) -> Any:
    row = await (await connection.execute(query.encode(), values)).fetchone()
    return row[0] if row else None


def _migrate(service: URL) -> None:
    if SCHEMA.versions is None:
        raise RuntimeError("scoring has no migrations")
    engine = create_engine(service)
    try:
        with engine.begin() as own:
            migrate(own, BESIDE, SCHEMA.versions)
    finally:
        engine.dispose()
