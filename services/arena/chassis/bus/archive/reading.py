"""Reading archived months: only the blocks that are needed, each proved by the digest that the database leads to."""

import gzip
import hashlib
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from arena.chassis.bus.archive.manifest import NAME, Block, Line, LogFile, Manifest, decode, decode_lines, path_of
from arena.chassis.bus.archive.store import Store, open_store
from arena.chassis.bus.archive.troubles import ArchiveDamaged
from arena.chassis.bus.catalogue import RawRecord

_BLOCKS: Final = 32
"""Kept in memory, of about 1,000 events each: one per partition, for two readers that are far apart."""
_MONTHS: Final = 2


class Span(NamedTuple):
    """What the database says of a partition's part in an archived month (a row of `log.archived_of`)."""

    partition: int
    first: int
    last: int
    month: str
    ends: datetime
    manifest: str
    """SHA-256 of the month's manifest."""
    location: str


class _Month(NamedTuple):
    """A month's manifest, and the blocks of each (topic, partition) in order."""

    manifest: Manifest
    blocks: Mapping[tuple[int, int], Sequence[Block]]

    @classmethod
    def of(cls, manifest: Manifest) -> "_Month":
        blocks: dict[tuple[int, int], list[Block]] = {}
        for log in manifest.logs:
            for block in log.blocks:
                blocks.setdefault((log.topic, block.partition), []).append(block)
        return cls(manifest, blocks)


def open_archive(where: str | None) -> "Archive | None":
    """The archive that ARENA_ARCHIVE names, if it names one."""
    return None if where is None else Archive(open_store(where))


class Archive:
    """A store of archived months, to read. Its methods block: call them in a thread. Trouble is an ArchiveTrouble."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._month = lru_cache(_MONTHS)(self._read_month)
        self._lines = lru_cache(_BLOCKS)(self._read_lines)

    def manifest(self, month: str, sha256: str) -> Manifest:
        """A month's manifest, proved."""
        return self._month(month, sha256).manifest

    def records(self, span: Span, topic: int, after: int, most: int) -> Sequence[RawRecord]:
        """Up to `most` records of the span's partition that follow a position in it: at least one, never one left out."""
        log, blocks = self._find(span, topic)
        block = blocks[bisect_left(blocks, after + 1, key=lambda one: one.last)]
        if block.first > after + 1:
            raise self._damaged(span.month, NAME, f"leaves out position {after + 1} of {log.log}, partition {span.partition}")
        lines = self._lines(span.month, log.file, block)
        return [RawRecord(*line) for line in islice(lines, after + 1 - block.first, after + 1 - block.first + most)]

    def last_before(self, span: Span, topic: int, at: datetime) -> int:
        """The last position of the span's partition that was stamped before `at`; the one before the span if there is none in it."""
        log, blocks = self._find(span, topic)
        found = bisect_left(blocks, at, key=lambda one: one.until)
        if found == len(blocks):
            return span.last
        earlier = [line.position for line in self._lines(span.month, log.file, blocks[found]) if line.at < at]
        return earlier[-1] if earlier else blocks[found].first - 1

    def blocks(self, manifest: Manifest, log: LogFile) -> Iterator[bytes]:
        """The lines of a whole file, block by block, every byte of it proved."""
        whole = hashlib.sha256()
        for block in log.blocks:
            packed = self._packed(manifest.month, log.file, block)
            whole.update(packed)
            yield self._unpacked(manifest.month, log.file, packed)
        if whole.hexdigest() != log.sha256 or self.store.read(path_of(manifest.month, log.file), log.bytes, 1):
            raise self._damaged(manifest.month, log.file, "is not what was archived")

    def _find(self, span: Span, topic: int) -> tuple[LogFile, Sequence[Block]]:
        """The file of a log, and in it the blocks of the span's partition."""
        month = self._month(span.month, span.manifest)
        log, blocks = month.manifest.log(topic), month.blocks.get((topic, span.partition))
        if log is None or blocks is None or (blocks[0].first, blocks[-1].last) != (span.first, span.last):
            raise self._damaged(span.month, NAME, f"does not hold positions {span.first} to {span.last} of partition {span.partition}")
        return log, blocks

    def _read_month(self, month: str, sha256: str) -> _Month:
        content = self.store.read(path_of(month, NAME))
        if hashlib.sha256(content).hexdigest() != sha256:
            raise self._damaged(month, NAME, "is not the one that was archived")
        try:
            return _Month.of(decode(content))
        except msgspec.MsgspecError as wrong:
            raise self._damaged(month, NAME, "is not one that this version reads") from wrong

    def _read_lines(self, month: str, file: str, block: Block) -> Sequence[Line]:
        lines = decode_lines(self._unpacked(month, file, self._packed(month, file, block)))
        if [line.position for line in lines] != list(range(block.first, block.last + 1)):
            raise self._damaged(month, file, f"does not hold positions {block.first} to {block.last} of partition {block.partition}")
        return lines

    def _packed(self, month: str, file: str, block: Block) -> bytes:
        packed = self.store.read(path_of(month, file), block.offset, block.length)
        if hashlib.sha256(packed).hexdigest() != block.sha256:
            raise self._damaged(month, file, f"has other bytes than were archived from byte {block.offset} on")
        return packed

    def _unpacked(self, month: str, file: str, packed: bytes) -> bytes:
        try:
            return gzip.decompress(packed)
        except (OSError, EOFError, zlib.error) as wrong:
            raise self._damaged(month, file, "cannot be unpacked") from wrong

    def _damaged(self, month: str, file: str, why: str) -> ArchiveDamaged:
        return ArchiveDamaged(self.store.where, path_of(month, file), why)
