"""Parked keys: the event that could not be applied, with its reason, and behind it the later events of its key.

Every act (parked, failed again, replayed, discarded) leaves a line in the table `dead_letter`: when, what, by whom, why.
"""

from collections.abc import Sequence
from typing import Any, Literal

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.db.unit_of_work import Question, UnitOfWork

Act = Literal["parked", "failed", "replayed", "discarded"]
_LONGEST = 500
_BROKE_OFF = "not tried yet: an event before it was replayed or given up, and then that broke off"
"""Why the first event of a key is parked that only waited: the one that failed is gone."""
_PLACE = "consumer = :consumer and topic = :topic and partition = :partition and position = :position"


def reason_of(wrong: BaseException) -> str:
    """What went wrong, in words that can be shown and sent on: of a database's refusal not the detail, which quotes rows (names, notes)."""
    cause = wrong.orig if isinstance(wrong, DBAPIError) and wrong.orig else wrong
    words = cause.diag.message_primary if isinstance(cause, psycopg.Error) else str(cause)
    return f"{type(cause).__name__}: {words or 'no words'}"[:_LONGEST]


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
        if reason:
            await _note(uow, "parked", consumer, topic, record, why=reason, by=None)


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


async def release(uow: UnitOfWork, consumer: str, topic: int, record: RawRecord, *, by: str) -> bool:
    """Take one event out of the parking, because it is applied now; False where somebody else did."""
    await _note(uow, "replayed", consumer, topic, record, why=None, by=by)
    return await _remove(uow, consumer, topic, record)


async def discard(uow: UnitOfWork, consumer: str, topic: int, record: RawRecord, *, by: str, why: str) -> None:
    """Give an event up, and keep the fact that somebody did."""
    await _note(uow, "discarded", consumer, topic, record, why=why, by=by)
    await uow.connection.execute(
        text(f"insert into discarded select p.*, now(), :by from parked p where {_PLACE}"), {**_place(consumer, topic, record), "by": by}
    )
    await _remove(uow, consumer, topic, record)


async def blame(uow: UnitOfWork, consumer: str, topic: int, record: RawRecord, *, reason: str, by: str) -> None:
    """Keep why an event that is parked failed once more."""
    await uow.connection.execute(
        text(f"update parked set reason = :reason, attempts = attempts + 1 where {_PLACE}"),
        {**_place(consumer, topic, record), "reason": reason},
    )
    await _note(uow, "failed", consumer, topic, record, why=reason, by=by)


async def discarded(uow: UnitOfWork) -> frozenset[tuple[str, int, int]]:
    """What was given up: (consumer, partition, position)."""
    rows = await uow.connection.execute(text("select consumer, partition, position from discarded"))
    return frozenset((row.consumer, row.partition, row.position) for row in rows)


async def failed(uow: UnitOfWork, consumer: str, topic: int) -> list[tuple[str, int, int]]:
    """Of each parked key the first event, for which it is parked: (key, partition, position)."""
    rows = await uow.connection.execute(
        text(
            "select distinct on (key) key, partition, position from parked "
            "where consumer = :consumer and topic = :topic order by key, position"
        ),
        {"consumer": consumer, "topic": topic},
    )
    return [(row.key, row.partition, row.position) for row in rows]


async def has_any(uow: UnitOfWork) -> bool:
    """Whether something is parked, or was given up."""
    return bool(await uow.connection.scalar(text("select exists (select from parked) or exists (select from discarded)")))


async def listing(uow: UnitOfWork) -> list[dict[str, Any]]:
    """One line per parked key: its first event, the reason and how many wait behind it."""
    rows = await uow.connection.execute(
        text(
            "select * from (select distinct on (consumer, topic, key) consumer, topic, partition, position, key, type, "
            "coalesce(reason, :broke_off) as reason, attempts, parked_at, "
            "count(*) over (partition by consumer, topic, key) - 1 as waiting "
            "from parked order by consumer, topic, key, position) firsts order by parked_at"
        ),
        {"broke_off": _BROKE_OFF},
    )
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented accessor


async def acts(uow: UnitOfWork, most: int = 100) -> list[dict[str, Any]]:
    """What became of dead letters, the newest first."""
    rows = await uow.connection.execute(
        text(
            "select at, act, consumer, topic, partition, position, key, type, attempts, why, done_by "
            "from dead_letter order by at desc limit :most"
        ),
        {"most": most},
    )
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented accessor


async def _note(uow: UnitOfWork, act: Act, consumer: str, topic: int, record: RawRecord, *, why: str | None, by: str | None) -> None:
    """A line about an event that is parked at this moment."""
    await uow.connection.execute(
        text(
            "insert into dead_letter (act, consumer, topic, partition, position, key, type, attempts, why, done_by) "
            f"select :act, consumer, topic, partition, position, key, type, attempts, :why, :by from parked where {_PLACE}"
        ),
        {**_place(consumer, topic, record), "act": act, "why": why, "by": by},
    )


async def _remove(uow: UnitOfWork, consumer: str, topic: int, record: RawRecord) -> bool:
    removed = await uow.connection.execute(text(f"delete from parked where {_PLACE}"), _place(consumer, topic, record))
    return removed.rowcount == 1


def _place(consumer: str, topic: int, record: RawRecord) -> dict[str, Any]:
    return {"consumer": consumer, "topic": topic, "partition": record.partition, "position": record.position}


def _text(record: RawRecord) -> dict[str, Any]:
    payload = record.payload.decode() if isinstance(record.payload, bytes) else record.payload
    return record._asdict() | {"payload": payload}
