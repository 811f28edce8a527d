"""What everybody does with the records: decode, and into the table exactly once. Needs msgspec and psycopg only, so that each peer has it.

A transaction takes the rows of a batch and, per partition, the position up to which they are in the table. The marks are locked first, and
what lies at or below them is dropped: what a framework hands over twice after a kill, is in the table once. No unique index is needed.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import psycopg


class Fact(msgspec.Struct, frozen=True, gc=False):
    """What is kept of a payload; msgspec passes over the rest, which is quicker than to decode it all."""

    user_id: UUID
    habit_id: UUID
    fact_id: UUID
    civil_day: date
    value: int


class Row(NamedTuple):
    """A row of the table."""

    partition: int
    position: int
    at: datetime
    user_id: UUID
    habit_id: UUID
    fact_id: UUID
    civil_day: date
    value: int


TABLE = """
create table fact_event (partition smallint not null, position bigint not null, at timestamptz not null, user_id uuid not null,
    habit_id uuid not null, fact_id uuid not null, civil_day date not null, value bigint not null);
create index on fact_event using brin (at);
create table mark (partition smallint primary key, position bigint not null);
insert into mark select p, 0 from generate_series(0, 15) p"""
COPY = "copy fact_event from stdin (format binary)"
COLUMN_TYPES = ("int2", "int8", "timestamptz", "uuid", "uuid", "uuid", "date", "int8")
_LOCK = "select partition, position from mark where partition = any(%s) order by partition for no key update"
_ADVANCE = """
update mark m set position = n.position from unnest(%s::smallint[], %s::bigint[]) n(partition, position)
where m.partition = n.partition"""

_decode = msgspec.json.Decoder(Fact).decode


def row(partition: int, offset: int, value: bytes, headers: Iterable[tuple[str, Any]]) -> Row:
    """The row of a message. The topics here begin with the log's first position, so an offset says it as well as the header does."""
    fact = _decode(value)
    at = datetime.fromisoformat(next(stamp for name, stamp in headers if name == "ce_time").decode())
    return Row(partition, offset + 1, at, fact.user_id, fact.habit_id, fact.fact_id, fact.civil_day, fact.value)


def marks(connection: "psycopg.Connection[Any]") -> dict[int, int]:
    """The position up to which each partition is in the table."""
    return dict(connection.execute("select partition, position from mark").fetchall())


def keep(connection: "psycopg.Connection[Any]", rows: Sequence[Row]) -> None:
    """Put rows into the table that come in the order of each partition; those that are there already are dropped."""
    last = {one.partition: one.position for one in rows}
    if not last:
        return
    with connection.transaction():
        done = dict(connection.execute(_LOCK, (sorted(last),)).fetchall())
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.set_types(COLUMN_TYPES)
            for one in rows:
                if one.position > done[one.partition]:
                    copy.write_row(one)
        connection.execute(_ADVANCE, ([*last], [max(done[p], position) for p, position in last.items()]))
