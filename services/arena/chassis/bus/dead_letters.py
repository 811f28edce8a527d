"""What an administrator does with a parked key: apply its events again, or give the failed one up."""

from collections.abc import Collection
from typing import NamedTuple

from arena.chassis.bus import parking, positions
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.consumer import Consumer, hand_over
from arena.chassis.core.errors import DomainError
from arena.chassis.db.unit_of_work import Units


class Replayed(NamedTuple):
    """How many events were applied, how many are still parked, and what the first of those failed with."""

    applied: int
    parked: int
    failure: str | None


class NotTheFirst(DomainError):
    """The first parked event of a key is not, or no longer, the one that is meant."""

    slug = "not-the-first"


async def waiting(units: Units, consumer: Consumer, key: str) -> list[RawRecord]:
    """The parked events of a key, in order."""
    async with units.begin(read_only=True) as uow:
        return await parking.waiting(uow, consumer.name, consumer.log.number, key)


async def replay(units: Units, consumer: Consumer, key: str, *, by: str) -> Replayed:
    """Apply a key's events again, each in a transaction; the first that fails again stays, with those behind it.

    The partition's position is held meanwhile, so that the running consumer cannot park another event behind a key that is just released.
    """
    applied = 0
    while records := await waiting(units, consumer, key):
        try:
            done = await _apply(units, consumer, records[0], by)
        except Exception as wrong:  # noqa: BLE001 - whatever it is, it is told, and the event stays parked
            reason = parking.reason_of(wrong)
            async with units.begin() as uow:
                await parking.blame(uow, consumer.name, consumer.log.number, records[0], reason=reason, by=by)
            return Replayed(applied, len(records), reason)
        applied += 1 if done else 0
    return Replayed(applied, 0, None)


async def discard(units: Units, consumer: Consumer, key: str, position: int, *, by: str, why: str) -> Replayed | None:
    """Give up the first parked event of a key (which is recorded), and apply those behind it; None when nothing is parked.

    Args:
        units: of the service.
        consumer: who could not apply it.
        key: of the event.
        position: of the event that is meant, in the key's partition: of two who give up at once, one must not give up the next.
        by: who gives it up.
        why: they say.

    Raises:
        NotTheFirst: another event is the first.
    """
    name, topic = consumer.name, consumer.log.number
    async with units.begin() as uow:
        records = await parking.waiting(uow, name, topic, key)
        if not records:
            return None
        if records[0].position != position:
            raise NotTheFirst(f"The first that is parked is now that at {records[0].position}, not that at {position}: look at it first.")
        await parking.discard(uow, name, topic, records[0], by=by, why=why)
    return await replay(units, consumer, key, by=by)


async def discard_again(units: Units, consumer: Consumer, places: Collection[tuple[int, int]]) -> None:
    """Give up what fails and was given up before, by (partition, position), and apply what waited behind it."""
    while True:
        async with units.begin(read_only=True) as uow:
            parked = await parking.failed(uow, consumer.name, consumer.log.number)
        again = [(key, position) for key, partition, position in parked if (partition, position) in places]
        if not again:
            return
        for key, position in again:
            await discard(units, consumer, key, position, by="replay", why="given up before")


async def _apply(units: Units, consumer: Consumer, record: RawRecord, by: str) -> bool:
    """In one transaction; False where somebody else has replayed or given it up meanwhile."""
    async with units.begin() as uow:
        await positions.lock(uow, consumer.name, consumer.log.number, [record.partition])
        if released := await parking.release(uow, consumer.name, consumer.log.number, record, by=by):
            await hand_over(uow, consumer, [record])
    return released
