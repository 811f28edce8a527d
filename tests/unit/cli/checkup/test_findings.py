"""What the doctor says of what it finds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from arena.chassis.core.settings import Settings
from arena.cli.checkup import database, machine
from arena.cli.checkup.finding import Finding, State
from arena.scoring.app import SCHEMA

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def states(findings: Iterator[Finding]) -> dict[str, State]:
    return {finding.check: finding.state for finding in findings}


@pytest.mark.parametrize(("version", "state"), [((3, 10, 9), State.FAIL), ((3, 11, 0), State.OK), ((3, 14, 1), State.OK)])
def test_an_old_python_fails(version: tuple[int, int, int], state: State) -> None:
    assert machine.python(version).state is state


@pytest.mark.parametrize(("version", "state"), [("2026a", State.OK), ("2025b", State.OK), ("2024b", State.WARN)])
def test_old_zone_data_is_pointed_out(version: str, state: State) -> None:
    assert machine.zone_data(version, NOW).state is state


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"host": "127.0.0.1"}, State.OK),
        ({"host": "192.168.1.5"}, State.OK),
        ({"host": "192.168.1.5", "registration": "open"}, State.WARN),
        ({"host": "::1", "registration": "open"}, State.OK),
    ],
)
def test_open_registration_where_others_can_reach_it_is_pointed_out(fields: dict[str, str], state: State) -> None:
    assert machine.registration(Settings.model_validate(fields)).state is state


@pytest.mark.parametrize(("free", "state"), [(10 << 30, State.OK), (500 << 20, State.WARN), (10 << 20, State.FAIL)])
def test_little_room_is_told_before_it_is_gone(free: int, state: State) -> None:
    assert machine.room(free).state is state


def test_a_folder_that_others_can_look_into_fails_with_the_command_that_helps(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    finding = next(machine.data_folder(Settings(data_dir=folder)))
    assert finding.state is State.FAIL
    assert finding.advice.endswith(f"chmod 700 {folder}")
    folder.chmod(0o700)
    assert states(machine.data_folder(Settings(data_dir=folder))) == {"data folder": State.OK, "disk": State.OK}


def test_a_folder_that_is_not_there_yet_is_no_trouble_and_is_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "none" / "data"
    assert states(machine.data_folder(Settings(data_dir=folder)))["data folder"] is State.OK
    assert not folder.parent.exists()


def test_somebody_else_s_folder_fails(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    assert states(machine.data_folder(Settings(data_dir=tmp_path))) == {"data folder": State.FAIL}


def test_a_mistyped_setting_is_pointed_out(tmp_path: Path) -> None:
    found = [one for one in machine.look(Settings(data_dir=tmp_path / "data"), {"ARENA_PROT": "1"}, NOW) if one.check == "settings"]
    assert [(one.state, one.found) for one in found] == [(State.WARN, "ARENA_PROT is not a setting; did you mean ARENA_PORT?")]


@pytest.mark.parametrize(
    ("server", "encoding", "state"),
    [("18.4", "UTF8", State.OK), ("18.4 (Debian 18.4-1)", "UTF8", State.OK), ("15.2", "UTF8", State.WARN), ("18.4", "LATIN1", State.FAIL)],
)
def test_the_database_is_of_the_version_and_encoding_that_was_tried(server: str, encoding: str, state: State) -> None:
    assert database.version(server, encoding).state is state


@pytest.mark.parametrize(("seconds", "state"), [(0.2, State.OK), (-2, State.WARN), (60, State.FAIL)])
def test_clocks_that_are_apart_are_told(seconds: float, state: State) -> None:
    assert database.clocks(NOW, NOW + timedelta(seconds=seconds)).state is state


@pytest.mark.parametrize(
    ("present", "wanted", "state"),
    [("0002", "0002", State.OK), ("0001", "0002", State.WARN), (None, "0001", State.WARN), ("0003", "0002", State.FAIL)],
)
def test_revisions_are_compared_with_what_this_version_wants(present: str | None, wanted: str, state: State) -> None:
    assert database.migrations({"scoring": (present, wanted), "log": ("1", "1")}).state is state


def test_the_newest_revision_is_read_from_the_migrations() -> None:
    assert SCHEMA.versions is not None
    assert str(database.head(SCHEMA.versions)) >= "0001"


@pytest.mark.parametrize(
    ("behind", "running", "state"), [(0, True, State.OK), (10, True, State.OK), (50_000, True, State.WARN), (50_000, False, State.OK)]
)
def test_a_consumer_far_behind_is_told_while_it_should_run(behind: int, running: bool, state: State) -> None:  # noqa: FBT001 - a case of the table
    assert database.lag("scoring.ledger", behind, running=running).state is state
