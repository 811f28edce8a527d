"""A transaction that PostgreSQL ended because its client was silent for too long (stopped, or starved) is done again."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.core.tasks import end
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.chassis.testing.example import Counted

SOON = "set local idle_in_transaction_session_timeout = '20ms'"
HELLO = "select 1"


async def fall_silent(uow: UnitOfWork) -> None:
    """Say nothing until the server has something to say, which is that it has ended the transaction."""
    await uow.connection.execute(text(SOON))
    driver: Any = (await uow.connection.get_raw_connection()).driver_connection
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(driver.pgconn.socket, told.set)
    await told.wait()
    loop.remove_reader(driver.pgconn.socket)


async def by_sqlalchemy(uow: UnitOfWork) -> None:
    await uow.connection.execute(text(HELLO))


async def by_the_driver(uow: UnitOfWork) -> None:
    await uow.ask((HELLO, ()))


@pytest.mark.parametrize("speak", [by_sqlalchemy, by_the_driver])
async def test_a_consumer_whose_transaction_was_ended_for_its_silence_applies_the_batch_again(example: Any, speak: Any) -> None:
    tries, noted = 0, asyncio.Event()

    async def silent_once(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            await fall_silent(uow)
            await speak(uow)
        for record in records:
            values = {"key": record.key, "number": record.event.number}
            await uow.connection.execute(text("insert into note values (:key, :number)"), values)
        noted.set()

    async with example.writer.begin() as uow:
        uow.emit(Counted("a", 1))
    running = asyncio.create_task(example.runner({Counted: silent_once}).run())
    applied = asyncio.create_task(noted.wait())
    await asyncio.wait({running, applied}, return_when=asyncio.FIRST_COMPLETED)
    assert applied.done()
    await end([running], grace=1)
    async with example.reader.begin(read_only=True) as uow:
        assert [row.number for row in await uow.connection.execute(text("select number from note"))] == [1]
    assert tries == 2
