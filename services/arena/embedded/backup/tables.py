"""Which tables there are, in which order they can be loaded, and their rows in and out by COPY."""

from collections.abc import Iterable, Iterator, Sequence
from graphlib import TopologicalSorter
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection, sql

_SESSION = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "client_encoding": "UTF8",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "60s",
}
"""The same text for the same value, whatever server or role; and as much time as it takes."""
_TABLES = """
select c.oid, n.nspname, c.relname,
       array(select a.attname::text from pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any(%s) and c.relkind in ('r', 'p') and not c.relispartition
order by n.nspname, c.relname
"""
_REFERENCES = "select conrelid, confrelid from pg_constraint where contype = 'f' and conrelid <> confrelid"
_SIZE = """
select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any(%s) and c.relkind = 'r'
"""

_BLOCK = 1 << 18

Piece = bytes | bytearray | memoryview
Session = Connection[tuple[Any, ...]]


class Table(NamedTuple):
    """A table with its columns."""

    schema: str
    name: str
    columns: tuple[str, ...]

    @property
    def path(self) -> str:
        """Schema and name."""
        return f"{self.schema}.{self.name}"

    @property
    def words(self) -> sql.Composable:
        """As SQL names it."""
        return sql.Identifier(self.schema, self.name)


def ask(session: Session, question: LiteralString | sql.SQL | sql.Composed, *values: Any) -> Any:
    """The answer to a question that has one: the first column of the first row."""
    row = session.execute(question, values).fetchone()
    if row is None:
        raise LookupError(question)
    return row[0]


def settle(session: Session) -> None:
    """Make the session write every value in one way, and wait for nothing too long; holds beyond the transaction."""
    for name, value in _SESSION.items():
        session.execute("select set_config(%s, %s, false)", (name, value))


def tables_of(session: Session, schemas: Iterable[str]) -> list[Table]:
    """The tables of some schemas; what refers to another table comes after it."""
    found = {row[0]: Table(row[1], row[2], tuple(row[3])) for row in session.execute(_TABLES, (list(schemas),))}
    order: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(found, ()))
    for table, referred in session.execute(_REFERENCES).fetchall():
        if table in found and referred in found:
            order.add(table, referred)
    return [found[oid] for oid in order.static_order()]


def hold(session: Session, tables: Sequence[Table]) -> None:
    """Keep the shape of tables as it is until the transaction ends; rows come and go."""
    session.execute(sql.SQL("lock table {} in access share mode").format(sql.SQL(", ").join(table.words for table in tables)))


def disk_size(session: Session, schemas: Iterable[str]) -> int:
    """Bytes of the tables and indexes of some schemas."""
    return int(ask(session, _SIZE, list(schemas)))


def copy_out(session: Session, table: Table) -> Iterator[bytes]:
    """The rows of a table, a line each, some hundreds at a time: what is done with them costs by the piece."""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    command = sql.SQL("copy (select {} from {}) to stdout").format(columns, table.words)
    with session.cursor() as cursor, cursor.copy(command) as rows:
        yield from _gathered(rows)


def _gathered(rows: Iterable[Piece]) -> Iterator[bytes]:
    waiting: list[Piece] = []
    size = 0
    for row in rows:
        waiting.append(row)
        size += len(row)
        if size >= _BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def copy_in(session: Session, table: Table, blocks: Iterable[bytes]) -> None:
    """Put rows into a table."""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    command = sql.SQL("copy {} ({}) from stdin").format(table.words, columns)
    with session.cursor() as cursor, cursor.copy(command) as rows:
        for block in blocks:
            rows.write(block)


def segments(session: Session) -> tuple[str, ...]:
    """The months the log is cut into, as YYYY_MM."""
    found = session.execute(
        "select substring(inhrelid::regclass::text from '[0-9]{4}_[0-9]{2}$') from pg_inherits "
        "where inhparent = 'log.event'::regclass order by 1"
    )
    return tuple(row[0] for row in found if row[0])


def archived(session: Session) -> dict[str, str]:
    """The months of the log that have left the database, and where they are; a log of before it knows none."""
    if not ask(session, "select to_regclass('log.archived_month') is not null"):
        return {}
    return dict(session.execute("select month, location from log.archived_month order by month"))


def cut(session: Session, months: Iterable[str]) -> None:
    """Cut an empty log into months, as `log.ensure_segments` does."""
    for month in months:
        first = f"{month.replace('_', '-')}-01 00:00:00+00"
        session.execute(
            sql.SQL("create table {} partition of log.event for values from ({}) to ({})").format(
                sql.Identifier("log", f"event_{month}"), sql.Literal(first), sql.Literal(_next(month))
            )
        )


def _next(month: str) -> str:
    year, number = map(int, month.split("_"))
    return f"{year + number // 12:04}-{number % 12 + 1:02}-01 00:00:00+00"
