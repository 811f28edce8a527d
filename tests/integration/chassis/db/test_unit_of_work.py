"""The unit of work over a real connection."""

import asyncio
from typing import Any

from arena.chassis.testing.example import Counted


async def test_a_transaction_whose_events_do_not_fit_into_the_sockets_buffer_commits(example: Any) -> None:
    """Ten megabytes in one append; a driver that waits for answers before it has sent everything would wait for ever."""
    async with asyncio.timeout(30):
        async with example.writer.begin() as uow:
            for number in range(2000):
                uow.emit(Counted(f"{number:05000}", number))
        async with example.writer.begin(read_only=True) as uow:
            rows = await uow.connection.exec_driver_sql("select sum(position) from log.heads(1::smallint)")
            assert rows.scalar_one() == 2000


async def test_work_that_is_cancelled_at_any_moment_leaves_no_connection_that_answers_wrongly(example: Any) -> None:
    """A request that takes too long is cancelled wherever it is; whoever is given its connection next must not notice."""

    async def work(number: int) -> None:
        async with example.writer.begin() as uow:
            await uow.ask(("select 1", ()), ("select pg_sleep(0.002)", ()), ("select 2", ()))
            uow.emit(Counted("a", number))

    for number in range(150):
        task = asyncio.create_task(work(number))
        await asyncio.sleep(number * 0.0001)
        task.cancel()
        for _ in range(number % 7):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        async with example.writer.begin(read_only=True) as uow:
            assert (await uow.connection.exec_driver_sql("select 7")).scalar_one() == 7
