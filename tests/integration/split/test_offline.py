"""Administration beside the platform as processes: with what a pod of the charts has, which is not the administrator's password."""

import json
import shutil
from pathlib import Path

from tests.integration.split.conftest import Split


def test_the_first_account_is_made_where_only_the_password_of_identity_is_known(split: Split, tmp_path: Path) -> None:
    split.begin_postgres()
    assert split.arena("migrate").returncode == 0
    pod = tmp_path / "database"
    pod.mkdir()
    shutil.copy(split.folder / "database" / "identity", pod)
    made = split.arena("user", "create", "ada@example.org", "--name", "Ada", "--role", "admin", ARENA_DATABASE_PASSWORDS=str(pod))
    assert made.returncode == 0, made.stderr
    listed = split.arena("user", "list", "--json", ARENA_DATABASE_PASSWORDS=str(pod))
    assert [(user["email"], user["roles"]) for user in json.loads(listed.stdout)] == [("ada@example.org", "admin, user")], listed.stderr
    parked = split.arena("dlq", "list", ARENA_DATABASE_PASSWORDS=str(pod))
    assert parked.returncode == 1
    assert "Traceback" not in parked.stderr
    assert "ARENA_DATABASE_PASSWORDS" in parked.stderr
