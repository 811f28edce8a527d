"""Parked keys: the event that could not be applied, with its reason, and behind it the later events of its key."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.db.unit_of_work import Question, UnitOfWork


def keys(consumer: str, topic: int) -> Question:
    """Asks which keys are parked."""
    return "select distinct key from parked where consumer = %s and topic = %s", (consumer, topic)


async def park(uow: UnitOfWork, consumer: str, topic: int, records: Sequence[RawRecord], *, reason: str | None, attempts: int) -> None:
    """Put records behind their key; the one that failed carries the `reason`, those that only wait have none."""
    for record in records:
        await uow.connection.execute(
            text(
                "insert into parked (consumer, topic, partition, position, at, key, type, payload, headers, reason, attempts) "
                "values (:consumer, :topic, :partition, :position, :at, :key, :type, :payload, :headers, :reason, :attempts)"
            ),
            {"consumer": consumer, "topic": topic, **_text(record), "reason": reason, "attempts": attempts if reason else 0},
        )


async def waiting(uow: UnitOfWork, consumer: str, topic: int, key: str) -> list[RawRecord]:
    """The parked events of a key in order, locked."""
    rows = await uow.connection.execute(
        text(
            "select partition, position, at, key, type, payload, headers from parked "
            "where consumer = :consumer and topic = :topic and key = :key order by position for update"
        ),
        {"consumer": consumer, "topic": topic, "key": key},
    )
    return [RawRecord(*row) for row in rows]


async def release(uow: UnitOfWork, consumer: str, topic: int, record: RawRecord) -> None:
    """Take one event out of the parking."""
    await uow.connection.execute(
        text("delete from parked where consumer = :consumer and topic = :topic and partition = :partition and position = :position"),
        {"consumer": consumer, "topic": topic, "partition": record.partition, "position": record.position},
    )


async def discard(uow: UnitOfWork, consumer: str, topic: int, record: RawRecord, *, by: str) -> None:
    """Give an event up, and keep the fact that somebody did."""
    await uow.connection.execute(
        text(
            "insert into discarded select p.*, now(), :by from parked p "
            "where consumer = :consumer and topic = :topic and partition = :partition and position = :position"
        ),
        {"consumer": consumer, "topic": topic, "partition": record.partition, "position": record.position, "by": by},
    )
    await release(uow, consumer, topic, record)


async def blame(uow: UnitOfWork, consumer: str, topic: int, record: RawRecord, *, reason: str) -> None:
    """Keep why an event that is parked failed once more."""
    await uow.connection.execute(
        text(
            "update parked set reason = :reason, attempts = attempts + 1 "
            "where consumer = :consumer and topic = :topic and partition = :partition and position = :position"
        ),
        {"consumer": consumer, "topic": topic, "partition": record.partition, "position": record.position, "reason": reason},
    )


async def discarded(uow: UnitOfWork) -> frozenset[tuple[str, int, int]]:
    """What was given up: (consumer, partition, position)."""
    rows = await uow.connection.execute(text("select consumer, partition, position from discarded"))
    return frozenset((row.consumer, row.partition, row.position) for row in rows)


async def failed(uow: UnitOfWork, consumer: str, topic: int) -> list[tuple[str, int, int]]:
    """Of each parked key the event that failed: (key, partition, position)."""
    rows = await uow.connection.execute(
        text(
            "select key, partition, position from parked where consumer = :consumer and topic = :topic and reason is not null order by 2, 3"
        ),
        {"consumer": consumer, "topic": topic},
    )
    return [(row.key, row.partition, row.position) for row in rows]


async def has_any(uow: UnitOfWork) -> bool:
    """Whether something is parked, or was given up."""
    return bool(await uow.connection.scalar(text("select exists (select from parked) or exists (select from discarded)")))


async def listing(uow: UnitOfWork) -> list[dict[str, Any]]:
    """One line per parked key: the failed event, its reason and how many wait behind it."""
    rows = await uow.connection.execute(
        text(
            "select f.consumer, f.topic, f.partition, f.position, f.key, f.type, f.reason, f.attempts, f.parked_at, "
            "(select count(*) from parked w "
            "where (w.consumer, w.topic, w.key) = (f.consumer, f.topic, f.key) and w.reason is null) as waiting "
            "from parked f where f.reason is not null order by f.parked_at"
        )
    )
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented accessor


def _text(record: RawRecord) -> dict[str, Any]:
    payload = record.payload.decode() if isinstance(record.payload, bytes) else record.payload
    return record._asdict() | {"payload": payload}
