"""A process waits for what is not there yet, says for what, and comes back by itself."""

import psycopg
import pytest

from tests.integration.split.conftest import Split, sentences, until

ELSEWHERE = "identity=http://127.0.0.1:1,scoring=http://127.0.0.1:1,battles=http://127.0.0.1:1"


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_process_waits_for_database_migration_and_password_alive_and_not_ready(split: Split) -> None:
    live = split.process("live", ["serve", "live"], ARENA_SERVICES=ELSEWHERE)
    live.begin()
    until(lambda: "(ARENA_DATABASE_URL) cannot be used" in live.log, 90)
    assert (live.answers("/livez"), live.answers("/readyz")) == (200, 503)

    split.begin_postgres()
    until(lambda: any("`arena migrate` has not run yet" in reason for reason in sentences(live.log)), 60)
    looked = split.arena("migrate", "--check")
    assert (looked.returncode, looked.stderr.strip()) == (1, "The schema identity is not there yet: run `arena migrate`.")

    password = split.folder / "database" / "live"
    right = password.read_text("utf-8")
    assert split.arena("migrate").stdout == "The database is up to date.\n"
    live.until_ready()

    password.write_text("wrong", "utf-8")
    other = split.process("other", ["serve", "live"], ARENA_SERVICES=ELSEWHERE)
    other.begin()
    until(lambda: sentences(other.log), 90)
    assert str(password) in sentences(other.log)[0]
    assert "ARENA_DATABASE_PASSWORDS" in sentences(other.log)[0]
    assert len(sentences(other.log)) == 1
    assert (other.answers("/livez"), other.answers("/readyz")) == (200, 503)
    password.write_text(right, "utf-8")
    other.until_ready()

    split.postgres.kill()
    until(lambda: live.answers("/readyz") == 503)
    assert live.answers("/livez") == 200
    split.begin_postgres()
    live.until_ready()
    assert (live.stop(), other.stop(), split.postgres.stop()) == (0, 0, 0)
    assert "Traceback" not in live.log.rpartition("stopped")[2] + split.postgres.log


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_migrating_is_safe_to_repeat_and_says_what_is_missing(split: Split) -> None:
    if split.postgres.running is None or split.postgres.running.poll() is not None:
        split.begin_postgres()
    for _ in range(2):
        assert split.arena("migrate").stdout == "The database is up to date.\n"
    assert split.arena("migrate", "--check").stdout == "The database is up to date.\n"
    nobody = split.arena("migrate", "--wait", "0s", ARENA_DATABASE_URL=f"postgresql://nobody:x@127.0.0.1:{split.database_port}/arena")
    assert nobody.returncode == 1
    assert "refuses the user nobody" in nobody.stderr
    away = split.arena("migrate", "--wait", "0s", ARENA_DATABASE_URL="postgresql://postgres@127.0.0.1:1/arena")
    assert (away.returncode, "cannot be used" in away.stderr) == (1, True)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_on_a_schema_of_a_later_version_older_code_runs_or_refuses_as_that_version_said(split: Split) -> None:
    if split.postgres.running is None or split.postgres.running.poll() is not None:
        split.begin_postgres()
    assert split.arena("migrate").returncode == 0
    password = (split.folder / "database" / "admin").read_text("utf-8").strip()
    login = {"host": "127.0.0.1", "port": split.database_port, "dbname": "arena", "user": "postgres", "password": password}
    with psycopg.connect(**login, autocommit=True) as database:  # type: ignore[arg-type]  # of mixed types
        database.execute("update live.alembic_version set version_num = '0009'")
        database.execute("comment on table live.alembic_version is 'floor 0001'")
        migrated = split.arena("migrate")
        assert (migrated.returncode, "nothing was changed" in migrated.stdout) == (0, True)
        live = split.process("later", ["serve", "live"], ARENA_SERVICES=ELSEWHERE)
        live.begin()
        live.until_ready()
        assert live.stop() == 0
        database.execute("comment on table live.alembic_version is 'floor 0009'")
        migrated = split.arena("migrate", "--wait", "0s")
        assert (migrated.returncode, "start the newer version that wrote it" in migrated.stderr) == (1, True)
        live.begin()
        until(lambda: any("on which this version cannot run" in reason for reason in sentences(live.log)), 60)
        assert (live.answers("/livez"), live.answers("/readyz"), live.stop()) == (200, 503, 0)
