"""From term to term: while we hold the Lease the workers run; when it is lost they stop at once."""

import asyncio
from collections.abc import Callable

from arena_operator.cluster.lease import Lease
from arena_operator.handlers.waking import Waking
from arena_operator.handlers.workers import Workers


class Leading:
    """Holds the Lease, or stands by with warm caches.

    Args:
        lease: who leads.
        workers: what runs meanwhile.
        waking: told to look at everything when a term begins.
        count: passes at a time.
        grace: seconds that passes may go on once we are told to stop.
    """

    def __init__(self, lease: Lease, workers: Workers, waking: Waking, *, count: int, grace: float) -> None:
        self._lease = lease
        self._workers = workers
        self._waking = waking
        self._count = count
        self._grace = grace
        self._news = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Lead whenever we can, until `stopping`: then the passes end first, and the Lease is given back."""
        released = asyncio.Event()
        holding = asyncio.create_task(self._lease.run(released, self._news.set))
        told = asyncio.create_task(_tell(stopping, self._news))
        try:
            while not stopping.is_set():
                await self._changed()
                if (fence := self._lease.fence) is not None and not stopping.is_set():
                    await self._term(fence, stopping)
        finally:
            told.cancel()
            released.set()
            await asyncio.wait({holding})

    async def _term(self, fence: int, stopping: asyncio.Event) -> None:
        over = asyncio.Event()

        def grace() -> float:
            return self._grace if stopping.is_set() and self._lease.fence == fence else 0.0

        running = asyncio.create_task(self._workers.run(self._count, over, grace))
        running.add_done_callback(lambda _: self._news.set())
        await asyncio.sleep(0)
        self._waking.everything()
        try:
            while self._lease.fence == fence and not stopping.is_set() and not running.done():
                await self._changed()
        finally:
            over.set()
            await asyncio.wait({running})
        running.result()

    async def _changed(self) -> None:
        await self._news.wait()
        self._news.clear()


async def _tell(stopping: asyncio.Event, news: asyncio.Event) -> None:
    await stopping.wait()
    news.set()


def may_act(lease: Lease) -> Callable[[], bool]:
    """Whether we hold the Lease, asked before each write."""
    return lambda: lease.fence is not None
