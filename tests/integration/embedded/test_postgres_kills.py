"""Killed at any moment: what was committed is there, nothing is left running, and the next start needs no help."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from arena.embedded.postgres import EmbeddedPostgres, Endpoint, PostgresRefused
from arena.embedded.postgres.account import account_for
from arena.embedded.postgres.leftovers import server_processes
from arena.embedded.postgres.postmaster import ENVIRONMENT
from arena.embedded.postgres.programs import find_programs
from arena.embedded.postgres.refusals import FolderInUse, StartInterrupted

Sql = Callable[[Endpoint, str], object]

PARENT = """
import sys, time
from pathlib import Path
import psycopg
from arena.embedded.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
with psycopg.connect(server.start().conninfo(), autocommit=True) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    n = connection.execute("SELECT count(*) FROM kept").fetchone()[0]
    while True:
        connection.execute("INSERT INTO kept VALUES (%s)", (n,))
        n += 1
        print(n, flush=True)
"""


def eventually(question: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def postmaster_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def answers(sql: Sql, server: EmbeddedPostgres) -> bool:
    try:
        return sql(server.endpoint, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


@contextlib.contextmanager
def parent_at_work(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A program that runs the server and prints each number after it was committed."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(data_dir)], stdout=subprocess.PIPE, text=True)
    try:
        yield parent
    finally:
        parent.kill()
        parent.communicate()


def promised(parent: subprocess.Popen[str], count: int) -> int:
    assert parent.stdout is not None
    last = 0
    for _ in range(count):
        last = int(parent.stdout.readline())
    return last


def test_a_killed_parent_takes_its_server_along_and_loses_no_promise(data_dir: Path, sql: Sql) -> None:
    for round_ in range(3):
        with parent_at_work(data_dir) as parent:
            last = promised(parent, 50)
            parent.kill()
            if round_ == 0:  # in the other rounds the next start meets what is still ending
                eventually(lambda: server_processes(data_dir / "postgres") == [])
    with EmbeddedPostgres(data_dir) as server:
        assert sql(server.endpoint, "SELECT count(*) = max(n) + 1 FROM kept") is True
        assert int(str(sql(server.endpoint, "SELECT count(*) FROM kept"))) >= last


def test_everything_killed_at_once_recovers(data_dir: Path, sql: Sql) -> None:
    with parent_at_work(data_dir) as parent:
        last = promised(parent, 20)
        for process in [psutil.Process(parent.pid), *server_processes(data_dir / "postgres")]:
            with contextlib.suppress(psutil.NoSuchProcess):  # the parent's death already ends the others
                process.kill()
    assert (data_dir / "postgres" / "postmaster.pid").exists()
    with EmbeddedPostgres(data_dir) as server:
        assert int(str(sql(server.endpoint, "SELECT count(*) FROM kept"))) >= last


def test_a_killed_server_comes_back_under_the_same_endpoint(server: EmbeddedPostgres, data_dir: Path, sql: Sql) -> None:
    sql(server.endpoint, "CREATE TABLE kept AS SELECT 1 AS n")
    for _ in range(2):
        killed = postmaster_pid(data_dir)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda killed=killed: answers(sql, server) and postmaster_pid(data_dir) != killed)  # type: ignore[misc]  # a default argument of a lambda has no type
    assert sql(server.endpoint, "SELECT n FROM kept") == 1


def test_a_backend_that_outlives_its_server_is_ended_before_the_next_one_starts(server: EmbeddedPostgres, data_dir: Path, sql: Sql) -> None:
    with psycopg.connect(server.endpoint.conninfo()) as held:
        backend, killed = held.info.backend_pid, postmaster_pid(data_dir)
        os.kill(backend, signal.SIGSTOP)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: answers(sql, server))
        assert not psutil.pid_exists(backend)


def test_stopping_while_the_server_is_being_replaced_leaves_nothing(server: EmbeddedPostgres, data_dir: Path) -> None:
    os.kill(postmaster_pid(data_dir), signal.SIGKILL)
    server.stop()
    assert server_processes(data_dir / "postgres") == []


def test_a_stale_pid_file_whose_number_is_another_programs_is_pruned(made: Path, sql: Sql) -> None:
    bystander = subprocess.Popen(["/bin/sleep", "60"])
    try:
        stale = made / "postgres" / "postmaster.pid"
        stale.write_text(f"{bystander.pid}\n{made}/postgres\n1\n5432\n/tmp/gone\n\n0 0\nready\n")
        with EmbeddedPostgres(made) as server:
            assert sql(server.endpoint, "SELECT 1") == 1
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_an_orphaned_server_is_ended_in_order_and_replaced(made: Path, open_folder: Path, sql: Sql) -> None:
    pgdata = made / "postgres"
    account = account_for(pgdata)
    sockets = open_folder / "s"
    sockets.mkdir()
    account.give(sockets)
    command = [find_programs(account).postgres, "-D", str(pgdata), "-k", str(sockets), "-h", ""]
    switch = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.switched else {}
    orphan = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.DEVNULL, **switch)  # type: ignore[call-overload]  # typeshed cannot follow ** of mixed types
    reaper = threading.Thread(target=orphan.wait)  # an orphan is reaped by init; here by us
    reaper.start()
    eventually((sockets / ".s.PGSQL.5432").exists)
    with EmbeddedPostgres(made) as server:
        assert orphan.returncode == 0
        assert sql(server.endpoint, "SELECT 1") == 1
    reaper.join()


def test_a_kill_during_the_first_start_leaves_a_folder_that_starts(data_dir: Path, sql: Sql) -> None:
    for seconds in (0.7, 1.0):
        parent = subprocess.Popen([sys.executable, "-c", PARENT, str(data_dir)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        parent.kill()
        parent.wait()
        with EmbeddedPostgres(data_dir) as server:
            assert sql(server.endpoint, "SELECT 1") == 1
        shutil.rmtree(data_dir)


def test_a_second_start_on_the_same_folder_is_refused_and_the_first_goes_on(server: EmbeddedPostgres, data_dir: Path, sql: Sql) -> None:
    with pytest.raises(FolderInUse, match=f"already running on the data folder {data_dir} .process {os.getpid()}."):
        EmbeddedPostgres(data_dir).start()
    assert sql(server.endpoint, "SELECT 1") == 1


@pytest.fixture
def recovering(made: Path) -> Path:
    """A cluster whose server recovers until it is promoted, and lets nobody in meanwhile."""
    pgdata = made / "postgres"
    account = account_for(pgdata)
    (pgdata / "postgresql.auto.conf").write_text("hot_standby = off\n")
    (pgdata / "standby.signal").touch()
    account.give(pgdata / "standby.signal")
    return pgdata


def test_recovery_is_waited_for_and_the_log_tells_of_it(
    recovering: Path, data_dir: Path, sql: Sql, caplog: pytest.LogCaptureFixture
) -> None:
    server = EmbeddedPostgres(data_dir)
    starting = threading.Thread(target=server.start)
    with caplog.at_level("INFO"):
        starting.start()
        eventually(lambda: "still starting after" in caplog.text)
        assert starting.is_alive()
        (recovering / "promote").touch()
        os.kill(postmaster_pid(data_dir), signal.SIGUSR1)
        starting.join(20)
    assert sql(server.endpoint, "SELECT 1") == 1
    server.stop()


def test_a_start_that_takes_long_can_be_interrupted(recovering: Path, data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    refusals: list[PostgresRefused] = []

    def start() -> None:
        try:
            server.start()
        except PostgresRefused as refusal:
            refusals.append(refusal)

    starting = threading.Thread(target=start)
    starting.start()
    eventually((recovering / "postmaster.pid").exists)
    server.stop()
    starting.join(20)
    assert [type(refusal) for refusal in refusals] == [StartInterrupted]
    assert server_processes(recovering) == []
