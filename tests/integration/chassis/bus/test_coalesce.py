"""Group commit: answered after the commit, one bad command fails alone, nothing is answered that is not durable."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from arena.chassis.bus.coalesce import Coalescer, OneByOne
from arena.chassis.db.unit_of_work import UnitOfWork


async def act(uow: UnitOfWork, commands: Sequence[int]) -> list[int | Exception]:
    outcomes: list[int | Exception] = []
    for number in commands:
        if number == 13:
            outcomes.append(ValueError("unlucky"))
            continue
        if number == 99:
            await uow.connection.execute(text("select 1/0"))
        await uow.connection.execute(text("insert into note values ('n', :n)"), {"n": number})
        outcomes.append(number * 2)
    return outcomes


async def stored(example: Any) -> list[int]:
    async with example.reader.begin(read_only=True) as uow:
        return sorted(row.number for row in await uow.connection.execute(text("select number from note")))


@pytest.mark.parametrize("kind", [Coalescer, OneByOne])
async def test_each_command_gets_its_own_answer(example: Any, kind: Any) -> None:
    queue = kind(example.reader, act)
    answers = await asyncio.gather(*(queue.submit(n) for n in range(12)))
    assert answers == [n * 2 for n in range(12)]
    assert await stored(example) == list(range(12))


@pytest.mark.parametrize("bad", [13, 99])
async def test_a_bad_command_fails_alone(example: Any, bad: int) -> None:
    queue = Coalescer(example.reader, act)
    answers = await asyncio.gather(*(queue.submit(n) for n in (1, 2, bad, 3)), return_exceptions=True)
    assert answers[:2] == [2, 4]
    assert answers[3] == 6
    assert isinstance(answers[2], Exception)
    assert await stored(example) == [1, 2, 3]


async def test_an_answer_comes_after_the_commit(example: Any) -> None:
    queue = Coalescer(example.reader, act)
    await queue.submit(5)
    assert await stored(example) == [5]


async def test_concurrent_commands_share_a_transaction(example: Any) -> None:
    batches: list[int] = []

    async def counting(uow: UnitOfWork, commands: Sequence[int]) -> list[int | Exception]:
        batches.append(len(commands))
        return await act(uow, commands)

    queue = Coalescer(example.reader, counting)
    await asyncio.gather(*(queue.submit(n) for n in range(50) if n != 13))
    assert len(batches) < 5


async def test_a_client_that_goes_away_takes_nobody_with_it(example: Any) -> None:
    queue = Coalescer(example.reader, act)
    leaving = asyncio.create_task(queue.submit(1))
    staying = asyncio.create_task(queue.submit(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 4
    assert await stored(example) == [1, 2]
