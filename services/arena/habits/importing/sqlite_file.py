"""A stranger's SQLite file, opened so that it can do no harm: in memory, read only, nothing of its schema trusted, with an end to all work.

No file is written: the bytes are deserialised. The guards that matter: only plain tables are read (an authoriser refuses all else),
sizes are limited inside SQLite, and a budget of virtual machine steps ends a query that a crafted file would keep busy.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

from arena.habits.importing.report import ImportRefused

MAGIC: Final = b"SQLite format 3\x00"
MAX_CELL: Final = 1_000_000
MAX_SCHEMA_OBJECTS: Final = 200
_HEADER: Final = 100
_STEPS_A_CALL: Final = 10_000
_MAX_CALLS: Final = 20_000
"""200 million steps: a thousand times what an honest file needs for its size, and some seconds at most."""

_LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_CELL,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 50,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 5,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 50_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 8,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_PRAGMAS: Final = (
    "trusted_schema=OFF",
    "query_only=ON",
    "cell_size_check=ON",
    "mmap_size=0",
    "temp_store=MEMORY",
    "recursive_triggers=OFF",
)
_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})
_DAMAGED: Final = "This database is damaged or was cut short; please export it again."


class ForeignDatabase:
    """Read access to the plain tables of a database that somebody uploaded."""

    def __init__(self, connection: sqlite3.Connection, tables: dict[str, str], version: int) -> None:
        self._connection = connection
        self._tables = tables
        self.version = version
        """`PRAGMA user_version`: the schema version the app wrote."""

    @property
    def tables(self) -> frozenset[str]:
        """Names of the tables, in lower case: SQLite does not tell them apart by case."""
        return frozenset(self._tables)

    def count(self, table: str, at_most: int) -> int:
        """Count the rows, up to `at_most`: counting all is one single step to SQLite, and endless where pages point at each other."""
        name = _quoted(self._tables[table])
        return int(self._connection.execute(f"SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT ?)", (at_most,)).fetchone()[0])

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the wanted columns of every row, in row order; a column this version does not have is always None."""
        name = _quoted(self._tables[table])
        described = self._connection.execute(f"SELECT * FROM {name} LIMIT 0").description
        present = {str(column[0]).lower(): _quoted(str(column[0])) for column in described}
        wanted = ", ".join(present.get(column, "NULL") for column in columns)
        # NOT INDEXED: an index that covers the columns would otherwise decide about the order.
        yield from self._connection.execute(f"SELECT {wanted} FROM {name} NOT INDEXED")

    def columns(self, table: str) -> frozenset[str]:
        """Names of the columns, in lower case."""
        described = self._connection.execute(f"SELECT * FROM {_quoted(self._tables[table])} LIMIT 0").description
        return frozenset(str(column[0]).lower() for column in described)


@contextmanager
def open_database(data: bytes) -> Iterator[ForeignDatabase]:
    """Open an uploaded database; whatever SQLite finds wrong with it while it is open becomes a refusal."""
    refuse_cut_short(data)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        try:
            yield _guarded(connection, data)
        # ValueError: names in a damaged schema need not be UTF-8, and the driver then cannot even word its complaint.
        except (sqlite3.Error, ValueError, OverflowError, MemoryError, RecursionError) as error:
            raise _refusal(error) from error


def refuse_cut_short(data: bytes) -> None:
    """Compare the size the header promises with the bytes that came."""
    if len(data) < _HEADER:
        raise ImportRefused("import-damaged", _DAMAGED)
    page_size = int.from_bytes(data[16:18], "big")
    page_size = 65_536 if page_size == 1 else page_size
    promised = int.from_bytes(data[28:32], "big") * page_size
    # The size in the header counts only if the last writer knew of it (file format, section 1.3.7).
    if data[24:28] == data[92:96] and promised > len(data):
        raise ImportRefused("import-damaged", _DAMAGED)


def _guarded(connection: sqlite3.Connection, data: bytes) -> ForeignDatabase:
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    connection.deserialize(_without_wal(data))
    connection.set_progress_handler(_Budget().spend, _STEPS_A_CALL)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    tables = _plain_tables(connection)
    connection.set_authorizer(_authorise)
    return ForeignDatabase(connection, tables, version)


def _without_wal(data: bytes) -> bytes:
    """A database in WAL mode cannot be opened in memory; its main file is complete without the log once the app has closed it."""
    return data[:18] + b"\x01\x01" + data[20:] if data[18:20] == b"\x02\x02" else data


def _plain_tables(connection: sqlite3.Connection) -> dict[str, str]:
    found = connection.execute("SELECT type, name, rootpage FROM sqlite_master LIMIT ?", (MAX_SCHEMA_OBJECTS + 1,)).fetchall()
    if len(found) > MAX_SCHEMA_OBJECTS:
        raise ImportRefused("import-unsafe-database", "This database has hundreds of tables; no habit app's export has.")
    tables = {}
    for kind, name, root in found:
        # Only what is stored has a root page; a view or virtual table computes its rows.
        if kind not in {"table", "index"} or not root:
            raise ImportRefused(
                "import-unsafe-database", f"This database contains a {kind} that computes; an export has only plain tables."
            )
        if kind == "table":
            tables[str(name).lower()] = str(name)
            _refuse_computed_columns(connection, str(name))
    return tables


def _refuse_computed_columns(connection: sqlite3.Connection, table: str) -> None:
    """Refuse generated columns: their functions can be costly in a way that the budget of steps does not see."""
    if any(hidden for (hidden,) in connection.execute("SELECT hidden FROM pragma_table_xinfo(?)", (table,))):
        raise ImportRefused("import-unsafe-database", "This database contains a column that computes; an export has only plain tables.")


def _authorise(action: int, _first: str | None, second: str | None, *_more: str | None) -> int:
    """Allow to read tables and to count rows."""
    allowed = action in _ALLOWED or (action == sqlite3.SQLITE_FUNCTION and second == "count")
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


class _Budget:
    """Counts calls of the progress handler; a true answer interrupts SQLite."""

    def __init__(self) -> None:
        self._calls = 0

    def spend(self) -> bool:
        self._calls += 1
        return self._calls > _MAX_CALLS


def _refusal(error: BaseException) -> ImportRefused:
    told = str(error)
    if "interrupted" in told:
        return ImportRefused("import-unsafe-database", "Reading this database takes far too much work for its size; it is not imported.")
    if "too big" in told or "too large" in told or isinstance(error, (OverflowError, MemoryError)):
        return ImportRefused("import-too-large", f"This database has a cell of more than {MAX_CELL:,} bytes; no export has.")
    return ImportRefused("import-damaged", _DAMAGED)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
