"""What a backup says of itself: the manifest, and the census that proves a restore."""

from datetime import datetime

import msgspec

from arena import __version__
from arena.embedded.backup.refusals import BackupTooNew, NotABackup

FORMAT = 1
ARCHIVED = "archived"
"""In the place of an announced hash: the event has left the database for the log's archive."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table: its rows in PostgreSQL's text form of COPY, in the archive's entry `name`."""

    table: str
    """Schema and name, joined by a dot."""
    columns: tuple[str, ...]
    rows: int
    bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """Its entry in the archive."""
        return f"tables/{self.table}.copy"


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a partition of a log stands, and which events of it there are, in the database or recorded as archived."""

    head: int
    events: int
    """How many positions there are; one that is there twice counts once."""
    last: int

    @property
    def whole(self) -> bool:
        """Whether no position is missing or there twice."""
        return self.events == self.last == self.head


class Final(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A battle's final hash: as kept beside the result, as computed from it now, and as the battle's log announced it."""

    kept: str | None
    computed: str | None
    announced: str | None

    @property
    def equal(self) -> bool:
        """Whether all that is known is the same."""
        return self.kept == self.computed and self.announced in {self.kept, ARCHIVED}


class Census(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is counted in the snapshot and again after a restore; the two must be equal."""

    logs: dict[str, dict[int, Place]]
    """By log and partition."""
    results: dict[str, Final]
    """By battle."""

    @property
    def events(self) -> int:
        """Of all logs."""
        return sum(place.events for partitions in self.logs.values() for place in partitions.values())

    @property
    def wrong(self) -> tuple[str, ...]:
        """What does not hold together in itself, in words."""
        torn = [
            f"{log}, partition {number}: there are {place.events} events up to position {place.head}"
            for log, partitions in self.logs.items()
            for number, place in partitions.items()
            if not place.whole
        ]
        unequal = [
            f"battle {battle}: its result's hash is {final.kept}, computed {final.computed}, announced {final.announced}"
            for battle, final in self.results.items()
            if not final.equal
        ]
        return (*torn, *unequal)


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The archive's table of contents."""

    format: int
    version: str
    """Of HabitArena."""
    taken_at: datetime
    """The database's clock at the snapshot."""
    tzdata: str
    postgres: str
    revisions: dict[str, str]
    """By schema."""
    segments: tuple[str, ...]
    """The months the log is cut into, as YYYY_MM."""
    tables: tuple[Part, ...]
    """In the order in which they are loaded."""
    keys: str | None
    """SHA-256 of the keys, if they are in the archive."""
    database_bytes: int
    """What the tables took on disk, indexes included."""
    census: Census
    archived: dict[str, str] = {}
    """The months of the log that are not in the backup, as they are in the archive: by month, where."""

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return sum(part.rows for part in self.tables if part.table == table)


def encode(manifest: Manifest) -> bytes:
    """The manifest as it stands in the archive."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


class _Form(msgspec.Struct):
    """What every form of the manifest will have."""

    format: int
    version: str


def decode(text: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        NotABackup: it is none.
        BackupTooNew: a later version wrote it in a form of its own.
    """
    try:
        form = msgspec.json.decode(text, type=_Form)
        if form.format > FORMAT:
            raise newer(form.version)
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as other:
        raise NotABackup(f"This is no backup of HabitArena that this version can read: its manifest is another one ({other}).") from other


def newer(version: str) -> BackupTooNew:
    """The refusal of what a later version wrote."""
    return BackupTooNew(f"The backup was written by HabitArena {version}, this is {__version__}: restore it with that version or later.")
