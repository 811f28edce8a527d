"""A short private folder for the Unix socket: a socket's whole path may have 107 bytes (103 on macOS), a data folder's may be longer."""

import os
import shutil
import tempfile
from pathlib import Path

from arena.embedded.postgres.account import Account
from arena.embedded.postgres.refusals import FolderUnreachable

_PREFIX = "arena-pg-"
_LONGEST = 103 - len(f"/{_PREFIX}12345678/.s.PGSQL.5432.lock")


def make_socket_folder(account: Account, *preferred: Path) -> Path:
    """Return a new folder, mode 0700, that belongs to the server's account; in a preferred folder when that is short enough.

    Raises:
        FolderUnreachable: no folder for temporary files is short and open enough.
    """
    for base in [*preferred, *_bases()]:
        if len(os.fsencode(base)) <= _LONGEST and base.is_dir() and os.access(base, os.W_OK) and account.can_enter(base):
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
            account.give(folder)
            return folder
    raise FolderUnreachable(
        "There is no folder for PostgreSQL's socket. Set XDG_RUNTIME_DIR to a short path of yours (for example /run/arena)."
    )


def clear_socket_folder(folder: Path) -> None:
    """Remove the socket and its lock file that a killed server left: the lock's number may be another program's by now."""
    for path in folder.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)


def remove_socket_folder(folder: Path, account: Account) -> None:
    """Remove a folder made above, also one that an earlier process left; anything else under that name is left alone."""
    if not folder.name.startswith(_PREFIX) or folder.is_symlink() or not folder.is_dir():
        return
    if folder.stat().st_uid == account.uid:
        shutil.rmtree(folder, ignore_errors=True)


def _bases() -> list[Path]:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    named = [Path(runtime)] if runtime.startswith("/") else []
    return [*named, Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - the folder made in it is new, random and 0700
