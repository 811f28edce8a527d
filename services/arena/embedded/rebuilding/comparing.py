"""Two sets of tables, row by row: both are read in the order of the key and walked side by side, so their size does not matter."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import AsyncConnection

KEPT = 1000
"""How many differences are kept; more are only counted."""
_AT_ONCE = 5000

Row = tuple[Any, ...]


class Table(NamedTuple):
    """What of a table is compared: a unique key that orders alike in PostgreSQL and here, columns by name, and which rows."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    """Name → expression."""
    where: str = "true"
    """Which rows; `{}` stands for the schema."""


class Difference(NamedTuple):
    """A row that is not the same: what differs in it, or None where there is no such row."""

    table: str
    key: dict[str, Any]
    live: dict[str, Any] | None
    rebuilt: dict[str, Any] | None


@dataclass(slots=True)
class Differences:
    """What was found."""

    total: int = 0
    first: list[Difference] = field(default_factory=list)
    keys: dict[str, set[Any]] = field(default_factory=dict)
    """By table, the first part of the keys."""

    def add(self, one: Difference) -> None:
        """Count it, and keep it if it is one of the first."""
        self.total += 1
        self.keys.setdefault(one.table, set()).add(next(iter(one.key.values())))
        if len(self.first) < KEPT:
            self.first.append(one)


class Side(NamedTuple):
    """A connection in a transaction, and the schema to look at."""

    connection: AsyncConnection[Any]
    schema: str


async def compare(found: Differences, table: Table, live: Side, rebuilt: Side, *, passed_over: Collection[Any] = ()) -> None:
    """Add what differs in a table; rows whose first key column is in `passed_over` are not looked at."""
    names = list(table.columns)
    async for key, ours, theirs in _side_by_side(_rows(table, live), _rows(table, rebuilt), len(table.key)):
        if ours == theirs or key[0] in passed_over:
            continue
        both = ours is not None and theirs is not None
        unequal = [n for n in range(len(names)) if not both or ours[n] != theirs[n]]  # type: ignore[index]  # `both`, by the line above
        told = [None if row is None else {names[n]: row[n] for n in unequal} for row in (ours, theirs)]
        found.add(Difference(table.name, dict(zip(table.key, key, strict=True)), *told))


async def _rows(table: Table, side: Side) -> AsyncIterator[Row]:
    keys = ", ".join(table.key)
    where = table.where.format(side.schema)
    query = f"select {keys}, {', '.join(table.columns.values())} from {side.schema}.{table.name} where {where} order by {keys}"
    async with side.connection.cursor(name=f"compare_{table.name}", binary=True) as cursor:
        cursor.itersize = _AT_ONCE
        await cursor.execute(query.encode())
        async for row in cursor:
            yield row


async def _side_by_side(
    live: AsyncIterator[Row], rebuilt: AsyncIterator[Row], width: int
) -> AsyncIterator[tuple[Row, Sequence[Any] | None, Sequence[Any] | None]]:
    """Each key of either side, with the rest of its row on both."""
    ours, theirs = await anext(live, None), await anext(rebuilt, None)
    while ours is not None or theirs is not None:
        mine = ours is not None and (theirs is None or ours[:width] <= theirs[:width])
        other = theirs is not None and (ours is None or theirs[:width] <= ours[:width])
        key = (ours if mine else theirs)[:width]  # type: ignore[index]  # one of them is a row
        yield key, ours[width:] if mine and ours else None, theirs[width:] if other and theirs else None
        ours = await anext(live, None) if mine else ours
        theirs = await anext(rebuilt, None) if other else theirs
