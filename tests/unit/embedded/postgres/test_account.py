"""Which folders are closed to the server's account."""

import os
from pathlib import Path

import pytest

from arena.embedded.postgres.account import Account, closed_folders, require_entry, server_account
from arena.embedded.postgres.refusals import FolderUnreachable

STRANGER = Account(uid=4_000_001, gid=4_000_001, name="stranger", switched=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    return inner


@pytest.mark.parametrize(("mode", "closed"), [(0o711, False), (0o755, False), (0o700, True), (0o750, True), (0o744, True)])
def test_a_stranger_passes_by_the_last_digit_of_the_mode(folder: Path, mode: int, closed: bool) -> None:  # noqa: FBT001 - a row of the table
    folder.parent.chmod(mode)
    assert (folder.parent in closed_folders(folder, STRANGER)) is closed


def test_the_owner_and_the_group_have_digits_of_their_own(folder: Path) -> None:
    found = folder.stat()
    folder.chmod(0o610)
    owner = Account(found.st_uid, found.st_gid, "owner", switched=True)
    member = Account(STRANGER.uid, found.st_gid, "member", switched=True)
    assert folder in closed_folders(folder, owner)
    assert folder not in closed_folders(folder, member)
    folder.chmod(0o700)


def test_folders_are_named_from_the_top_down(folder: Path) -> None:
    for path in (folder, folder.parent):
        path.chmod(0o700)
    assert list(closed_folders(folder, STRANGER))[-2:] == [folder.parent, folder]


def test_a_folder_that_cannot_be_entered_although_its_modes_allow_it_has_no_command(tmp_path: Path) -> None:
    with pytest.raises(FolderUnreachable) as refused:
        require_entry(Account(os.getuid(), os.getgid(), "me", switched=False), tmp_path / "missing")
    assert refused.value.command is None


def test_only_root_switches_to_an_account_of_the_servers_own() -> None:
    account = server_account()
    assert account.switched is (os.geteuid() == 0)
    assert account.uid != 0
