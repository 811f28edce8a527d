"""Due times take effect once: late when nobody was there, never twice, and one bad key holds up no other."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from arena.chassis.bus.due import DueRunner
from arena.chassis.core.tasks import end
from arena.chassis.db.unit_of_work import UnitOfWork


async def schedule(example: Any, *keys: str, seconds: float = -1.0) -> None:
    async with example.reader.begin() as uow:
        for key in keys:
            uow.schedule("ring", key, uow.now + timedelta(seconds=seconds))


async def note(uow: UnitOfWork, keys: Sequence[str]) -> None:
    for key in keys:
        await uow.connection.execute(text("insert into note values (:key, 1)"), {"key": key})


async def noted(example: Any) -> Counter[str]:
    async with example.reader.begin(read_only=True) as uow:
        return Counter(row.key for row in await uow.connection.execute(text("select key from note")))


async def test_what_is_due_happens_once_though_several_runners_look(example: Any) -> None:
    keys = [f"k{n}" for n in range(200)]
    await schedule(example, *keys)
    runners = [DueRunner(example.reader, {"ring": note}, batch=20) for _ in range(4)]
    while any(await asyncio.gather(*(runner.step() for runner in runners))):
        pass
    assert await noted(example) == Counter(keys)


async def test_what_is_not_due_yet_waits_and_a_later_call_moves_it(example: Any) -> None:
    await schedule(example, "a", seconds=60)
    runner = DueRunner(example.reader, {"ring": note})
    assert await runner.step() == 0
    await schedule(example, "a")
    assert await runner.step() == 1


async def test_what_was_taken_back_does_not_happen(example: Any) -> None:
    await schedule(example, "a")
    async with example.reader.begin() as uow:
        uow.unschedule("ring", "a")
    assert await DueRunner(example.reader, {"ring": note}).step() == 0


async def test_one_bad_key_is_put_off_and_holds_up_no_other(example: Any) -> None:
    async def choosy(uow: UnitOfWork, keys: Sequence[str]) -> None:
        if "bad" in keys:
            raise ValueError("bad")
        await note(uow, keys)

    await schedule(example, "a", "bad", "z")
    await DueRunner(example.reader, {"ring": choosy}).step()
    assert await noted(example) == Counter("az")
    async with example.reader.begin(read_only=True) as uow:
        row = (await uow.connection.execute(text("select attempts, at > now() as later from due"))).one()
    assert (row.attempts, row.later) == (1, True)


async def test_a_running_runner_wakes_for_what_is_scheduled_and_acts_on_time(example: Any) -> None:
    runner = DueRunner(example.reader, {"ring": note}, poll=30.0)
    example.reader.on_schedule = runner.wake
    task = asyncio.create_task(runner.run())
    await asyncio.sleep(0.1)
    await schedule(example, "soon", seconds=0.3)
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(5):
        while not await noted(example):  # noqa: ASYNC110 - the database has no event to wait for
            await asyncio.sleep(0.01)
    await end([task])
    assert asyncio.get_running_loop().time() - began < 2.0


async def test_an_effect_that_rolls_back_leaves_the_due_time_standing(example: Any) -> None:
    async def fail(uow: UnitOfWork, keys: Sequence[str]) -> None:
        await note(uow, keys)
        raise ValueError("after the effect")

    await schedule(example, "a")
    await DueRunner(example.reader, {"ring": fail}).step()
    assert await noted(example) == Counter()
    async with example.reader.begin(read_only=True) as uow:
        assert await uow.connection.scalar(text("select count(*) from due")) == 1
