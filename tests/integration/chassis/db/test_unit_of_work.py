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
