"""Administration beside the platform as processes: with what a pod of the charts has, and with what its Jobs have."""

import json
import shutil
from pathlib import Path

import pytest

from tests.integration.split.conftest import Split


@pytest.fixture(scope="module")
def installed(split: Split) -> Split:
    """PostgreSQL, migrated."""
    split.begin_postgres()
    assert split.arena("migrate").returncode == 0
    return split


def test_the_first_account_is_made_where_only_the_password_of_identity_is_known(installed: Split, tmp_path: Path) -> None:
    pod = tmp_path / "database"
    pod.mkdir()
    shutil.copy(installed.folder / "database" / "identity", pod)
    made = installed.arena("user", "create", "ada@example.org", "--name", "Ada", "--role", "admin", ARENA_DATABASE_PASSWORDS=str(pod))
    assert made.returncode == 0, made.stderr
    listed = installed.arena("user", "list", "--json", ARENA_DATABASE_PASSWORDS=str(pod))
    assert [(user["email"], user["roles"]) for user in json.loads(listed.stdout)] == [("ada@example.org", "admin, user")], listed.stderr
    parked = installed.arena("dlq", "list", ARENA_DATABASE_PASSWORDS=str(pod))
    assert parked.returncode == 1
    assert "Traceback" not in parked.stderr
    assert "ARENA_DATABASE_PASSWORDS" in parked.stderr


def test_scoring_is_compared_and_rebuilt_by_who_has_the_administrator_s_password_in_a_file(installed: Split) -> None:
    for flags, said in ((("--verify",), "nothing was changed"), ((), "scoring is rebuilt")):
        told = installed.arena("replay", "scoring", *flags)
        assert told.returncode == 0, told.stderr
        assert said in told.stdout


def test_the_doctor_looks_at_the_database_with_the_administrator_s_password_in_a_file(installed: Split) -> None:
    looked = installed.arena("doctor", "--json", ARENA_DATA_DIR=str(installed.folder / "empty"))
    found = {one["check"]: one for one in json.loads(looked.stdout)}
    assert "reachable" in found["database"]["found"], found["database"]
