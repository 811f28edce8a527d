"""A throw-away server for tests: started as fast as possible, gone afterwards. Nothing in it survives a crash of the machine."""

import fcntl
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from arena.embedded.postgres.account import Account, require_entry, server_account
from arena.embedded.postgres.cluster import configure, initialise, server_command
from arena.embedded.postgres.endpoint import Endpoint
from arena.embedded.postgres.postmaster import Postmaster
from arena.embedded.postgres.programs import find_programs
from arena.embedded.postgres.readiness import ensure_database, wait_until_ready
from arena.embedded.postgres.sockets import make_socket_folder, remove_socket_folder

_PREFIX = "arena-test-pg-"
_OLD_SECONDS = 60  # longer than it takes to lock a new folder
_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder made in it is new, random and 0700
_PLENTY = 4 * 1024**3
# Only here: durability is off, because the data is thrown away.
_NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum_naptime": "5min",
    "checkpoint_timeout": "1h",
    "dynamic_shared_memory_type": "mmap",  # in the folder, so that even a killed test run leaves nothing elsewhere
}


@contextmanager
def temporary_postgres(*, max_connections: int = 200, in_memory: bool = True) -> Iterator[Endpoint]:
    """Run a server in a new folder, in memory where there is plenty, and remove both afterwards.

    Yields:
        The administrator's endpoint; the database `arena` exists and is empty.

    Raises:
        PostgresRefused: the server cannot run here; the sentence says why.
    """
    account = server_account()
    base = _base(account, in_memory=in_memory)
    _sweep(base)
    with _locked_folder(base, account) as folder:
        sockets = make_socket_folder(account, folder)
        try:
            yield from _serve(folder, sockets, account, max_connections)
        finally:
            remove_socket_folder(sockets, account)


def _serve(folder: Path, sockets: Path, account: Account, max_connections: int) -> Iterator[Endpoint]:
    programs = find_programs(account)
    endpoint = Endpoint(str(sockets), secrets.token_urlsafe(24))
    pgdata, log = folder / "data", folder / "log"
    initialise(programs, account, pgdata, endpoint.password, options=("--no-sync", "--wal-segsize=1"))
    configure(account, pgdata, sockets, _NOT_DURABLE | {"max_connections": str(max_connections)})
    postmaster = Postmaster(server_command(programs, pgdata, durable=False), account, log)
    postmaster.start()
    try:
        wait_until_ready(postmaster, endpoint, log, threading.Event())
        ensure_database(endpoint)
        yield endpoint
    finally:
        # Nothing is worth writing: the server ends at once.
        postmaster.stop(fast_seconds=2)


def _base(account: Account, *, in_memory: bool) -> Path:
    """Return the folder to work in: memory where there is plenty, else the folder for temporary files that the account can enter."""
    if in_memory and _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _PLENTY:
        return _MEMORY
    base = Path(tempfile.gettempdir())
    if not account.can_enter(base):
        base = Path("/tmp")  # noqa: S108 - the folder made in it is new, random and 0700
    require_entry(account, base)
    return base


@contextmanager
def _locked_folder(base: Path, account: Account) -> Iterator[Path]:
    """Make a folder that others can see is in use as long as this process lives."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        account.give(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _sweep(base: Path) -> None:
    """Remove what tests killed long ago have left."""
    for folder in base.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime < _OLD_SECONDS:
                continue
            descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
