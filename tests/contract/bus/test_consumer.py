"""The consumer runner: once each, in order, and what cannot be applied parks its key while all others go on."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from arena.chassis.bus import parking, positions
from arena.chassis.bus.catalogue import Recorded
from arena.chassis.bus.consumer import stages
from arena.chassis.core.tasks import end
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.chassis.testing.example import COUNTS, Counted, Renamed, partition_of


async def note(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
    for record in records:
        await uow.connection.execute(
            text("insert into note values (:key, :number)"), {"key": record.event.key, "number": record.event.number}
        )


async def notes(example: Any) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    async with example.reader.begin(read_only=True) as uow:
        for row in await uow.connection.execute(text("select key, number from note order by turn")):
            found[row.key].append(row.number)
    return found


async def emit(example: Any, *events: object) -> None:
    async with example.writer.begin() as uow:
        for event in events:
            uow.emit(event)


async def test_every_event_takes_effect_once_and_in_the_order_of_its_key(example: Any) -> None:
    await emit(example, *(Counted(f"k{n % 7}", n) for n in range(500)))
    runner = example.runner({Counted: note}, batch=64)
    assert await runner.drain() == 500
    assert await runner.drain() == 0
    assert await notes(example) == {f"k{k}": list(range(k, 500, 7)) for k in range(7)}


async def test_two_runners_of_one_consumer_apply_each_event_once(example: Any) -> None:
    await emit(example, *(Counted(f"k{n % 7}", n) for n in range(2000)))
    runners = [example.runner({Counted: note}, batch=50) for _ in range(3)]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    async with asyncio.timeout(30):
        while sum(map(len, (await notes(example)).values())) < 2000:  # noqa: ASYNC110 - a table has no event to wait for
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)
    await end(tasks)
    assert await notes(example) == {f"k{k}": list(range(k, 2000, 7)) for k in range(7)}


async def test_a_runner_that_is_killed_at_random_points_loses_and_doubles_nothing(example: Any) -> None:
    await emit(example, *(Counted(f"k{n % 7}", n) for n in range(1500)))
    chance = random.Random(3)  # noqa: S311 - a seeded test
    for _ in range(12):
        task = asyncio.create_task(example.runner({Counted: note}, batch=40).run())
        await asyncio.sleep(chance.uniform(0.005, 0.06))
        await end([task])
    await example.runner({Counted: note}).drain()
    assert await notes(example) == {f"k{k}": list(range(k, 1500, 7)) for k in range(7)}


async def test_what_cannot_be_applied_parks_its_key_and_all_others_go_on(example: Any) -> None:
    async def choosy(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        if any(record.event == Counted("bad", 5) for record in records):
            raise ValueError("five is too much")
        await note(uow, records)

    await emit(example, *(Counted(key, n) for n in range(10) for key in ("bad", "good")))
    await example.runner({Counted: choosy}).drain()
    found = await notes(example)
    assert found["good"] == list(range(10))
    assert found["bad"] == list(range(5))
    async with example.reader.begin(read_only=True) as uow:
        [line] = await parking.listing(uow)
    assert (line["key"], line["reason"], line["waiting"]) == ("bad", "ValueError: five is too much", 4)


async def test_a_failure_that_passes_is_tried_again_and_parks_nothing(example: Any) -> None:
    failures = iter([True, True, False])

    async def shaky(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        if next(failures, False):
            raise ValueError("not yet")
        await note(uow, records)

    await emit(example, Counted("a", 1))
    await example.runner({Counted: shaky}).drain()
    assert await notes(example) == {"a": [1]}


async def test_no_barrier_is_passed_while_something_parked_lies_before_it(example: Any) -> None:
    async def refuse(_uow: UnitOfWork, _records: Sequence[Recorded[Any]]) -> None:
        raise ValueError("never")

    await emit(example, Counted("a", 1), Counted("b", 2))
    await example.runner({Counted: refuse}).drain()
    here = partition_of("a")
    async with example.reader.begin(read_only=True) as uow:
        assert not await positions.reached(uow, "reader.counts", COUNTS.number, {here: 1})
        assert await positions.reached(uow, "reader.counts", COUNTS.number, {here: 0})


async def test_a_gap_stops_its_partition_and_no_other(example: Any) -> None:
    await emit(example, *(Counted(key, n) for n in range(3) for key in ("a", "b")))
    assert partition_of("a") != partition_of("b")
    runner = example.runner({Counted: note})
    read = runner.source.read

    async def lossy(after: Any, most: int) -> Any:
        return [record for record in await read(after, most) if (record.key, record.position) != ("a", 2)]

    runner.source.read = lossy
    await runner.drain()
    assert await notes(example) == {"a": [0], "b": [0, 1, 2]}
    assert runner.halted == {partition_of("a")}
    asyncio.get_running_loop().call_later(0.1, runner.stopping.set)
    await runner.run()  # which tells how far behind it is before it looks whether to stop
    assert runner.lag == 2


async def test_events_that_nobody_handles_are_passed_over_and_unknown_ones_are_parked(example: Any) -> None:
    await emit(example, Renamed("a", 1), Counted("a", 2))
    async with example.writer.engine.begin() as connection:
        await connection.execute(
            text(
                f"select log.append(array[1::smallint], array[{partition_of('z')}::smallint], array['z'], array['FromTheFuture'], "
                "array['{}'], cast(array[null] as text[]))"
            )
        )
    await example.runner({Counted: note}).drain()
    assert await notes(example) == {"a": [2]}
    async with example.reader.begin(read_only=True) as uow:
        [line] = await parking.listing(uow)
    assert "FromTheFuture" in line["reason"]


async def test_a_muted_runner_applies_and_appends_nothing(example: Any) -> None:
    async def echo(uow: UnitOfWork, records: Sequence[Recorded[Any]]) -> None:
        await note(uow, records)
        uow.emitted.append("would have been told")

    await emit(example, Counted("a", 1))
    runner = example.runner({Counted: echo})
    runner.muted = True
    await runner.drain()
    assert await notes(example) == {"a": [1]}


async def one(_uow: UnitOfWork, _records: Sequence[Recorded[Any]]) -> None: ...


async def two(_uow: UnitOfWork, _records: Sequence[Recorded[Any]]) -> None: ...


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([one, two]))))
def test_stages_keep_the_order_of_each_key(given_events: list[tuple[str, Any]]) -> None:
    handled = [(handler, Recorded(None, 0, n, None, key)) for n, (key, handler) in enumerate(given_events)]
    grouped = stages(iter(handled))
    flat = [(handler, record) for handler, records in grouped for record in records]
    for key in "abc":
        assert [pair for pair in flat if pair[1].key == key] == [pair for pair in handled if pair[1].key == key]
    assert len(flat) == len(handled)


def test_events_of_different_keys_share_one_call_of_a_handler() -> None:
    handled = [(one, Recorded(None, 0, n, None, f"{n}")) for n in range(5)] + [(two, Recorded(None, 0, n, None, f"{n}")) for n in range(5)]
    assert [len(records) for _, records in stages(iter(handled))] == [5, 5]


@pytest.mark.parametrize("batch", [1, 3, 1000])
async def test_the_size_of_batches_changes_nothing(example: Any, batch: int) -> None:
    await emit(example, *(Counted(f"k{n % 5}", n) for n in range(40)))
    await example.runner({Counted: note}, batch=batch).drain()
    assert await notes(example) == {f"k{k}": list(range(k, 40, 5)) for k in range(5)}
