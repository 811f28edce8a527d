"""Making a cluster and writing what its server is configured by."""

import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from arena.embedded.postgres.account import Account
from arena.embedded.postgres.endpoint import ADMIN, PORT
from arena.embedded.postgres.files import write_whole
from arena.embedded.postgres.postmaster import ENVIRONMENT, launched
from arena.embedded.postgres.programs import Programs
from arena.embedded.postgres.refusals import ServerFailed, disk_full, tells_of_a_full_disk

# Locale C.UTF-8 of PostgreSQL's own: the same order and case on every operating system.
_INITDB = (
    "--auth-local=scram-sha-256",
    "--auth-host=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions",
    "--data-checksums",
)
ACCESS = "# Written by HabitArena at every start. One way in: the Unix socket, with a password.\nlocal all all scram-sha-256\n"
_ON_TCP = (
    f"# Over TCP everybody but the generated administrator, with a password.\nhost all {ADMIN} all reject\nhost all all all scram-sha-256\n"
)
_DURABLE = {"fsync": "on", "full_page_writes": "on"}
SETTINGS: Mapping[str, str] = {
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "synchronous_commit": "on",
    "allow_alter_system": "off",  # or a setting stored by ALTER SYSTEM would win over this file
    "max_connections": "60",
    "shared_buffers": "48MB",
    "effective_cache_size": "512MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "io_method": "sync",  # no worker processes for reads that a laptop has in memory
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_logical_replication_workers": "0",
    "max_worker_processes": "4",
    "autovacuum_worker_slots": "2",
    "autovacuum_max_workers": "2",
    "wal_level": "replica",  # pg_basebackup works
    "max_wal_senders": "2",
    "wal_buffers": "4MB",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_startup_progress_interval": "2s",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "lc_messages": "C",
    "cluster_name": "habitarena",
}


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens beside its socket."""

    host: str
    port: int = PORT
    connections: int = 200

    @property
    def settings(self) -> Mapping[str, str]:
        """What it changes in the server's settings."""
        return {"max_connections": str(self.connections)}


def initialise(programs: Programs, account: Account, pgdata: Path, password: str, *, options: tuple[str, ...] = ()) -> None:
    """Make a new cluster in the empty folder `pgdata`, whose administrator has `password`.

    Raises:
        DiskFull: there is no room for it.
        ServerFailed: initdb failed otherwise; the sentence has what it said.
    """
    pgdata.mkdir(mode=0o700)
    account.give(pgdata)
    word = pgdata.with_name(f"{pgdata.name}.password")
    word.unlink(missing_ok=True)
    word.touch(mode=0o600, exist_ok=False)
    try:
        word.write_text(password)
        account.give(word)
        command = [programs.initdb, "-D", str(pgdata), "-U", ADMIN, f"--pwfile={word}", *_INITDB, *options]
        # SIGKILL, because a gentler signal has initdb remove its folder, maybe while the next start makes its own.
        done = subprocess.run(  # noqa: S603 - the command is made by this package
            launched(account, signal.SIGKILL, command), check=False, capture_output=True, text=True, cwd="/", env=ENVIRONMENT
        )
    finally:
        word.unlink(missing_ok=True)
    if done.returncode == 0:
        return
    if tells_of_a_full_disk(done.stderr + done.stdout):
        raise disk_full(pgdata)
    raise ServerFailed(f"PostgreSQL could not make its data folder {pgdata}. It said:\n{done.stderr.strip()}")


def configure(account: Account, pgdata: Path, sockets: Path, changes: Mapping[str, str] | None = None, *, tcp: bool = False) -> None:
    """Write postgresql.conf and pg_hba.conf, whole, so that every start has the settings of this version."""
    settings = {**SETTINGS, "unix_socket_directories": str(sockets), **(changes or {})}
    lines = [f"{name} = {_quoted(value)}" for name, value in settings.items()]
    write_whole(pgdata / "postgresql.conf", "# Written by HabitArena at every start.\n" + "\n".join(lines) + "\n", account)
    write_whole(pgdata / "pg_hba.conf", ACCESS + (_ON_TCP if tcp else ""), account)


def server_command(programs: Programs, pgdata: Path, *, durable: bool = True, listening: Listening | None = None) -> list[str]:
    """Return the command that runs the server of `pgdata`; no file in the folder can take durability or privacy back."""
    forced = {"listen_addresses": listening.host if listening else ""} | (_DURABLE if durable else {})
    return [
        programs.postgres,
        "-D",
        str(pgdata),
        "-p",
        str(listening.port if listening else PORT),
        *(f"--{name}={value}" for name, value in forced.items()),
    ]


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
