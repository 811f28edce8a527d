"""Whoever waits can be stopped at any moment, also at the one in which what they wait for happens."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.due import DueRunner
from arena.chassis.db.unit_of_work import Units


async def ends(waiting: "asyncio.Task[None]", wake: Callable[[], None], turns: int) -> bool:
    """Wake it and, so many turns of the loop later, stop it; answers whether it has ended."""
    await asyncio.sleep(0.01)
    wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    waiting.cancel()
    done, _ = await asyncio.wait([waiting], timeout=0.5)
    waiting.cancel()
    return bool(done)


@pytest.mark.parametrize("turns", [0, 1, 2])
async def test_a_wait_for_the_bell_ends_when_it_is_stopped_while_the_bell_rings(turns: int) -> None:
    bell = Bell("")

    async def listen() -> None:
        while True:
            await bell.wait(1, bell.ticket(1), 30)

    assert await ends(asyncio.create_task(listen()), lambda: bell._hear(1), turns)


@pytest.mark.parametrize("turns", [0, 1, 2])
async def test_a_due_runner_ends_when_it_is_stopped_while_something_becomes_due(turns: int) -> None:
    runner = DueRunner(cast("Units", None), {})

    async def sleep() -> None:
        while True:
            runner._woken.clear()
            await runner._sleep(30)

    assert await ends(asyncio.create_task(sleep()), runner.wake, turns)
