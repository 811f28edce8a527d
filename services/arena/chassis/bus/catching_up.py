"""Read your own writes across services: wait until a projection has applied what its log held when the question came."""

import asyncio

from arena.chassis.bus import positions
from arena.chassis.bus.source import read_heads
from arena.chassis.db.unit_of_work import Units


async def caught_up(units: Units, consumer: str, topic: int, partition: int, *, seconds: float = 2.0) -> bool:
    """Wait until `consumer` has applied what the partition holds now, at most so many seconds; answers whether it has."""
    wanted = (await read_heads(units.engine, topic)).get(partition, 0)
    deadline = asyncio.get_running_loop().time() + seconds
    pause = 0.002
    while True:
        async with units.begin(read_only=True) as uow:
            applied = await positions.read(uow, consumer, topic, [partition])
        if applied[partition] >= wanted:
            return True
        if asyncio.get_running_loop().time() >= deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.05)
