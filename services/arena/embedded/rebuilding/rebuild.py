"""A rebuild from the first event to the change of names; a verification ends before that.

The live projection works on all the while. It is held only at the end, for the few events that came since; killed at any point before
the last commit, a rebuild has changed nothing.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection
from sqlalchemy import URL
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from arena.chassis.bus import parking
from arena.chassis.bus.archive.continuation import carried, carrying
from arena.chassis.bus.archive.reading import Archive
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.bus.source import PostgresSource, read_heads
from arena.chassis.db.unit_of_work import MutedUnits, Units
from arena.contracts.registry import BATTLES, LEDGER, LOGS, PARTITIONS, STANDINGS, STREAKS, Log, partition_of
from arena.embedded.assembling import conninfo
from arena.embedded.rebuilding.beside import BESIDE, LIVE, Beside, Positions, applied, beside, snapshot
from arena.embedded.rebuilding.building import Advance, Build, Place
from arena.embedded.rebuilding.comparing import Difference, Differences, Side, Unsettled, compare
from arena.embedded.rebuilding.report import Rebuilt
from arena.scoring.storage.comparing import CALLED_OFF, PROJECTED, REMEMBERED, REVIEW, STANDING, STREAK
from arena.scoring.use_cases.ledger import STREAK_REVIEW
from arena.scoring.use_cases.rebuilding import announce_unsaid
from arena.scoring.use_cases.resuming import TablesBehind, check_tables
from arena.scoring.use_cases.scorekeeping import ANNOUNCE

_FEW: Final = 500
"""So many events may be left to apply while the live projection is held."""
_ROUNDS: Final = 20
_FOLLOWED: Final = (LEDGER, BATTLES, STANDINGS)
_AWAITED: Final[Mapping[str, tuple[str, frozenset[str] | None]]] = {
    STANDING: (ANNOUNCE, frozenset({"rank"})),  # while standings rest, points are kept and ranks wait
    CALLED_OFF: (ANNOUNCE, None),
    STREAK: (STREAK_REVIEW, None),
    REVIEW: (STREAK_REVIEW, None),
}
"""Where something is due, the live one is still what it was before: by table the kind, and the columns (None: the whole row)."""
_ANNOUNCED: Final = "announced standing"
_AGAIN: Final = {ANNOUNCE: (STANDING, _ANNOUNCED), STREAK_REVIEW: (STREAK, REVIEW)}
"""What is due at once after the change of places: by kind, the keys of what differs in these tables."""


class _Otherwise(Exception):
    """A result that was announced at the last moment comes out otherwise."""


async def backlog(units: Units) -> int:
    """How many events a rebuild reads, as far as is known at its beginning."""
    return sum([sum((await read_heads(units.engine, log.number)).values()) for log in _FOLLOWED])


async def verify(admin: URL, service: URL, units: Units, advance: Advance) -> Rebuilt:
    """Build scoring anew beside the live one, compare row by row, and leave everything as it was.

    Raises:
        TablesBehind: the tables know so little that there is nothing to compare.
        LogDamaged, AlreadyReplaying, OtherVersion: see there.
    """
    async with beside(admin) as place:
        if not await _sound(units):
            raise TablesBehind
        async with _fresh(place, service, units, advance, carried(units.engine)) as build:
            return await _Rebuild(place, admin, build).compared()


async def rebuild(admin: URL, service: URL, units: Units, advance: Advance, *, accept: bool = False, attempts: int = 100) -> Rebuilt:
    """Build scoring anew and let it take the place of the live one.

    Args:
        admin: the administrator's address of the database.
        service: scoring's own address.
        units: scoring's units of work.
        advance: told how many events were read.
        accept: let it take the place although results differ.
        attempts: how often it tries to hold the live tables, each half a second at most.

    Raises:
        StillRunning: the live tables know less than was announced, so nobody may work on them meanwhile.
        LogDamaged, AlreadyReplaying, OtherVersion, TooBusy: see there.
    """
    async with beside(admin) as place:
        sound = await _sound(units)
        if not sound:
            await units.engine.dispose()  # our own connections are not somebody else's
            await place.wait_until_alone()
        async with _fresh(place, service, units if sound else None, advance, carried(units.engine)) as build:
            work = _Rebuild(place, admin, build)
            if not sound:
                return await work.from_the_log_alone(units, accept=accept)
            return await work.beside_the_live(accept=accept, attempts=attempts)


@dataclass(slots=True)
class _Rebuild:
    """One rebuild: where, by whom."""

    place: Beside
    admin: URL
    build: Build
    unsettled: dict[str, Unsettled] = field(default_factory=dict)
    """By table, of what the live one had still to say something."""

    async def compared(self) -> Rebuilt:
        """Catch up with the live one, and compare at equal positions."""
        await self._catch_up()
        return await self._report(await self._compare())

    async def beside_the_live(self, *, accept: bool, attempts: int) -> Rebuilt:
        """Compare, then change places: at the end the live one is held, so that both are at the same position."""
        found = await self.compared()
        if found.wrong and not accept:
            return found
        told = [found]

        async def finish(positions: Positions) -> bool:
            if self.build.behind(positions) > _FEW:
                return False
            await self.build.apply(positions)
            await self.build.hear()
            told.append(await self._report(found.differences))
            if told[-1].wrong and not accept:
                raise _Otherwise
            return True

        keys = found.differences.keys
        again = {
            ANNOUNCE: keys.get(STANDING, set()) | keys.get(_ANNOUNCED, set()),
            STREAK_REVIEW: keys.get(STREAK, set()) | keys.get(REVIEW, set()),
        }
        soon = [(kind, str(key)) for kind, some in again.items() for key in some]
        try:
            held = await self.place.change_places(self._catch_up, finish, taken_along=REMEMBERED, due=soon, attempts=attempts)
        except _Otherwise:
            return told[-1]
        return replace(told[-1], announced=len(again[ANNOUNCE]), replaced=True, held=held)

    async def from_the_log_alone(self, units: Units, *, accept: bool) -> Rebuilt:
        """Where the live tables are lost: everything in the logs is applied, and what was never announced is announced afterwards."""
        build = self.build
        await build.apply(None)
        await build.read_finalised(None)
        await build.hear()
        await build.review()
        await build.hear()
        found = await self._report(Differences())
        if found.wrong and not accept:
            return found
        await self.place.take_the_place()
        async with units.begin() as uow:
            unsaid = await announce_unsaid(uow, build.said.battles)
        return replace(found, announced=unsaid, replaced=True)

    async def _catch_up(self) -> None:
        """Come near to the live one, which goes on."""
        for _ in range(_ROUNDS):
            await self.build.apply(await self.place.applied())
            if self.build.behind(await self.place.applied()) <= _FEW // 10:
                return

    async def _compare(self) -> Differences:
        """Compare with the live one as it is at one instant; nobody waits for it."""
        found, build = Differences(), self.build
        async with snapshot(self.admin) as live:
            positions = await applied(live)
            heads = await live.execute("select partition, position from log.head where topic = %s", (STANDINGS.number,))
            await build.apply(positions)
            await build.read_finalised(positions)
            await build.hear(dict(await heads.fetchall()))
            await build.review()
            await build.hear({})
            async with await AsyncConnection.connect(conninfo(self.admin), autocommit=True) as other, other.transaction():
                for one in PROJECTED:
                    unsettled = self.unsettled[one.name] = await _unsettled(live, one.name)
                    await compare(found, one, Side(live, LIVE), Side(other, BESIDE), unsettled)
            await self._compare_announced(found)
            shown = await live.execute("select battle_id, encode(sha256(convert_to(document, 'UTF8')), 'hex') from battles.result")
            build.shown = dict(await shown.fetchall())
        return found

    async def _compare_announced(self, found: Differences) -> None:
        """What was announced last of each battle with what is to be announced: whoever watches was told that."""
        async for battle_id, user_id, said, stands in self.build.unlike_announced():
            if battle_id not in self.unsettled[STANDING].keys:
                rows = [row and {"rank": row[0], "score": row[1]} for row in (said, stands)]
                found.add(Difference(_ANNOUNCED, {"battle_id": battle_id, "user_id": user_id}, *rows))

    async def _report(self, differences: Differences) -> Rebuilt:
        """What there is to tell before the places change."""
        build = self.build
        waiting = {table: len(one.keys) for table, one in self.unsettled.items() if one.keys}
        return Rebuilt(build.events, await build.hashes(), await build.parked(), differences, waiting)


async def _unsettled(live: AsyncConnection[Any], table: str) -> Unsettled:
    """Of what the live one has still to say something, or had until a moment ago; a review that failed is tried again later."""
    if table not in _AWAITED:
        return Unsettled()
    kind, meanwhile = _AWAITED[table]
    rows = await live.execute(
        f"select key::uuid from {LIVE}.due where kind = %s and (at <= clock_timestamp() or attempts > 0 or kind = %s)", (kind, ANNOUNCE)
    )
    return Unsettled(frozenset(key for (key,) in await rows.fetchall()), meanwhile)


async def _sound(units: Units) -> bool:
    """Whether the live tables can be gone on from."""

    def source_of(log: Log) -> PostgresSource:
        return PostgresSource(units.engine, log.number, range(PARTITIONS), Bell(""))

    try:
        async with units.begin(read_only=True) as uow:
            await check_tables(uow, source_of(STANDINGS), source_of(STREAKS))
    except (TablesBehind, ProgrammingError, psycopg.errors.UndefinedTable):
        return False
    return True


@asynccontextmanager
async def _fresh(place: Beside, service: URL, live: Units | None, advance: Advance, archive: Archive | None) -> AsyncIterator[Build]:
    """A build over the empty schema, from the log and its archive; from the live one it knows what was given up."""
    await place.prepare(service)
    options = f"-c timezone=UTC -c search_path={BESIDE}"
    connecting = {"options": options, "connect_timeout": 10}
    engine = create_async_engine(service, pool_size=3, connect_args=connecting, execution_options=carrying(archive))
    discarded: frozenset[Place] = frozenset()
    if live is not None:
        async with live.begin(read_only=True) as uow:
            discarded = await parking.discarded(uow)
    try:
        yield Build(MutedUnits(engine, Catalogue(LOGS, partition_of)), advance, discarded)
    finally:
        await engine.dispose()
