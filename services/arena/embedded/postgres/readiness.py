"""When a server counts as started: when somebody has logged in. However long it recovers, it is waited for while it lives."""

import logging
import threading
import time
from pathlib import Path

import psycopg
from psycopg import sql

from arena.embedded.postgres.endpoint import DATABASE, Endpoint
from arena.embedded.postgres.postmaster import Postmaster
from arena.embedded.postgres.refusals import FolderDamaged, PostgresRefused, ServerFailed, StartInterrupted, disk_full, tells_of_a_full_disk

_log = logging.getLogger(__name__)
_PROGRESS_SECONDS = 2.0
_WRONG_PASSWORD = "password authentication failed"  # noqa: S105 - what the server says


def wait_until_ready(postmaster: Postmaster, endpoint: Endpoint, log: Path, interrupted: threading.Event) -> None:
    """Return when the administrator can log in.

    Raises:
        ServerFailed: the server ended; the sentence has its last words and where the log is.
        DiskFull: it ended because the disk is full.
        FolderDamaged: the password kept in the folder is not the server's.
        StartInterrupted: `interrupted` was set meanwhile.
    """
    began = told = time.monotonic()
    pause = 0.01
    while not answers(endpoint):
        if interrupted.is_set():
            raise StartInterrupted("The start of PostgreSQL was interrupted.")
        if postmaster.wait(pause):
            raise failure(postmaster, log)
        pause = min(pause * 1.5, 0.2)
        if time.monotonic() - told >= _PROGRESS_SECONDS:
            told = time.monotonic()
            _log.info(
                "PostgreSQL is still starting after %.0f s (recovery takes what it takes): %s", told - began, postmaster.last_words(1)
            )


def ensure_database(endpoint: Endpoint) -> None:
    """Create the product's database when it is not there yet."""
    with psycopg.connect(endpoint.conninfo("postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def failure(postmaster: Postmaster, log: Path) -> PostgresRefused:
    """Say why a server ended, from its last words."""
    if tells_of_a_full_disk(postmaster.last_words(40)):
        return disk_full(log.parent)
    return ServerFailed(
        f"PostgreSQL ended instead of starting. Its log is {log}; the last lines are:\n{postmaster.last_words()}\n"
        "If the data is damaged, restore the data folder from a backup; nothing in it was changed."
    )


def answers(endpoint: Endpoint) -> bool:
    """Tell whether the administrator can log in.

    Raises:
        FolderDamaged: the server is up and does not know the password.
    """
    try:
        psycopg.connect(endpoint.conninfo("postgres"), connect_timeout=10).close()
    except psycopg.OperationalError as error:
        if _WRONG_PASSWORD in str(error):
            raise FolderDamaged(
                "PostgreSQL does not accept the password in secrets.json of the data folder: the file and the data do not belong together. "
                "Restore both from the same backup."
            ) from error
        return False
    return True
