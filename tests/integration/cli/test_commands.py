"""The commands over a platform that runs, and over one that is stopped."""

import json
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import psycopg
import pytest

from arena.embedded.postgres import EmbeddedPostgres, find_running
from arena.embedded.testing_process import ArenaProcess
from arena.simulate.exports import history, loop_csv_zip, loop_database
from tests.integration.cli.shell import Shell, open_folder

TODAY = date(2026, 3, 1)
PASSWORD = "correct horse battery"
ADA = ("--email", "ada@example.org", "--password", PASSWORD)


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    """An installation that runs, with one account."""
    with open_folder() as folder:
        process = ArenaProcess(folder / "data")
        process.start()
        running = Shell(process)
        created = running.arena("user", "create", "ada@example.org", "--name", "Ada", "--password", PASSWORD)
        assert created.returncode == 0, created.stderr
        yield running
        process.stop()


def query(shell: Shell, statement: str) -> list[tuple[object, ...]]:
    endpoint = find_running(shell.process.data_dir)
    assert endpoint is not None
    with psycopg.connect(endpoint.conninfo(), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_accounts_are_made_beside_a_running_platform_and_told_to_the_log(shell: Shell) -> None:
    [ada] = [row for row in shell.ask("user", "list") if row["email"] == "ada@example.org"]
    assert ada["display_name"] == "Ada"
    assert query(shell, f"select type from log.event where key = '{ada['id']}'") == [("UserRegistered",)]
    assert "already" in shell.refused("user", "create", "ada@example.org", "--name", "Ada")


def test_a_reset_password_is_the_one_that_counts(shell: Shell, tmp_path: Path) -> None:
    export = tmp_path / "backup.db"
    export.write_bytes(loop_database(history(3, TODAY, years=0.2, habits=2)))
    made = shell.arena("user", "create", "bob@example.org", "--name", "Bob").stdout.splitlines()
    assert made[1].startswith("password ")
    told = shell.arena("user", "reset", "bob@example.org", "--password", "another good password")
    assert told.stdout == "reset bob@example.org\n"
    assert "wrong" in shell.refused("import", str(export), "--email", "bob@example.org", "--password", made[1].split()[1])
    assert shell.arena("import", str(export), "--email", "bob@example.org", "--password", "another good password").returncode == 0


def test_an_export_comes_over_once_and_the_report_accounts_for_it(shell: Shell, tmp_path: Path) -> None:
    export = tmp_path / "backup.db"
    export.write_bytes(loop_database(history(1, TODAY, years=1)))
    first = shell.ask("import", str(export), *ADA)
    assert first["kept"]["habits"] > 5
    assert first["kept"]["logs"] > 100
    again = shell.ask("import", str(export), *ADA)
    assert first["already_there"] == {"habits": 0, "logs": 0}
    assert again["already_there"] == again["kept"] == first["kept"]
    told = shell.arena("import", str(export), *ADA)
    assert told.stdout.startswith(f"backup.db ({first['source']}): kept {again['kept']['habits']} habits")


def test_a_folder_that_an_export_was_unpacked_to_comes_over_too(shell: Shell, tmp_path: Path) -> None:
    packed = tmp_path / "export.zip"
    packed.write_bytes(loop_csv_zip(history(2, TODAY, years=0.5, habits=3), today=TODAY))
    with ZipFile(packed) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert shell.ask("import", str(tmp_path / "unpacked"), *ADA)["kept"]["habits"] == 3


def test_what_is_no_export_is_refused_in_a_sentence(shell: Shell, tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear Ada,")
    assert shell.refused("import", str(other), *ADA).count("\n") == 1


def test_simulated_people_live_the_same_life_however_often_they_are_simulated(shell: Shell) -> None:
    words = ("simulate", "--users", "3", "--days", "4", "--seed", "7", "--zones", "Asia/Tokyo,America/New_York")
    first = shell.ask(*words)
    counted = query(shell, "select count(*) from habits.fact where client_id like 'sim:7:%'")
    again = shell.ask(*words)
    assert first["refused"] == again["refused"] == {}
    assert first["logs"] == again["logs"] > 5
    assert query(shell, "select count(*) from habits.fact where client_id like 'sim:7:%'") == counted == [(first["logs"],)]


def test_load_is_sent_at_the_rate_that_is_asked_for(shell: Shell) -> None:
    told = shell.ask("simulate", "--users", "3", "--rate", "20", "--minutes", "0.1", "--seed", "8")
    assert (told["logs"], told["refused"]) == (120, {})
    assert 10 < told["logs_per_second"] <= 21
    assert 0 < told["p50_ms"] <= told["p99_ms"]


def test_a_battle_that_is_not_there_is_refused_in_a_sentence(shell: Shell) -> None:
    unknown = "01a1fc76-36f4-71bd-902e-0d5172740f6b"
    assert "no such battle" in shell.refused("simulate", "--users", "2", "--battle", unknown)
    assert "The log holds no result" in shell.refused("replay", "battle", unknown)


def test_scoring_is_compared_and_rebuilt_beside_a_running_platform(shell: Shell) -> None:
    shell.ask("simulate", "--users", "2", "--days", "3", "--seed", "9")
    assert shell.arena("replay", "scoring", "--verify").stdout.endswith("nothing was changed\n")
    query(shell, "update scoring.fact set value = 1 + value where ctid = (select min(ctid) from scoring.fact)")
    [differs] = shell.ask("replay", "scoring", "--verify", code=1)["differences"]["rows"]
    assert (differs["table"], differs["live"]["value"]) == ("fact", 1 + differs["rebuilt"]["value"])
    told = shell.arena("replay", "scoring", "--verify")
    assert "1 rows differ" in told.stdout
    assert "Nothing was changed" in told.stderr
    assert shell.ask("replay", "scoring")["replaced"]
    assert shell.ask("replay", "scoring", "--verify")["differences"] == {"total": 0, "rows": []}
    assert shell.arena("replay", "scoring", "--verify", "--accept").returncode == 2


def test_the_doctor_finds_a_running_platform_well(shell: Shell) -> None:
    findings = {finding["check"]: finding for finding in shell.ask("doctor")}
    assert {finding["state"] for finding in findings.values()} == {"ok"}
    assert "served by HabitArena" in findings["port"]["found"]
    assert "served by HabitArena" in findings["metrics port"]["found"]
    assert findings["platform"]["found"] == "ready"


def test_parked_events_are_listed_shown_tried_again_and_given_up(shell: Shell) -> None:
    columns = "(consumer, topic, partition, position, at, key, type, payload, reason, attempts)"
    query(shell, f"insert into scoring.parked {columns} values ('scoring.ledger', 2, 15, 0, now(), 'k', 'FactLogged', '{{}}', 'why', 3)")
    assert [(row["key"], row["reason"]) for row in shell.ask("dlq", "list")] == [("k", "why")]
    assert any(finding["check"] == "parked" for finding in shell.ask("doctor", code=1))
    assert json.loads(shell.arena("dlq", "show", "scoring.ledger", "k").stdout)[0]["type"] == "FactLogged"
    tried = shell.arena("dlq", "replay", "scoring.ledger", "k")
    assert (tried.returncode, tried.stdout) == (1, "applied 0, still parked 1\n")
    assert tried.stderr.startswith("UnknownEvent")
    assert shell.arena("dlq", "discard", "scoring.ledger", "k").returncode == 2  # without a reason nothing is given up
    for consumer, key, words in (("nobody", "k", "There is no consumer nobody"), ("scoring.ledger", "j", "nothing parked for j")):
        assert words in shell.arena("dlq", "discard", consumer, key, "--reason", "sent by mistake", "--position", "0").stderr
    other = shell.arena("dlq", "discard", "scoring.ledger", "k", "--reason", "sent by mistake", "--position", "7")
    assert (other.returncode, other.stderr) == (1, "The first that is parked is now that at 0, not that at 7: look at it first.\n")
    assert shell.arena("dlq", "discard", "scoring.ledger", "k", "--reason", "sent by mistake").stdout == "applied 0, still parked 0\n"
    assert next((row["act"], row["why"]) for row in shell.ask("dlq", "acts")) == ("discarded", "sent by mistake")
    table = shell.arena("dlq", "acts").stdout  # cells of a narrow table go on in the next line
    assert "sent" in table
    assert "mistake" in table
    assert shell.arena("dlq", "list").stdout == "nothing is parked\n"
    assert "has nothing parked for k" in shell.refused("dlq", "replay", "scoring.ledger", "k")


def test_a_second_platform_on_the_same_port_or_folder_is_refused(shell: Shell) -> None:
    assert "is arena running already?" in shell.refused("up")


def test_a_platform_whose_scoring_was_dropped_does_not_start_before_it_is_rebuilt(shell: Shell) -> None:
    announced = "select count(*) from log.event where type like 'Str%'"
    before = query(shell, announced)
    shell.process.stop()
    server = EmbeddedPostgres(shell.process.data_dir)
    server.start()
    try:
        query(shell, "drop schema scoring cascade")
    finally:
        server.stop()
    try:
        refused = subprocess.run(shell.command("up"), env=shell.environ, capture_output=True, text=True, check=False, timeout=60)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "Run `arena replay scoring`" in refused.stderr
        assert shell.ask("replay", "scoring")["replaced"]
    finally:
        shell.process.start()
    assert query(shell, announced) == before != [(0,)]


def test_everything_can_be_looked_after_while_the_platform_is_stopped(shell: Shell) -> None:
    shell.process.stop()
    try:
        assert {finding["state"] for finding in shell.ask("doctor")} == {"ok"}
        assert any(row["email"] == "ada@example.org" for row in shell.ask("user", "list"))
        told = shell.ask("replay", "scoring")
        assert (told["ok"], told["replaced"]) == (True, True)
        assert told["events"] > 100
        assert "Start the platform with `arena up`" in shell.refused("simulate")
    finally:
        shell.process.start()
    assert {finding["state"] for finding in shell.ask("doctor")} == {"ok"}
