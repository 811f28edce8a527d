"""The OS account the server runs as: our own or, since PostgreSQL refuses root, an unprivileged one."""

import os
import pwd
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.embedded.postgres.refusals import AccountMissing, FolderUnreachable

NAME = "habitarena"
_MAC_NAME = "_postgres"  # every macOS has it
_USERADD = ("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", NAME)


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server; `switched` when that is not who we are."""

    uid: int
    gid: int
    name: str
    switched: bool

    def give(self, path: Path) -> None:
        """Make the account the owner of `path` (a link is never followed); nothing to do when it is ourselves."""
        if self.switched:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_enter(self, folder: Path) -> bool:
        """Tell whether the account can pass into `folder` and all above it, asked of the kernel as that account."""
        probe = ("/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder))
        switch = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switched else {}
        done = subprocess.run(probe, cwd="/", check=False, capture_output=True, **switch)  # type: ignore[call-overload]  # noqa: S603 - a constant command; typeshed cannot follow ** of mixed types
        return bool(done.returncode == 0)


def server_account() -> Account:
    """Return the account to run the server as; as root an unprivileged one, made on first need.

    Raises:
        AccountMissing: root, and the account can be neither found nor made.
    """
    uid = os.geteuid()
    if uid != 0:
        return Account(uid, os.getegid(), _name_of(uid), switched=False)
    name = _MAC_NAME if sys.platform == "darwin" else NAME
    entry = _find(name) or _make(name)
    return Account(entry.pw_uid, entry.pw_gid, name, switched=True)


def account_for(pgdata: Path) -> Account:
    """Return the account for a cluster that may exist: root runs a user's cluster as that user, so that it stays usable by both."""
    owner = pgdata.stat().st_uid if os.geteuid() == 0 and pgdata.exists() else 0
    if owner == 0:
        return server_account()
    return Account(owner, pgdata.stat().st_gid, _name_of(owner), switched=True)


def require_entry(account: Account, folder: Path) -> None:
    """Refuse when the account cannot enter `folder`, and say which command opens the way; no mode is ever changed here.

    Raises:
        FolderUnreachable: with the command to type.
    """
    if account.can_enter(folder):
        return
    closed = closed_folders(folder, account)
    if not account.switched or not closed:
        raise FolderUnreachable(f"The OS user “{account.name}” cannot enter {folder}. Choose another folder with ARENA_DATA_DIR.")
    raise FolderUnreachable(
        f"PostgreSQL may not run as root, so it runs as the OS user “{account.name}”, who cannot enter {_join(closed)}. "
        "Choose a folder that user can enter (for example ARENA_DATA_DIR=/var/lib/habitarena), "
        "or let users pass through (not list) what is closed, with this command:",
        command="chmod o+x " + " ".join(shlex.quote(str(path)) for path in closed),
    )


def closed_folders(folder: Path, account: Account) -> Sequence[Path]:
    """Return the folders from the top down to `folder` whose mode does not let the account pass."""
    return [path for path in [*reversed(folder.parents), folder] if path.is_dir() and not _passes(path.stat(), account)]


def _passes(found: os.stat_result, account: Account) -> bool:
    if found.st_uid == account.uid:
        return bool(found.st_mode & 0o100)
    if found.st_gid == account.gid:
        return bool(found.st_mode & 0o010)
    return bool(found.st_mode & 0o001)


def _join(paths: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in paths)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)  # a container may run under a number without a name


def _make(name: str) -> pwd.struct_passwd:
    program = shutil.which(_USERADD[0], path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    said = "there is no useradd on this machine"
    if program is not None and name == NAME:
        done = subprocess.run([program, *_USERADD[1:]], check=False, capture_output=True, text=True)  # noqa: S603 - constant arguments
        said = done.stderr.strip() or f"exit status {done.returncode}"
    # Two first starts at once: the slower one finds the account of the faster.
    if entry := _find(name):
        return entry
    raise AccountMissing(
        f"PostgreSQL may not run as root, and the OS user “{name}” it would run as could not be made ({said}). "
        "Start as a normal user, or make that user with this command:",
        command=" ".join(_USERADD),
    )
