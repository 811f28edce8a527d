"""Effects and positions are one transaction: a process may end at any moment, also right after a commit."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.chassis.testing.example import Counted


async def note(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
    for record in records:
        values = {"key": record.event.key, "number": record.event.number}
        await uow.connection.execute(text("insert into note values (:key, :number)"), values)


async def the_end() -> None:
    raise asyncio.CancelledError


async def note_and_end(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
    """Apply; the process ends as soon as this is durable."""
    await note(uow, records)
    uow.after_commit(the_end)


async def test_a_process_that_ends_right_after_a_commit_applies_nothing_twice(example: Any) -> None:
    async with example.writer.begin() as uow:
        for number in range(20):
            uow.emit(Counted(f"k{number % 3}", number))
    with pytest.raises(asyncio.CancelledError):
        await example.runner({Counted: note_and_end}).drain()
    await example.runner({Counted: note}).drain()
    async with example.reader.begin(read_only=True) as uow:
        noted = [row.number for row in await uow.connection.execute(text("select number from note order by number"))]
    assert noted == list(range(20))
