"""What an archived month looks like: a file of compressed JSON lines for each log, and a manifest with the digest of every byte.

A file is a row of blocks, each a gzip member of its own (`zcat` reads the file whole), so that a reader fetches only those it needs.
"""

from datetime import datetime
from typing import Final, NamedTuple

import msgspec

FORMAT: Final = 1
NAME: Final = "manifest.json"


class Line(NamedTuple):
    """An event as it stands in a file: a JSON array."""

    partition: int
    position: int
    at: datetime
    key: str
    type: str
    payload: str
    headers: str | None


class Block(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Events of one partition that follow one another."""

    partition: int
    first: int
    last: int
    until: datetime
    """The stamp of the last one."""
    offset: int
    length: int
    sha256: str
    """Of the compressed bytes."""


class LogFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one log has in the month, in the order of (partition, position)."""

    log: str
    topic: int
    file: str
    bytes: int
    events: int
    sha256: str
    """Of the file."""
    content: str
    """SHA-256 of its lines: the same for the same events, whatever compressed them."""
    blocks: tuple[Block, ...]

    @property
    def spans(self) -> dict[int, tuple[int, int]]:
        """First and last position of each partition."""
        spans: dict[int, tuple[int, int]] = {}
        for block in self.blocks:
            spans[block.partition] = (spans.get(block.partition, (block.first, 0))[0], block.last)
        return spans


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The month's table of contents; written last, so that a month without one was never finished."""

    format: int
    month: str
    begins: datetime
    ends: datetime
    logs: tuple[LogFile, ...]

    @property
    def events(self) -> int:
        """Of all logs."""
        return sum(log.events for log in self.logs)

    def log(self, topic: int) -> LogFile | None:
        """The file of a log."""
        return next((log for log in self.logs if log.topic == topic), None)


encode = msgspec.json.Encoder().encode
decode_lines = msgspec.json.Decoder(Line).decode_lines


def decode(content: bytes) -> Manifest:
    """Read a manifest; raises msgspec.MsgspecError where it is none that this version reads."""
    manifest = msgspec.json.decode(content, type=Manifest)
    if manifest.format != FORMAT:
        raise msgspec.ValidationError(f"its format is {manifest.format}")
    return manifest


def path_of(month: str, name: str) -> str:
    """Where a month's file lies in a store."""
    return f"{month}/{name}"
