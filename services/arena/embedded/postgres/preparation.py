"""What happens before a server starts: the folder is taken, tidied, and gets a cluster when it has none."""

import contextlib
import os
import shlex
import shutil
import time
from pathlib import Path

from arena.embedded.postgres.account import Account, account_for, require_entry
from arena.embedded.postgres.cluster import initialise
from arena.embedded.postgres.files import sync_folder
from arena.embedded.postgres.folder import DataFolder
from arena.embedded.postgres.leftovers import end_leftovers
from arena.embedded.postgres.programs import Programs
from arena.embedded.postgres.refusals import FolderUnreachable, disk_full
from arena.embedded.postgres.sockets import remove_socket_folder

_LEAST_ROOM = 64 * 1024 * 1024
_LONGEST_LOG = 5 * 1024 * 1024


def claim(folder: DataFolder) -> tuple[Account, int]:
    """Make the folder ours: private, marked and locked. Returns the server's account and the descriptor of the lock.

    Only the data folder's own mode is ever set, never that of a folder above it. A folder that belongs to somebody else and is lent to
    us (the root of a volume in a cluster) keeps its mode: what is kept in it is private by itself.

    Raises:
        PostgresRefused: one of its kinds, each with its sentence.
    """
    folder.inspect()
    account = account_for(folder.pgdata)
    require_entry(account, _nearest(folder.root.parent))
    folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() in {0, folder.root.stat().st_uid}:
        folder.root.chmod(0o700)
    account.give(folder.root)
    require_entry(account, folder.root)
    descriptor = folder.lock(account)
    try:
        folder.inspect()  # again: until now another process may have been at work here
        _require_ownership(folder, account)
        if not folder.marker.exists():
            folder.mark(account, created=False)
    except BaseException:
        os.close(descriptor)
        raise
    return account, descriptor


def tidy(folder: DataFolder, account: Account) -> None:
    """Remove what earlier processes left behind, and make sure of some room on the disk.

    Raises:
        DiskFull: there is less room than a start needs.
        FolderInUse: an old server cannot be ended.
    """
    if folder.unfinished.exists():
        end_leftovers(folder.unfinished)
        _remove(folder.unfinished)
    if folder.pgdata.exists():
        folder.pgdata.chmod(0o700)
        end_leftovers(folder.pgdata)
    with contextlib.suppress(FileNotFoundError):
        remove_socket_folder(Path(folder.sockets.read_text().strip()), account)
    if folder.log.exists() and folder.log.stat().st_size > _LONGEST_LOG:
        folder.log.replace(folder.log.with_name(f"{folder.log.name}.1"))
    if shutil.disk_usage(folder.root).free < _LEAST_ROOM:
        raise disk_full(folder.root)


def create_cluster(folder: DataFolder, programs: Programs, account: Account, password: str) -> None:
    """Make the cluster beside its place and move it there when it is whole, so that a kill leaves all or nothing."""
    initialise(programs, account, folder.unfinished, password)
    folder.unfinished.rename(folder.pgdata)
    sync_folder(folder.root)
    folder.mark(account, created=True)


def _remove(path: Path) -> None:
    """Remove a folder although a process that is just ending may still write into it."""
    for _ in range(20):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
        time.sleep(0.1)
    shutil.rmtree(path)


def _nearest(path: Path) -> Path:
    """Return the deepest folder on the way to `path` that exists."""
    return next(place for place in [path, *path.parents] if place.exists())


def _require_ownership(folder: DataFolder, account: Account) -> None:
    if account.switched and folder.pgdata.exists() and folder.pgdata.stat().st_uid != account.uid:
        raise FolderUnreachable(
            f"PostgreSQL may not run as root, so it runs as the OS user “{account.name}”, but {folder.pgdata} belongs to root. "
            "Give it to that user with this command:",
            command=f"chown -R {account.uid}:{account.gid} {shlex.quote(str(folder.root))}",
        )
