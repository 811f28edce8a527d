"""The bell: says that a log has grown. One NOTIFY per flush, after commit and off the answer's path; whoever misses it polls.

(NOTIFY inside the transaction would hold a lock over the commit of all others.)
"""

import asyncio
import contextlib
from collections import defaultdict

import psycopg
import structlog

_log = structlog.get_logger(__name__)
CHANNEL = "arena_log"


class Bell:
    """Rings for, and listens to, logs by number, over connections of its own."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._rung: defaultdict[int, int] = defaultdict(int)
        self._waiters: defaultdict[int, set[asyncio.Event]] = defaultdict(set)
        self._pending: set[int] = set()
        self._work = asyncio.Event()

    def ring(self, topics: frozenset[int]) -> None:
        """Say that these logs have grown; several rings before the next NOTIFY are one."""
        self._pending |= topics
        self._work.set()

    def ticket(self, topic: int) -> int:
        """A mark: `wait` returns at once if the bell rang for the log after it was taken."""
        return self._rung[topic]

    async def wait(self, topic: int, ticket: int, seconds: float) -> None:
        """Until the bell rings for `topic` after `ticket`, at most `seconds`."""
        if self._rung[topic] != ticket:
            return
        event = asyncio.Event()
        self._waiters[topic].add(event)
        try:
            # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await event.wait()
        finally:
            self._waiters[topic].discard(event)

    async def run(self) -> None:
        """Ring and listen until cancelled; a lost connection is opened again (meanwhile consumers poll)."""
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._ring_out())
                    tasks.create_task(self._listen())
            except* (psycopg.Error, OSError) as lost:
                _log.warning("bell_connection_lost", error=str(lost.exceptions[0]))
                await asyncio.sleep(0.5)

    async def _ring_out(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._dsn, autocommit=True) as connection:
            while True:
                await self._work.wait()
                self._work.clear()
                topics, self._pending = self._pending, set()
                await connection.execute("select pg_notify(%s, %s)", (CHANNEL, ",".join(map(str, sorted(topics)))))

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._dsn, autocommit=True) as connection:
            await connection.execute(f"listen {CHANNEL}")
            async for notice in connection.notifies():
                for topic in notice.payload.split(","):
                    self._hear(int(topic))

    def _hear(self, topic: int) -> None:
        self._rung[topic] += 1
        for event in self._waiters[topic]:
            event.set()
