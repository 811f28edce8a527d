"""The file of a backup: whatever is written comes out again, and its end proves what is before it."""

import errno
import hashlib
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.embedded.backup.archive import KEYS, Archive, Writer
from arena.embedded.backup.manifest import FORMAT, Census, Final, Manifest, Part, Place, decode, encode
from arena.embedded.backup.refusals import BackupTooNew, FileExists, NotABackup
from arena.embedded.backup.taking import new_file

DIGITS = 64


def manifest(*parts: Part, keys: str | None = None) -> Manifest:
    """The manifest of a backup with these tables."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Manifest(FORMAT, "0.1.0", at, "2026a", "18.4", {"log": "0001"}, ("2026_03",), parts, keys, 0, Census({}, {}))


@given(contents=st.lists(st.binary(max_size=300), max_size=8), keys=st.none() | st.binary(min_size=1, max_size=200))
def test_what_is_written_comes_out_again_and_any_tool_can_open_it(contents: list[bytes], keys: bytes | None) -> None:
    out = io.BytesIO()
    writer = Writer(out)
    kept = writer.add(KEYS, [keys]).sha256 if keys else None
    parts = []
    for number, content in enumerate(contents):
        part = Part(f"room.table{number}", ("a",), 0, 0, "")
        written = writer.add(part.name, [content[:100], content[100:]])
        assert (written.bytes, written.lines) == (len(content), content.count(b"\n"))
        parts.append(Part(part.table, part.columns, written.lines, written.bytes, written.sha256))
    seal = writer.close(manifest(*parts, keys=kept))
    assert out.getvalue().endswith(f"sha256:{seal}".encode())
    assert seal == hashlib.sha256(out.getvalue()[: -DIGITS - len("sha256:")]).hexdigest()
    assert zipfile.ZipFile(out).testzip() is None
    with Archive.open(out, "it") as archive:
        assert archive.keys() == keys
        assert [b"".join(archive.blocks(part.name, part.sha256)) for part in archive.manifest.tables] == contents


def test_a_file_that_could_not_be_finished_is_gone(tmp_path: Path) -> None:
    def until_the_disk_is_full() -> None:
        with new_file(tmp_path / "file") as out:
            out.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        until_the_disk_is_full()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_backup_left_is_replaced_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(b"x" * 1000)
    with new_file(tmp_path / "file") as out:
        out.write(b"whole")
    assert (tmp_path / "file").read_bytes() == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_two_backups_do_not_write_one_file(tmp_path: Path) -> None:
    with new_file(tmp_path / "file") as out:
        out.write(b"first")
        with pytest.raises(FileExists, match="being written by another"), new_file(tmp_path / "file"):
            pass
    assert (tmp_path / "file").read_bytes() == b"first"


def test_a_manifest_of_another_form_is_told_from_one_that_is_none() -> None:
    whole = encode(manifest())
    assert decode(whole) == manifest()
    with pytest.raises(BackupTooNew, match=r"HabitArena 9\.0\.0"):
        decode(b'{"format": 2, "version": "9.0.0", "all": "else"}')
    with pytest.raises(NotABackup):
        decode(b"{}")
    with pytest.raises(NotABackup):
        decode(whole.replace(b'"tzdata"', b'"moon"'))


@pytest.mark.parametrize(
    ("place", "whole"),
    [(Place(0, 0, 0), True), (Place(7, 7, 7), True), (Place(7, 6, 7), False), (Place(7, 6, 6), False), (Place(6, 7, 7), False)],
)
def test_a_log_is_whole_when_every_position_up_to_its_head_is_there(place: Place, whole: bool) -> None:  # noqa: FBT001 - a case's answer
    wrong = Census({"habits.ledger": {3: place}}, {}).wrong
    assert (wrong == ()) == whole
    assert all("habits.ledger, partition 3" in words for words in wrong)


@pytest.mark.parametrize("one", [Final("a", "a", "b"), Final("a", "b", "a"), Final(None, None, "a"), Final("a", "a", None)])
def test_a_result_whose_hashes_are_not_all_the_same_is_told(one: Final) -> None:
    assert Census({}, {"x": Final("a", "a", "a")}).wrong == ()
    assert len(Census({}, {"x": one}).wrong) == 1
