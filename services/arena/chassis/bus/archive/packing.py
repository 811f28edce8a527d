"""Writing the events of one log into a file of the archive, as they come out of the database."""

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from typing import IO, Final

import msgspec

from arena.chassis.bus.archive.manifest import Block, Line, LogFile

_EVENTS: Final = 1000
"""Of a block: some 30 KB packed, so that a reader anywhere fetches little, and the table of contents stays small."""

_encode = msgspec.json.Encoder().encode


def pack(log: str, topic: int, lines: Iterable[Line], out: IO[bytes]) -> LogFile:
    """Write a log's events, ordered by (partition, position), and say what was written."""
    content, whole = hashlib.sha256(), hashlib.sha256()
    blocks: list[Block] = []
    offset = 0
    for some in cut(lines):
        raw = text_of(some)
        content.update(raw)
        packed = gzip.compress(raw, mtime=0)
        whole.update(packed)
        out.write(packed)
        first, last = some[0], some[-1]
        digest = hashlib.sha256(packed).hexdigest()
        blocks.append(Block(first.partition, first.position, last.position, last.at, offset, len(packed), digest))
        offset += len(packed)
    events = sum(block.last - block.first + 1 for block in blocks)
    return LogFile(log, topic, f"{log}.jsonl.gz", offset, events, whole.hexdigest(), content.hexdigest(), tuple(blocks))


def digest(lines: Iterable[Line]) -> str:
    """SHA-256 of the text of events: that of a file which holds just these."""
    content = hashlib.sha256()
    for some in cut(lines):
        content.update(text_of(some))
    return content.hexdigest()


def cut(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Pieces for a block each: of one partition, and not too long."""
    piece: list[Line] = []
    for line in lines:
        if piece and (len(piece) >= _EVENTS or line.partition != piece[0].partition):
            yield piece
            piece = []
        piece.append(line)
    if piece:
        yield piece


def text_of(lines: Iterable[Line]) -> bytes:
    """Events as they stand in a file, unpacked."""
    return b"".join(_encode(line) + b"\n" for line in lines)
