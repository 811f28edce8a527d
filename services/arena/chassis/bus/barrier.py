"""Barriers: per partition, the last position a log stamped before an instant. Asked again, the answer is the same."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from arena.chassis.bus.archive.continuation import Continuation, is_archived
from arena.chassis.db.provision import PARTITIONS


async def take(engine: AsyncEngine, topic: int, at: datetime) -> dict[int, int]:
    """The barrier of `at`, in a short transaction of its own: it locks the log's heads, so nothing else may be held with it.

    Args:
        engine: the asking service's engine; its role must read the log.
        topic: number of the log.
        at: an instant in the past of the database clock.

    Raises:
        ArchiveTrouble: the instant lies in a month that is archived, and the archive cannot be read.
    """
    try:
        return await _taken(engine, topic, at)
    except DBAPIError as refused:
        if not is_archived(refused.orig):
            raise
    archived = Continuation(engine, topic)
    await archived.look()
    return await archived.barrier(at, range(PARTITIONS))


async def _taken(engine: AsyncEngine, topic: int, at: datetime) -> dict[int, int]:
    async with engine.begin() as connection:
        rows = await connection.execute(
            text("select partition, position from log.barrier(cast(:topic as smallint), :at)"), {"topic": topic, "at": at}
        )
        return {row.partition: row.position for row in rows}
