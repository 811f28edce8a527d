"""Moving months of the log into the archive: close, write, read back, let go. Killed anywhere, it is repeated: nothing is lost or double.

Until the last step, one transaction of the database, the month is in the table and no reader asks the archive for it; from then on it is in
the archive alone. Files that a killed run left are written over as long as no manifest names them; what has one is proved, never replaced.
"""

import hashlib
import io
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from time import monotonic
from typing import NamedTuple

import msgspec

from arena.chassis.bus.archive import segments
from arena.chassis.bus.archive.manifest import FORMAT, NAME, Line, LogFile, Manifest, decode, encode, path_of
from arena.chassis.bus.archive.packing import digest, pack
from arena.chassis.bus.archive.reading import Archive
from arena.chassis.bus.archive.segments import Extent, Need, Segment, Session
from arena.chassis.bus.archive.store import Store
from arena.chassis.bus.archive.troubles import ArchiveDamaged, ArchiveRefused, NotThere

Advance = Callable[[int], None]
"""Told how many events were read (each is read twice). What it raises ends the run, which has then changed nothing in the database."""


class Moved(NamedTuple):
    """A month that left the table."""

    month: str
    events: int
    bytes: int
    """In the archive."""
    seconds: float


class Kept(NamedTuple):
    """A month whose time has come and that stays in the table, as somebody still needs it there."""

    month: str
    needs: Sequence[Need]


@dataclass(frozen=True, slots=True)
class Archiving:
    """The administrator's session, the store, and the schemas whose consumers must have applied everything."""

    session: Session
    store: Store
    must: Sequence[str] = ()
    advance: Advance = lambda _: None

    def run(self, retention: timedelta) -> Generator[Moved | Kept, None, None]:
        """Archive the months that ended so long ago, oldest first, up to the first that is still needed.

        Raises:
            ArchiveRefused: somebody else archives; the table or the archive is not as it must be.
            ArchiveTrouble: the archive cannot be written or read.
        """
        with segments.alone(self.session):
            for segment in segments.due(self.session, retention):
                if needs := segments.needs(self.session, segment.month, self.must):
                    yield Kept(segment.month, needs)
                    return
                yield self._move(segment)

    def _move(self, segment: Segment) -> Moved:
        began = monotonic()
        segments.close(self.session, segment)
        extents = segments.extents(self.session, segment.month)
        _refuse_holes(segment.month, extents)
        manifest = self._found(segment.month) or self._written(segment, extents)
        self._prove(manifest, extents)
        known_by = hashlib.sha256(encode(manifest)).hexdigest()
        segments.let_go(self.session, manifest, self.store.where, known_by, self.must)
        return Moved(segment.month, manifest.events, sum(log.bytes for log in manifest.logs), monotonic() - began)

    def _found(self, month: str) -> Manifest | None:
        """The manifest that an earlier run left, if it came so far."""
        try:
            return decode(self.store.read(path_of(month, NAME)))
        except NotThere:
            return None
        except msgspec.MsgspecError as other:
            raise ArchiveRefused(_in_the_way(self.store.where, month, "its manifest is not one that this version reads")) from other

    def _written(self, segment: Segment, extents: Sequence[Extent]) -> Manifest:
        """Write the month, the manifest last."""
        logs = tuple(self._write(segment.month, list(some)) for _, some in groupby(extents, key=lambda extent: extent.topic))
        manifest = Manifest(FORMAT, segment.month, segment.begins, segment.ends, logs)
        self.store.put(path_of(segment.month, NAME), io.BytesIO(encode(manifest)))
        return manifest

    def _write(self, month: str, extents: Sequence[Extent]) -> LogFile:
        """Write a log's events."""
        with tempfile.TemporaryFile() as file:
            written = pack(extents[0].log, extents[0].topic, self._lines(month, extents), file)
            file.seek(0)
            self.store.put(path_of(month, written.file), file)
        return written

    def _prove(self, manifest: Manifest, extents: Sequence[Extent]) -> None:
        """Read all of it back, and compare it with the table."""
        archive = Archive(self.store)
        try:
            back = archive.manifest(manifest.month, hashlib.sha256(encode(manifest)).hexdigest())
            equal = {log.topic for log in back.logs} == {extent.topic for extent in extents}
            for log in back.logs:
                content = hashlib.sha256()
                for block in archive.blocks(back, log):
                    content.update(block)
                ours = digest(self._lines(manifest.month, [extent for extent in extents if extent.topic == log.topic]))
                equal = equal and content.hexdigest() == log.content == ours
        except (ArchiveDamaged, NotThere) as wrong:
            raise ArchiveRefused(_in_the_way(self.store.where, manifest.month, str(wrong))) from wrong
        if not equal:
            raise ArchiveRefused(_in_the_way(self.store.where, manifest.month, "it holds other events than the table"))

    def _lines(self, month: str, extents: Sequence[Extent]) -> Iterator[Line]:
        for extent in extents:
            for number, line in enumerate(segments.lines(self.session, month, extent)):
                if number % 1000 == 0:
                    self.advance(min(1000, extent.events - number))
                yield line


def _refuse_holes(month: str, extents: Sequence[Extent]) -> None:
    for extent in extents:
        if extent.events != extent.last - extent.first + 1:
            raise ArchiveRefused(
                f"{extent.log}, partition {extent.partition}, has {extent.events} events from position {extent.first} to {extent.last} in "
                f"{month}: some are missing or there twice. Restore the database from a backup; nothing was archived."
            )


def _in_the_way(where: str, month: str, why: str) -> str:
    return (
        f"{month} is whole in the table, and stays there: what {where}/{month} has does not hold it ({why}). If that is another "
        "installation's, name another place in ARENA_ARCHIVE; otherwise take it away and run this again."
    )
