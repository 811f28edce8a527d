"""The workers: each takes the next key, runs its pass, and says when to look again."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import Final

from arena.chassis.core.clock import Clock
from arena.chassis.core.logging import get_logger
from arena.chassis.core.tasks import end
from arena.chassis.core.telemetry import counter, histogram, record_failure, span
from arena_operator.cluster.api import ApiError, ApiUnreachable, NotLeading
from arena_operator.cluster.cache import Cache, Entry
from arena_operator.handlers.passes import Outcome, Passes
from arena_operator.handlers.queue import Queue, Turn, Urgency
from arena_operator.handlers.waking import Namespace

_log = get_logger(__name__)
_PASS_SECONDS: Final = 60.0
_DONE: Final = "done"


class Workers:
    """So many passes at a time.

    Args:
        queue: whose turn it is.
        passes: what is run.
        cache: what the watches said.
        fence: under which we act; None when we may not.
        clock: the wall clock and the stopwatch.
        resync: seconds after which a resource is looked at without a reason.
        draw: a number in [0, 1); resyncs are spread by it.
    """

    def __init__(
        self,
        queue: Queue,
        passes: Passes,
        cache: Cache,
        fence: Callable[[], int | None],
        clock: Clock,
        *,
        resync: float,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._queue = queue
        self._passes = passes
        self._cache = cache
        self._fence = fence
        self._clock = clock
        self._resync = resync
        self._draw = draw

    async def run(self, count: int, over: asyncio.Event, grace: Callable[[], float]) -> None:
        """Work until `over`; passes that run then have so many more seconds to end, and are broken off after that."""
        self._queue.open()
        workers = [asyncio.create_task(self._work(), name=f"worker {number}") for number in range(count)]
        told = asyncio.create_task(over.wait())
        try:
            await asyncio.wait({told, *workers}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            self._queue.close()
            await end(workers, grace=grace())
        for worker in workers:
            if not worker.cancelled():
                worker.result()

    async def _work(self) -> None:
        while (turn := await self._queue.take()) is not None:
            await self._turn(turn)

    async def _turn(self, turn: Turn) -> None:
        fence = self._fence()
        if fence is None:
            self._queue.done(turn.key)
            return
        entry = None if isinstance(turn.key, Namespace) else self._cache.get(str(turn.key))
        if entry is None and not isinstance(turn.key, Namespace):
            self._queue.forget(turn.key)
            return
        kind, namespace, name = (entry.kind, entry.namespace, entry.name) if entry else ("Namespace", str(turn.key[0]), "")  # type: ignore[index]  # a Namespace
        began, outcome = perf_counter(), _DONE
        with span("arena.reconcile", kind=kind, namespace=namespace, resource=name, urgency=turn.urgency.name.lower()):
            try:
                async with asyncio.timeout(_PASS_SECONDS):
                    ended = await self._pass(turn, entry, fence)
            except NotLeading:
                self._queue.done(turn.key)
                outcome = "not_leading"
            except Exception as failure:  # noqa: BLE001 - whatever a pass meets, it is tried again; a crash loop helps nobody
                outcome = "failed"
                self._failed(turn, kind, f"{namespace}/{name}", failure)
            else:
                outcome = _DONE if ended.error is None else "moved"
                self._ended(turn, kind, ended)
        histogram("arena.operator.reconcile.duration").record(perf_counter() - began, {"kind": kind, "outcome": outcome})

    async def _pass(self, turn: Turn, entry: Entry | None, fence: int) -> Outcome:
        now = self._clock.now()
        if entry is not None:
            return await self._passes.resource(entry, now, fence)
        return Outcome(0, await self._passes.namespace(turn.key, now))  # type: ignore[arg-type]  # a key without an entry is a Namespace

    def _ended(self, turn: Turn, kind: str, ended: Outcome) -> None:
        if turn.urgency is Urgency.DUE:
            histogram("arena.operator.lateness").record(max(0.0, self._clock.monotonic() - turn.since), {"kind": kind})
        self._queue.done(turn.key, ended.version)
        if ended.look_again_at is not None:
            urgency = Urgency.DUE if ended.error is None else Urgency.RETRY
            self._queue.later(turn.key, self._seconds_until(ended.look_again_at), urgency)
        self._queue.later(turn.key, self._resync * (0.75 + self._draw() / 2), Urgency.RESYNC)

    def _failed(self, turn: Turn, kind: str, what: str, failure: Exception) -> None:
        record_failure(failure)
        wait = self._queue.failed(turn.key)
        expected = isinstance(failure, ApiError | ApiUnreachable | TimeoutError)
        counter("arena.operator.reconcile.errors").add(1, {"kind": kind, "error": type(failure).__name__})
        _log.warning("pass_failed", kind=kind, resource=what, why=str(failure), again_in=wait, exc_info=None if expected else failure)

    def _seconds_until(self, at: datetime) -> float:
        return (at - self._clock.now()).total_seconds()
