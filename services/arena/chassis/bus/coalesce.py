"""Group commit: what waits is written in one transaction, each command answered after the commit, a bad one failing alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from arena.chassis.core.telemetry import batch_span, histogram, traceparent
from arena.chassis.db.trouble import passes
from arena.chassis.db.unit_of_work import UnitOfWork, Units

C = TypeVar("C")
R = TypeVar("R")
C_contra = TypeVar("C_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class CommandQueue(Protocol[C_contra, R_co]):
    """Runs commands, each answered once it is durable."""

    async def submit(self, command: C_contra) -> R_co:
        """The command's result; raises what is wrong with it."""


class _Waiting(NamedTuple, Generic[C, R]):
    """A command, who waits for its answer, and the trace it came from."""

    command: C
    future: "asyncio.Future[R]"
    origin: str | None


class OneByOne(Generic[C, R]):
    """A transaction for each command: what the coalescer is measured against."""

    def __init__(self, units: Units, act: Callable[[UnitOfWork, Sequence[C]], Awaitable[Sequence[R | Exception]]]) -> None:
        self._units = units
        self._act = act

    async def submit(self, command: C) -> R:
        """The command's result, once it is durable."""
        async with self._units.begin() as uow:
            [outcome] = await self._act(uow, [command])
            if isinstance(outcome, Exception):
                raise outcome
        return outcome


class Coalescer(Generic[C, R]):
    """Collects commands of concurrent requests and runs them as one batch in one unit of work.

    `act` answers each command with a result, or with the exception that is its alone; should it raise, the batch is halved.
    """

    def __init__(
        self, units: Units, act: Callable[[UnitOfWork, Sequence[C]], Awaitable[Sequence[R | Exception]]], *, most: int = 500
    ) -> None:
        self._units = units
        self._act = act
        self._most = most
        self._waiting: list[_Waiting[C, R]] = []
        self._flusher: asyncio.Task[None] | None = None

    async def submit(self, command: C) -> R:
        """The command's result, once it is durable.

        Raises whatever is wrong with this command, or the database's trouble when nothing could be written.
        """
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(command, future, traceparent()))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        return await future

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            await self._settle(batch)

    async def _settle(self, batch: Sequence["_Waiting[C, R]"]) -> None:
        histogram("arena.coalescer.batch.size").record(len(batch))
        try:
            with batch_span("arena.flush", [waiting.origin for waiting in batch], **{"batch.size": len(batch)}):
                async with self._units.begin() as uow:
                    outcomes = await self._act(uow, [waiting.command for waiting in batch])
        except Exception as wrong:  # noqa: BLE001 - it becomes the answer of whoever caused it
            await self._halve(batch, wrong)
            return
        for waiting, outcome in zip(batch, outcomes, strict=True):
            _answer(waiting.future, outcome)

    async def _halve(self, batch: Sequence["_Waiting[C, R]"], wrong: Exception) -> None:
        if len(batch) == 1 or passes(wrong):  # the database's trouble is everybody's: halving would only ask it more often
            for waiting in batch:
                _answer(waiting.future, wrong)
            return
        middle = len(batch) // 2
        await self._settle(batch[:middle])
        await self._settle(batch[middle:])


def _answer(future: "asyncio.Future[R]", outcome: R | Exception) -> None:
    if future.done():  # the client went away; what it asked for is durable all the same
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
