"""The due runner: claims what is due by the database clock, in batches, in the transaction of its effects.

So each due time takes effect once: late when nobody was there, never twice, and by one runner of several (`skip locked`).
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import text

from arena.chassis.core.tasks import unless
from arena.chassis.core.telemetry import counter, histogram
from arena.chassis.db.trouble import PASSING, passes
from arena.chassis.db.unit_of_work import UnitOfWork, Units

_log = structlog.get_logger(__name__)

DueHandler = Callable[[UnitOfWork, Sequence[str]], Awaitable[None]]

_CLAIM = """
with claimed as (
  select kind, key from due where at <= clock_timestamp() and kind = :kind order by at limit :most for update skip locked
)
delete from due d using claimed c where (d.kind, d.key) = (c.kind, c.key) returning d.kind, d.key, d.at, d.attempts"""


@dataclass(slots=True)
class DueRunner:
    """Acts on the due times of one service; `handlers` by kind, each given the keys that are due."""

    units: Units
    handlers: Mapping[str, DueHandler]
    batch: int = 500
    poll: float = 1.0
    pace: float = 0.2
    """Seconds from one act to the next: what falls due meanwhile shares a transaction. A full batch is followed by the next at once."""
    muted: bool = False
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Something was scheduled; look again."""
        self._woken.set()

    async def run(self) -> None:
        """Act until told to stop; between the acts sleep until the next due time, at most the poll interval."""
        pause = 0.05
        while not self.stopping.is_set():
            try:
                self._woken.clear()
                acted = await self.step()
                if not acted:
                    await unless(self.stopping, self._sleep(await self._until_next()))
                elif acted < self.batch:
                    await asyncio.sleep(self.pace)
                pause = 0.05
            except PASSING as trouble:
                _log.warning("due_runner_paused", seconds=pause, error=str(trouble).splitlines()[0])
                await unless(self.stopping, asyncio.sleep(random.uniform(pause / 2, pause)))  # noqa: S311 - jitter, not a secret
                pause = min(pause * 2, 5.0)

    async def step(self) -> int:
        """Claim and act on one batch of each kind that is due; answers how many."""
        return sum([await self._step_of(kind) for kind in await self._kinds_due()])

    async def _step_of(self, kind: str) -> int:
        """One kind a transaction: what a handler locks is then never held together with another kind's due rows."""
        try:
            return await self._act(kind)
        except Exception as wrong:
            if passes(wrong):
                raise
            return await self._one_by_one(kind)  # one bad key must not hold up the others

    async def _act(self, kind: str) -> int:
        async with self.units.begin() as uow:
            if self.muted:
                uow.mute()
            claimed = await self._claim(uow, kind)
            if claimed:
                await self.handlers[kind](uow, sorted(row.key for row in claimed))
        if claimed:
            counter("arena.due.acted").add(len(claimed), {"kind": kind})
            histogram("arena.due.lateness").record(max(0.0, (uow.now - min(row.at for row in claimed)).total_seconds()), {"kind": kind})
        return len(claimed)

    async def _one_by_one(self, kind: str) -> int:
        """Act on each due time alone; what fails again is put off with backoff, and said."""
        done = 0
        for key in await self._peek(kind):
            try:
                async with self.units.begin() as uow:
                    if self.muted:
                        uow.mute()
                    if await self._take(uow, kind, key):
                        await self.handlers[kind](uow, [key])
                done += 1
            except Exception as wrong:
                if passes(wrong):
                    raise
                _log.exception("due_failed", kind=kind, key=key)
                await self._put_off(kind, key)
        return done

    async def _kinds_due(self) -> list[str]:
        async with self.units.begin(read_only=True) as uow:
            rows = await uow.connection.execute(
                text(
                    "select k.kind from unnest(cast(:kinds as text[])) k(kind) where exists "
                    "(select from due d where d.kind = k.kind and d.at <= clock_timestamp())"
                ),
                {"kinds": list(self.handlers)},
            )
            return [row.kind for row in rows]

    async def _claim(self, uow: UnitOfWork, kind: str) -> Sequence[Any]:
        return (await uow.connection.execute(text(_CLAIM), {"kind": kind, "most": self.batch})).all()

    async def _peek(self, kind: str) -> list[str]:
        async with self.units.begin(read_only=True) as uow:
            rows = await uow.connection.execute(
                text("select key from due where at <= clock_timestamp() and kind = :kind order by at limit :most"),
                {"kind": kind, "most": self.batch},
            )
            return [row.key for row in rows]

    async def _take(self, uow: UnitOfWork, kind: str, key: str) -> bool:
        taken = await uow.connection.execute(
            text("delete from due where kind = :kind and key = :key and at <= clock_timestamp() returning 1"), {"kind": kind, "key": key}
        )
        return taken.first() is not None

    async def _put_off(self, kind: str, key: str) -> None:
        async with self.units.begin() as uow:
            await uow.connection.execute(
                text(
                    "update due set attempts = attempts + 1, at = clock_timestamp() + least(power(2, attempts), 300) * interval '1 second' "
                    "where kind = :kind and key = :key"
                ),
                {"kind": kind, "key": key},
            )

    async def _until_next(self) -> float:
        async with self.units.begin(read_only=True) as uow:
            row = (
                await uow.connection.execute(
                    text("select min(at) as at, clock_timestamp() as now from due where kind = any(:kinds)"), {"kinds": list(self.handlers)}
                )
            ).one()
        return self.poll if row.at is None else min(self.poll, max(0.0, _seconds(row.now, row.at)))

    async def _sleep(self, seconds: float) -> None:
        # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()
