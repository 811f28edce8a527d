"""What runs in the background: ending it without tearing it out of a transaction, and letting others have their turn."""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 1.0


async def unless(stopping: asyncio.Event, waiting: Coroutine[Any, Any, None]) -> None:
    """Wait for something that is safe to cancel, but no longer than until `stopping` is set."""
    told = asyncio.create_task(stopping.wait())
    task = asyncio.create_task(waiting)
    try:
        await asyncio.wait({told, task}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        task.cancel()
    if task.done() and not task.cancelled():
        task.result()


async def end(tasks: Collection["asyncio.Task[Any]"], *, grace: float = 0.0) -> None:
    """Wait `grace` seconds for tasks that were told to stop, then cancel the others until they are done.

    Once is not always enough: a driver that is cancelled in the middle of a command may answer with an error of its own instead.
    """
    pending = {task for task in tasks if not task.done()}
    if pending and grace:
        _, pending = await asyncio.wait(pending, timeout=grace)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=PATIENCE)


async def in_turns(items: Sequence[T], *, at_once: int = 500) -> AsyncIterator[Sequence[T]]:
    """Slices of a long sequence; between two of them whoever else waits for the loop (a request, a stream) is served."""
    for begin in range(0, len(items), at_once):
        if begin:
            await asyncio.sleep(0)
        yield items[begin : begin + at_once]
