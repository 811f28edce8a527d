"""What is packed comes back, event by event, and a file is cut into blocks that a reader can find."""

import gzip
import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from arena.chassis.bus.archive.manifest import FORMAT, Line, LogFile, Manifest, decode, decode_lines, encode
from arena.chassis.bus.archive.packing import cut, digest, pack
from arena.chassis.bus.archive.store import FolderStore, open_store
from arena.chassis.bus.archive.troubles import ArchiveTrouble

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
WORDS = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)  # what PostgreSQL takes as text
EVENTS = some.lists(some.tuples(some.integers(0, 3), some.integers(0, 10**9), WORDS, WORDS, some.none() | WORDS), max_size=20)


def log_of(events: list[tuple[int, int, str, str, str | None]]) -> list[Line]:
    """Events of some partitions in order, each partition from a position of its own on."""
    last = {partition: (10**6 * partition, BEGIN) for partition in range(4)}
    lines = []
    for partition, microseconds, key, payload, headers in sorted(events, key=lambda event: event[0]):
        last[partition] = (last[partition][0] + 1, last[partition][1] + timedelta(microseconds=microseconds))
        lines.append(Line(partition, *last[partition], key, "Counted", payload, headers))
    return lines


@given(EVENTS)
@settings(max_examples=60, deadline=None)
def test_what_is_packed_comes_back_and_its_digests_are_those_of_its_content(events: list[tuple[int, int, str, str, str | None]]) -> None:
    lines = log_of(events)
    out = io.BytesIO()
    log = pack("a.log", 3, lines, out)
    assert decode_lines(gzip.decompress(out.getvalue())) == lines
    assert (log.bytes, log.events, log.content) == (len(out.getvalue()), len(lines), digest(lines))
    for block in log.blocks:
        held = decode_lines(gzip.decompress(out.getvalue()[block.offset : block.offset + block.length]))
        assert {line.partition for line in held} == {block.partition}
        assert (held[0].position, held[-1].position, held[-1].at) == (block.first, block.last, block.until)
    manifest = Manifest(FORMAT, "2025_01", BEGIN, BEGIN, (log,))
    assert decode(encode(manifest)) == manifest


def test_a_block_is_of_one_partition_and_not_too_long() -> None:
    lines = [Line(partition, position, BEGIN, "k", "T", "{}", None) for partition in (0, 1) for position in range(1, 1502)]
    assert [(len(piece), {line.partition for line in piece}) for piece in cut(lines)] == [(1000, {0}), (501, {0}), (1000, {1}), (501, {1})]


def test_a_log_says_what_it_has_of_each_partition() -> None:
    lines = [Line(partition, position, BEGIN, "k", "T", "{}", None) for partition in (2, 7) for position in range(5, 2000)]
    log: LogFile = pack("a.log", 1, lines, io.BytesIO())
    assert log.spans == {2: (5, 1999), 7: (5, 1999)}


def test_a_place_is_a_folder_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert isinstance(open_store(str(tmp_path)), FolderStore)


def test_where_the_client_of_s3_is_not_installed_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "arena.chassis.bus.archive.s3", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ArchiveTrouble, match="its client is not installed here: name a folder"):
        open_store("s3://bucket/prefix")


def test_a_folder_keeps_a_file_whole_or_not_at_all(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "a")
    store.put("month/file", io.BytesIO(b"first"))
    with pytest.raises(ArchiveTrouble, match="cannot be written"):
        store.put("month/file", Broken(b"second"))
    assert store.read("month/file") == b"first"


class Broken(io.BytesIO):
    """A source that ends in the middle."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(5, f"Input/output error at {size}")
