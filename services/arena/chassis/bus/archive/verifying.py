"""Proving that the archive holds what left the table: every byte by its digest, every position by the database's own record."""

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from arena.chassis.bus.archive import segments
from arena.chassis.bus.archive.manifest import LogFile, Manifest, decode_lines
from arena.chassis.bus.archive.reading import Archive
from arena.chassis.bus.archive.segments import Session
from arena.chassis.bus.archive.troubles import ArchiveTrouble


class Verified(NamedTuple):
    """An archived month as it was found."""

    month: str
    events: int
    wrong: str | None
    """What is wrong with it, in a sentence."""


def verify(session: Session, archive: Archive, advance: Callable[[int], None]) -> Iterator[Verified]:
    """Read all archived months, oldest first; `advance` is told how many events were read."""
    for month in segments.archived(session):
        expected = segments.spans(session, month.month)
        try:
            manifest = archive.manifest(month.month, month.manifest)
            found = {(log.topic, partition): span for log in manifest.logs for partition, span in log.spans.items()}
            wrong = None if found == expected else f"{month.month} does not hold the positions that left the database."
            for log in manifest.logs:
                wrong = wrong or _wrong(archive, manifest, log, advance)
        except ArchiveTrouble as trouble:
            wrong = str(trouble)
        yield Verified(month.month, month.events, wrong)


def _wrong(archive: Archive, manifest: Manifest, log: LogFile, advance: Callable[[int], None]) -> str | None:
    content = hashlib.sha256()
    for text, block in zip(archive.blocks(manifest, log), log.blocks, strict=True):
        lines = decode_lines(text)
        if [line[:2] for line in lines] != [(block.partition, position) for position in range(block.first, block.last + 1)]:
            return f"{manifest.month}/{log.file} does not hold positions {block.first} to {block.last} of partition {block.partition}."
        content.update(text)
        advance(len(lines))
    return None if content.hexdigest() == log.content else f"{manifest.month}/{log.file} holds other events than were archived."
