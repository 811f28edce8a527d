"""Follow a log from now on without a stored position: for readers that keep what they need in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog

from arena.chassis.bus.catalogue import Catalogue, RawRecord, Recorded, UnknownEvent
from arena.chassis.bus.consumer import origin
from arena.chassis.bus.source import EventSource, Reassigned
from arena.chassis.core.telemetry import batch_span
from arena.chassis.db.trouble import PASSING

_log = structlog.get_logger(__name__)
_AT_ONCE = 2000


class Tail:
    """Hands over what a log gains after `start`, in the order of each key."""

    def __init__(
        self, topic: int, source: EventSource, catalogue: Catalogue, follow: Callable[[Sequence[Recorded[Any]]], Awaitable[None]]
    ) -> None:
        self._topic = topic
        self._source = source
        self._catalogue = catalogue
        self._follow = follow
        self._cursors: dict[int, int] = {}

    async def start(self) -> None:
        """Take the log's heads as the beginning; call it before anything is looked up elsewhere."""
        self._cursors = dict(await self._source.heads())

    async def run(self) -> None:
        """Follow until cancelled; trouble with the database pauses, it never skips."""
        try:
            await self._run()
        finally:
            await self._source.close()

    async def _run(self) -> None:
        while True:
            try:
                if not await self.step():
                    await self._source.wait(0.5)
            except PASSING as trouble:
                _log.warning("tail_paused", topic=self._topic, error=str(trouble).splitlines()[0])
                await asyncio.sleep(0.5)
            except Exception:  # noqa: BLE001 - one event that cannot be shown must not end the view of all others
                _log.exception("tail_failed", topic=self._topic)

    async def step(self) -> int:
        """Hand over what there is; answers how many events."""
        if not self._cursors:
            await self.start()
        records = await self._source.read(self._cursors, _AT_ONCE)
        known, reached, begun_anew = [], dict(self._cursors), set()
        for record in records:
            if record.partition in begun_anew:
                continue
            try:
                event = await self._event(record)
            except Reassigned:
                begun_anew.add(record.partition)
                continue
            reached[record.partition] = record.position
            if event is not None:
                known.append(Recorded(event, record.partition, record.position, record.at, record.key))
        self._cursors = reached
        if known:
            origins = (origin(record.headers) for record in records)
            with batch_span("arena.push", origins, log=self._catalogue.logs[self._topic].name, **{"batch.size": len(known)}):
                await self._follow(known)
        return len(records)

    async def _event(self, record: RawRecord) -> Any:
        """What it says; None for what a later version says, which a view need not know. A broken copy is read where it came from.

        Raises:
            Reassigned: it is not there.
        """
        if self._catalogue.decoder(self._topic, record.type) is None:
            return None
        try:
            return self._catalogue.decode(self._topic, record)
        except UnknownEvent:
            whole = await self._source.original(record)
        with suppress(UnknownEvent):
            return self._catalogue.decode(self._topic, whole)
        return None
