"""The throw-away server that other tests share."""

from pathlib import Path

import psycopg
import pytest

from arena.embedded.postgres.temporary import temporary_postgres


def test_a_temporary_server_answers_and_leaves_nothing_behind() -> None:
    with temporary_postgres() as endpoint, psycopg.connect(endpoint.conninfo()) as connection:
        facts = "SELECT current_database(), current_setting('max_connections'), current_setting('server_version_num')::int / 10000"
        assert connection.execute(facts).fetchone() == ("arena", "200", 18)
        folder = connection.execute("SELECT current_setting('data_directory')").fetchone()
    assert folder is not None
    assert not Path(folder[0]).parent.exists()
    assert not Path(endpoint.host).exists()


def test_a_temporary_server_is_reached_although_the_temporary_folder_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with temporary_postgres(in_memory=False) as endpoint, psycopg.connect(endpoint.conninfo()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
