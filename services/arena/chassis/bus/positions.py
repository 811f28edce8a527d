"""Up to where a consumer has applied a log: rows of the service's own table `applied`."""

from collections.abc import Iterable, Mapping

from sqlalchemy import text

from arena.chassis.db.unit_of_work import Question, UnitOfWork, Units

_LOCK = """
select partition, position from applied where consumer = %s and topic = %s and partition = any(%b::smallint[])
order by partition for no key update"""
_MAKE = text(
    "insert into applied (consumer, topic, partition) "
    "select :consumer, :topic, p from unnest(cast(:partitions as smallint[])) p on conflict do nothing"
)


async def load(units: Units, consumer: str, topic: int, partitions: Iterable[int]) -> dict[int, int]:
    """The applied position of each partition; rows that are missing are made (nothing applied yet)."""
    wanted = sorted(partitions)
    async with units.begin() as uow:
        await uow.connection.execute(_MAKE, {"consumer": consumer, "topic": topic, "partitions": wanted})
        return await read(uow, consumer, topic, wanted)


async def load_idle(units: Units, consumer: str, topic: int, partitions: Iterable[int]) -> dict[int, int]:
    """The same of those at which nobody is at work now: who applies a batch holds their rows until it is applied."""
    wanted = sorted(partitions)
    async with units.begin() as uow:
        await uow.connection.execute(_MAKE, {"consumer": consumer, "topic": topic, "partitions": wanted})
        [rows] = await uow.ask((f"{_LOCK} skip locked", (consumer, topic, wanted)))
        return dict(rows)


async def read(uow: UnitOfWork, consumer: str, topic: int, partitions: Iterable[int] | None = None) -> dict[int, int]:
    """The applied positions as they stand."""
    rows = await uow.connection.execute(
        text("select partition, position from applied where consumer = :consumer and topic = :topic"),
        {"consumer": consumer, "topic": topic},
    )
    known = {row.partition: row.position for row in rows}
    return known if partitions is None else {p: known.get(p, 0) for p in partitions}


async def lock(uow: UnitOfWork, consumer: str, topic: int, partitions: Iterable[int]) -> dict[int, int]:
    """The applied positions, held until the transaction ends; locked in ascending order."""
    [rows] = await uow.ask(locking(consumer, topic, partitions))
    return dict(rows)


def locking(consumer: str, topic: int, partitions: Iterable[int]) -> Question:
    """What `lock` asks, for whoever asks more in the same round trip."""
    return _LOCK, (consumer, topic, sorted(partitions))


async def reached(uow: UnitOfWork, consumer: str, topic: int, vector: Mapping[int, int]) -> bool:
    """Whether everything up to `vector` is applied and nothing parked lies before it."""
    applied = await read(uow, consumer, topic)
    if any(applied.get(p, 0) < position for p, position in vector.items()):
        return False
    parked = await uow.connection.scalar(
        text(
            "select exists (select from parked k "
            "join unnest(cast(:partitions as smallint[]), cast(:positions as bigint[])) v(partition, position) "
            "on k.partition = v.partition and k.position <= v.position where k.consumer = :consumer and k.topic = :topic)"
        ),
        {"consumer": consumer, "topic": topic, "partitions": list(vector), "positions": list(vector.values())},
    )
    return not parked
