"""Background work ends: between batches when told, and for certain when cancelled."""

import asyncio

from arena.chassis.core.tasks import end, unless


async def test_waiting_ends_when_told_to_stop() -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, stopping.set)
    async with asyncio.timeout(5):
        await unless(stopping, asyncio.sleep(60))


async def test_waiting_ends_when_what_is_waited_for_is_there() -> None:
    async with asyncio.timeout(5):
        await unless(asyncio.Event(), asyncio.sleep(0.01))


async def test_a_task_that_swallows_its_cancellation_once_is_ended_all_the_same() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await end([task])
    assert (task.cancelled(), swallowed) == (True, 1)


async def test_a_task_that_stops_by_itself_is_given_the_time() -> None:
    async def finishing() -> str:
        await asyncio.sleep(0.02)
        return "done"

    task = asyncio.create_task(finishing())
    await end([task], grace=5)
    assert task.result() == "done"
