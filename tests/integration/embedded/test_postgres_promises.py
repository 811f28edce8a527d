"""What a started server is: private, durable, version 18, C.UTF-8, closed without a password."""

import json
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from arena.embedded.postgres import EmbeddedPostgres, Endpoint, find_running
from arena.embedded.postgres.leftovers import server_processes

Sql = Callable[[Endpoint, str], object]
RunPython = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("server_version_num", "18"),
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("password_encryption", "scram-sha-256"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
    ],
)
def test_the_server_is_durable_private_and_pinned(one_server: EmbeddedPostgres, setting: str, value: str, sql: Sql) -> None:
    found = str(sql(one_server.endpoint, f"SELECT current_setting('{setting}')"))
    assert found == value or (setting == "server_version_num" and found.startswith(value))


def test_the_locale_is_c_utf_8(one_server: EmbeddedPostgres, sql: Sql) -> None:
    assert sql(one_server.endpoint, "SELECT datlocale FROM pg_database WHERE datname = 'arena'") == "C.UTF-8"


def test_the_data_folder_and_everything_secret_in_it_is_private(one_server: EmbeddedPostgres, sql: Sql) -> None:
    folder = Path(str(sql(one_server.endpoint, "SHOW data_directory"))).parent
    modes = {name: (folder / name).stat().st_mode & 0o777 for name in (".", "postgres", "secrets.json", "postgres.log")}
    assert modes == {".": 0o700, "postgres": 0o700, "secrets.json": 0o600, "postgres.log": 0o600}


@pytest.mark.parametrize("password", ["", "wrong"])
def test_nobody_gets_in_without_the_password(one_server: EmbeddedPostgres, password: str) -> None:
    endpoint = one_server.endpoint
    with pytest.raises(psycopg.OperationalError, match=r"password|fe_sendauth"):
        psycopg.connect(Endpoint(endpoint.host, password).conninfo())


def test_a_role_gets_one_generated_password_that_stays(one_server: EmbeddedPostgres) -> None:
    first = one_server.password("arena_habits")
    assert len(first) >= 32
    assert first == one_server.password("arena_habits")
    assert first != one_server.password("arena_battles")


def test_another_process_can_find_the_running_server(server: EmbeddedPostgres, data_dir: Path) -> None:
    assert find_running(data_dir) == server.endpoint
    server.stop()
    assert find_running(data_dir) is None


def test_the_server_outlives_the_thread_that_started_it(made: Path) -> None:
    server = EmbeddedPostgres(made)
    starting = threading.Thread(target=server.start)
    starting.start()
    starting.join()
    first = (made / "postgres" / "postmaster.pid").read_text()
    time.sleep(0.5)  # the kernel would end it at once, and the keeper would begin another
    assert (made / "postgres" / "postmaster.pid").read_text() == first
    server.stop()


def test_a_folder_that_only_holds_the_keys_of_an_installation_is_ours(data_dir: Path, sql: Sql) -> None:
    (data_dir / "keys").mkdir(parents=True)
    with EmbeddedPostgres(data_dir) as server:
        assert sql(server.endpoint, "SELECT 1") == 1


def test_what_was_committed_is_there_after_a_stop_and_nothing_is_left_running(data_dir: Path, sql: Sql) -> None:
    with EmbeddedPostgres(data_dir) as server:
        sql(server.endpoint, "CREATE TABLE kept AS SELECT 42 AS answer")
        password = server.endpoint.password
    assert server_processes(data_dir / "postgres") == []
    assert not Path(server._folder.sockets.read_text().strip()).exists()
    with EmbeddedPostgres(data_dir) as server:
        assert sql(server.endpoint, "SELECT answer FROM kept") == 42
        assert server.endpoint.password == password
        assert json.loads((data_dir / "secrets.json").read_text())["postgres"]["arena"] == password


def test_a_program_that_forgets_to_stop_leaves_nothing_running(data_dir: Path, run_python: RunPython) -> None:
    code = (
        f"from pathlib import Path; from arena.embedded.postgres import EmbeddedPostgres; EmbeddedPostgres(Path({str(data_dir)!r})).start()"
    )
    assert run_python(code).returncode == 0
    assert server_processes(data_dir / "postgres") == []


def test_a_deep_data_folder_with_odd_letters_is_no_problem_for_the_socket(open_folder: Path, sql: Sql) -> None:
    deep = open_folder / ("long folder's näme " * 6) / ("x" * 100)
    with EmbeddedPostgres(deep) as server:
        assert len(server.endpoint.host) < 90
        assert sql(server.endpoint, "SELECT 1") == 1


def test_the_mode_of_folders_above_stays_as_it_is(open_folder: Path) -> None:
    (open_folder / "parent").mkdir()
    (open_folder / "parent").chmod(0o751)
    with EmbeddedPostgres(open_folder / "parent" / "arena"):
        pass
    assert (open_folder / "parent").stat().st_mode & 0o777 == 0o751
    assert open_folder.stat().st_mode & 0o777 == 0o755


def test_the_callers_pg_variables_change_nothing(data_dir: Path, monkeypatch: pytest.MonkeyPatch, sql: Sql) -> None:
    for name, value in {"PGPORT": "9999", "PGDATA": "/nowhere", "PGUSER": "x"}.items():
        monkeypatch.setenv(name, value)
    with EmbeddedPostgres(data_dir) as server:
        assert sql(server.endpoint, "SHOW fsync") == "on"


def test_a_setting_stored_in_the_folder_cannot_switch_durability_off(made: Path, sql: Sql) -> None:
    (made / "postgres" / "postgresql.auto.conf").write_text("fsync = off\nlisten_addresses = '*'\n")
    with EmbeddedPostgres(made) as server:
        assert sql(server.endpoint, "SHOW fsync") == "on"
        assert sql(server.endpoint, "SHOW listen_addresses") == ""
        with pytest.raises(psycopg.Error, match="ALTER SYSTEM is not allowed"):
            sql(server.endpoint, "ALTER SYSTEM SET fsync = off")
