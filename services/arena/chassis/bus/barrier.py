"""Barriers: per partition, the last position a log stamped before an instant. Asked again, the answer is the same."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine


async def take(engine: AsyncEngine, topic: int, at: datetime) -> dict[int, int]:
    """The barrier of `at`, in a short transaction of its own: it locks the log's heads, so nothing else may be held with it.

    Args:
        engine: the asking service's engine; its role must read the log.
        topic: number of the log.
        at: an instant in the past of the database clock.
    """
    async with engine.begin() as connection:
        rows = await connection.execute(
            text("select partition, position from log.barrier(cast(:topic as smallint), :at)"), {"topic": topic, "at": at}
        )
        return {row.partition: row.position for row in rows}
