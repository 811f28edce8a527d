"""Two sets of tables, row by row: both are read in the order of the key and walked side by side, so their size does not matter."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from arena.scoring.storage.comparing import Projected

KEPT = 1000
"""How many differences are kept; more are only counted."""
_AT_ONCE = 5000

Row = tuple[Any, ...]


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

    def keys_of(self, *tables: str) -> set[Any]:
        """The first part of the keys of what differs in these tables."""
        return set().union(*(self.keys.get(table, ()) for table in tables))

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


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Of what the live one has still to say something."""

    keys: frozenset[Any] = frozenset()
    """First parts of keys."""
    meanwhile: frozenset[str] | None = None
    """Columns that may differ meanwhile; None: any, and the row may be missing."""


async def compare(found: Differences, table: Projected, live: Side, rebuilt: Side, unsettled: Unsettled) -> None:
    """Add what differs in a table."""
    names = list(table.columns)
    async for key, ours, theirs in _side_by_side(_rows(table, live), _rows(table, rebuilt), len(table.key)):
        free = unsettled.meanwhile if key[0] in unsettled.keys else ()
        if ours == theirs or free is None:
            continue
        compared = [n for n in range(len(names)) if names[n] not in free]
        unequal = [n for n in compared if ours is None or theirs is None or ours[n] != theirs[n]]
        if not unequal:
            continue
        told = [None if row is None else {names[n]: row[n] for n in unequal} for row in (ours, theirs)]
        found.add(Difference(table.name, dict(zip(table.key, key, strict=True)), *told))


async def _rows(table: Projected, side: Side) -> AsyncIterator[Row]:
    keys = ", ".join(table.key)
    source, where = (words.format(side.schema) for words in (table.source or f"{{0}}.{table.name}", table.where))
    query = f"select {keys}, {', '.join(table.columns.values())} from {source} one where {where} order by {keys}"
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
