"""What the embedded server will not start on: each time a sentence that says what to do, and nothing changed."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from arena.embedded.postgres import EmbeddedPostgres, Endpoint, PostgresRefused
from arena.embedded.postgres.account import server_account
from arena.embedded.postgres.cluster import initialise
from arena.embedded.postgres.leftovers import server_processes
from arena.embedded.postgres.programs import find_programs
from arena.embedded.postgres.refusals import (
    DiskFull,
    FolderDamaged,
    FolderForeign,
    FolderFromTheFuture,
    FolderOtherMajor,
    FolderUnreachable,
    ServerFailed,
)

Sql = Callable[[Endpoint, str], object]


def refusal(data_dir: Path) -> PostgresRefused:
    with pytest.raises(PostgresRefused) as caught:
        EmbeddedPostgres(data_dir).start()
    assert server_processes(data_dir / "postgres") == []
    return caught.value


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_mode, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_a_folder_with_other_things_is_refused_untouched(open_folder: Path) -> None:
    (open_folder / "holiday.jpg").write_text("x")
    found = refusal(open_folder)
    assert isinstance(found, FolderForeign)
    assert "holiday.jpg" in found.sentence
    assert "ARENA_DATA_DIR" in found.sentence
    assert [path.name for path in open_folder.iterdir()] == ["holiday.jpg"]
    assert open_folder.stat().st_mode & 0o777 == 0o755


def test_a_file_in_the_place_of_the_folder_is_refused(data_dir: Path) -> None:
    data_dir.write_text("x")
    assert isinstance(refusal(data_dir), FolderForeign)


def test_somebody_elses_cluster_of_the_same_version_is_foreign(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "PG_VERSION").write_text("18\n")
    assert isinstance(refusal(data_dir), FolderForeign)


@pytest.mark.parametrize("major", ["16", "19", ""])
def test_data_of_another_major_version_is_refused_untouched(made: Path, major: str) -> None:
    (made / "postgres" / "PG_VERSION").write_text(f"{major}\n")
    before = snapshot(made / "postgres")
    found = refusal(made)
    assert isinstance(found, FolderOtherMajor)
    assert f"PostgreSQL {major or '(unreadable)'}" in found.sentence
    assert snapshot(made / "postgres") == before


def test_a_bare_cluster_of_another_major_version_is_named_as_such(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "PG_VERSION").write_text("15\n")
    assert isinstance(refusal(data_dir), FolderOtherMajor)


def test_a_folder_of_a_newer_habitarena_is_refused(made: Path) -> None:
    (made / "habitarena.json").write_text(json.dumps({"format": 2, "created": True}))
    assert isinstance(refusal(made), FolderFromTheFuture)


@pytest.mark.parametrize("lost", ["postgres", "postgres/PG_VERSION", "postgres/global/pg_control", "secrets.json"])
def test_a_missing_part_is_named_and_never_made_anew(made: Path, lost: str) -> None:
    path = made / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    found = refusal(made)
    assert isinstance(found, FolderDamaged)
    assert str(path) in found.sentence
    assert not path.exists()


@pytest.mark.parametrize("name", ["habitarena.json", "secrets.json"])
def test_an_unreadable_file_of_ours_is_named(made: Path, name: str) -> None:
    (made / name).write_text("{")
    found = refusal(made)
    assert isinstance(found, FolderDamaged)
    assert name in found.sentence


def test_passwords_of_another_folder_are_noticed(made: Path) -> None:
    (made / "secrets.json").write_text(json.dumps({"postgres": {"arena": "another"}}))
    found = refusal(made)
    assert isinstance(found, FolderDamaged)
    assert "same backup" in found.sentence


@pytest.mark.parametrize("text", [b"", b"\x00" * 8192])
def test_a_damaged_control_file_is_told_with_the_last_log_lines(made: Path, text: bytes) -> None:
    (made / "postgres" / "global" / "pg_control").write_bytes(text)
    found = refusal(made)
    assert isinstance(found, ServerFailed)
    assert "control" in found.sentence.lower()
    assert str(made / "postgres.log") in found.sentence
    assert "backup" in found.sentence


@pytest.fixture
def small_disk(open_folder: Path) -> Iterator[Path]:
    """A file system of 110 MB."""
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        pytest.skip("only root on Linux can mount a small file system")
    mount = subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=110m", "tmpfs", str(open_folder)], capture_output=True, check=False)
    if mount.returncode != 0:
        pytest.skip("this container may not mount a small file system")
    yield open_folder
    subprocess.run(["/bin/umount", str(open_folder)], check=True)


def test_a_full_disk_is_called_full_and_works_again_once_there_is_room(small_disk: Path) -> None:
    data_dir, filler = small_disk / "arena", small_disk / "filler"
    with EmbeddedPostgres(data_dir):
        pass
    filler.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 4096))
    found = refusal(data_dir)
    assert isinstance(found, DiskFull)
    assert "Free some space" in found.sentence
    filler.unlink()
    with EmbeddedPostgres(data_dir):
        pass


def test_a_disk_too_small_for_the_first_start_is_called_full_and_can_be_tried_again(small_disk: Path) -> None:
    account, filler = server_account(), small_disk / "filler"
    data_dir = small_disk / "arena"
    data_dir.mkdir()
    filler.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - (20 << 20)))
    with pytest.raises(DiskFull):
        initialise(find_programs(account), account, small_disk / "arena.new", "password")
    filler.unlink()
    with EmbeddedPostgres(data_dir):
        pass


def test_a_disk_that_fills_up_while_the_server_runs_loses_nothing(small_disk: Path, sql: Sql) -> None:
    filler = small_disk / "filler"
    with EmbeddedPostgres(small_disk / "arena") as server:
        sql(server.endpoint, "CREATE TABLE kept (n int, filler text)")
        filler.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - (1 << 20)))
        committed = inserted_until_full(server, sql)
        filler.unlink()
        assert eventually_counts(server, sql) == committed


def inserted_until_full(server: EmbeddedPostgres, sql: Sql) -> int:
    committed = 0
    while True:
        try:
            sql(server.endpoint, "INSERT INTO kept SELECT n, repeat(md5(n::text), 40) FROM generate_series(1, 1000) AS n")
        except psycopg.Error:
            return committed
        committed += 1000


def eventually_counts(server: EmbeddedPostgres, sql: Sql, seconds: float = 30) -> int:
    end = time.monotonic() + seconds
    while True:
        try:
            return int(str(sql(server.endpoint, "SELECT count(*) FROM kept")))
        except psycopg.OperationalError:
            assert time.monotonic() < end, "the server did not come back"
            time.sleep(0.1)


def test_root_is_told_the_command_that_opens_the_way_and_nothing_is_opened_for_it(open_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("a normal user's server runs as that user")
    closed = open_folder / "private folder"
    (closed / "inner").mkdir(parents=True)
    closed.chmod(0o700)
    (closed / "inner").chmod(0o750)
    found = refusal(closed / "inner" / "arena")
    assert isinstance(found, FolderUnreachable)
    assert found.command == f"chmod o+x '{closed}' '{closed}/inner'"
    assert found.command in str(found)
    assert (closed.stat().st_mode & 0o777, (closed / "inner").stat().st_mode & 0o777) == (0o700, 0o750)
    assert not (closed / "inner" / "arena").exists()
    subprocess.run(["/bin/sh", "-c", found.command], check=True)
    with EmbeddedPostgres(closed / "inner" / "arena"):
        pass


def test_root_is_told_to_give_a_restored_folder_to_the_servers_user(made: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("a normal user cannot own a folder as root")
    subprocess.run(["/bin/chown", "-R", "root:root", str(made)], check=True)
    found = refusal(made)
    assert isinstance(found, FolderUnreachable)
    assert found.command is not None
    subprocess.run(["/bin/sh", "-c", found.command], check=True)
    with EmbeddedPostgres(made):
        pass
