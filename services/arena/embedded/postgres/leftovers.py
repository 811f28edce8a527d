"""What an earlier process left on the cluster: an orphaned server, backends of a killed one, a stale pid file.

The pid file alone proves nothing: its number may belong to another program by now, and a killed postmaster may have left backends that
still write. So the question is asked of the running processes, each of which works in its data folder. The caller holds the folder's lock.
"""

import logging
import signal
from collections.abc import Iterable
from pathlib import Path

import psutil

from arena.embedded.postgres.refusals import FolderInUse

_log = logging.getLogger(__name__)


def end_leftovers(pgdata: Path, *, fast_seconds: float = 30) -> None:
    """End every server process on `pgdata`, then remove its pid file.

    Raises:
        FolderInUse: a process cannot be ended.
    """
    found = server_processes(pgdata)
    if found:
        _log.warning("Ending %d PostgreSQL processes that an earlier start left on %s", len(found), pgdata)
        _end(_postmaster_of(pgdata, found), signal.SIGINT, fast_seconds)
        # Whoever is still here has lost its postmaster, or that one hangs: what is committed is in the log and will be recovered.
        _end(server_processes(pgdata), signal.SIGQUIT, 5)
        _end(server_processes(pgdata), signal.SIGKILL, 5)
    if left := server_processes(pgdata):
        pids = ", ".join(str(process.pid) for process in left)
        raise FolderInUse(f"PostgreSQL processes still use {pgdata} and could not be ended (process {pids}). End them, then start again.")
    (pgdata / "postmaster.pid").unlink(missing_ok=True)


def server_processes(pgdata: Path) -> list[psutil.Process]:
    """Return the living PostgreSQL processes whose working folder is `pgdata`."""
    return [process for process in psutil.process_iter() if _serves(process, str(pgdata))]


def _serves(process: psutil.Process, pgdata: str) -> bool:
    try:
        ours = process.name().startswith("postgres") and process.cwd() == pgdata
        return bool(ours and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False  # it is gone, or somebody else's


def _postmaster_of(pgdata: Path, found: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return the one that the pid file names, when it is still among them."""
    try:
        pid = int((pgdata / "postmaster.pid").read_text().split(maxsplit=1)[0])
    except (OSError, ValueError, IndexError):
        return []
    return [process for process in found if process.pid == pid]


def _end(processes: Iterable[psutil.Process], number: signal.Signals, seconds: float) -> None:
    for process in (waited := list(processes)):
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            _log.warning("PostgreSQL process %d belongs to another user", process.pid)
    psutil.wait_procs(waited, timeout=seconds)
