"""The embedded server as its caller sees it: start, an endpoint, stop."""

import atexit
import errno
import json
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from arena.embedded.postgres.account import Account
from arena.embedded.postgres.cluster import Listening, configure, server_command
from arena.embedded.postgres.endpoint import ADMIN, PORT, Endpoint
from arena.embedded.postgres.files import write_whole
from arena.embedded.postgres.folder import DataFolder
from arena.embedded.postgres.keeper import Keeper
from arena.embedded.postgres.keyring import Keyring
from arena.embedded.postgres.leftovers import end_leftovers
from arena.embedded.postgres.postmaster import Postmaster
from arena.embedded.postgres.preparation import claim, create_cluster, tidy
from arena.embedded.postgres.programs import Programs, find_programs
from arena.embedded.postgres.readiness import answers, ensure_database, wait_until_ready
from arena.embedded.postgres.refusals import FolderUnreachable, PostgresRefused, disk_full
from arena.embedded.postgres.sockets import clear_socket_folder, make_socket_folder, remove_socket_folder


class EmbeddedPostgres:
    """A PostgreSQL 18 over `data_dir`, private to this process and gone with it.

    `start` and `stop` block (call them by `asyncio.to_thread` from a loop) and may come from different threads; stopping while starting
    interrupts the start. While started, a server that dies is started again under the same endpoint. The object serves once.
    """

    def __init__(self, data_dir: Path, listening: Listening | None = None) -> None:
        self._listening = listening
        self._folder = DataFolder(data_dir.resolve())
        self._stopping = threading.Event()
        self._mutex = threading.Lock()
        self._owner = os.getpid()
        self._lock: int | None = None
        self._account: Account | None = None
        self._sockets: Path | None = None
        self._keeper: Keeper | None = None
        self._endpoint: Endpoint | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Where the started server is.

        Raises:
            RuntimeError: it is not started.
        """
        if self._endpoint is None:
            raise RuntimeError("the embedded PostgreSQL is not started")
        return self._endpoint

    def start(self) -> Endpoint:
        """Start the server and return its endpoint once somebody could log in; the database `arena` exists then.

        Raises:
            PostgresRefused: it cannot start; the sentence says why and what to do. Nothing is left running.
        """
        with self._mutex:
            if self._endpoint is not None:
                return self._endpoint
            atexit.register(self.stop)
            try:
                self._endpoint = self._start()
            except OSError as error:
                self._release()
                raise _refusal(error, self._folder.root) from error
            except BaseException:
                self._release()
                raise
            return self._endpoint

    def interrupt(self) -> None:
        """Let a start that is under way end; returns at once. `stop` follows."""
        self._stopping.set()

    def stop(self) -> None:
        """End the server and give the folder back; stopping twice is stopping once."""
        if os.getpid() != self._owner:
            return  # a forked copy of us has no server
        self._stopping.set()
        with self._mutex:
            self._release()
        atexit.unregister(self.stop)

    def password(self, role: str) -> str:
        """Return the generated password of `role`, made and stored on first need (the role itself is the caller's to create)."""
        if self._account is None:
            raise RuntimeError("the embedded PostgreSQL is not started")
        return Keyring(self._folder, self._account).password(role)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _start(self) -> Endpoint:
        account, self._lock = claim(self._folder)
        self._account = account
        programs = find_programs(account)
        keyring = Keyring(self._folder, account)
        tidy(self._folder, account)
        if not self._folder.pgdata.exists():
            create_cluster(self._folder, programs, account, keyring.password(ADMIN))
        self._sockets = make_socket_folder(account)
        write_whole(self._folder.sockets, f"{self._sockets}\n", account)
        endpoint = Endpoint(str(self._sockets), keyring.password(ADMIN), self._listening.port if self._listening else PORT)
        self._keeper = Keeper(lambda: self._begin(programs, account, endpoint), self._stopping)
        ensure_database(endpoint)
        return endpoint

    def _begin(self, programs: Programs, account: Account, endpoint: Endpoint) -> Postmaster:
        """Begin a server process and wait for it; also what the keeper does after one has died."""
        folder, sockets = self._folder, Path(endpoint.host)
        end_leftovers(folder.pgdata)
        clear_socket_folder(sockets)
        heard = self._listening
        configure(account, folder.pgdata, sockets, heard.settings if heard else None, tcp=heard is not None)
        postmaster = Postmaster(server_command(programs, folder.pgdata, listening=heard), account, folder.log)
        postmaster.start()
        try:
            wait_until_ready(postmaster, endpoint, folder.log, self._stopping)
        except BaseException:
            postmaster.stop()
            raise
        return postmaster

    def _release(self) -> None:
        """Give back whatever was taken, in the opposite order."""
        self._endpoint = None
        if self._keeper is not None:
            self._keeper.stop()
            self._keeper = None
            end_leftovers(self._folder.pgdata)  # a server that was killed just now may have left some
        if self._sockets is not None and self._account is not None:
            remove_socket_folder(self._sockets, self._account)
            self._sockets = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def find_running(data_dir: Path) -> Endpoint | None:
    """Return the administrator's endpoint of the server that another process runs over `data_dir`, or None when none answers."""
    folder = DataFolder(data_dir.resolve())
    try:
        sockets = folder.sockets.read_text().strip()
        password = json.loads(folder.secrets.read_text())["postgres"][ADMIN]
    except (OSError, ValueError, KeyError):
        return None
    endpoint = Endpoint(sockets, password)
    return endpoint if answers(endpoint) else None


def _refusal(error: OSError, root: Path) -> PostgresRefused:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(root)
    return FolderUnreachable(
        f"The data folder {root} cannot be used ({error.strerror or error}: {error.filename or root}). "
        "Start HabitArena as the user the folder belongs to, or choose another folder with ARENA_DATA_DIR."
    )
