"""Why the embedded database would not start: one family of errors, each with a stable slug and a sentence for a person."""

from pathlib import Path
from typing import ClassVar


class PostgresRefused(Exception):
    """The embedded PostgreSQL refused; `sentence` says why and what to do, `command` (when there is one) is what to type."""

    slug: ClassVar[str] = "postgres-refused"

    def __init__(self, sentence: str, *, command: str | None = None) -> None:
        super().__init__(sentence if command is None else f"{sentence}\n    {command}")
        self.sentence = sentence
        self.command = command


class ProgramsMissing(PostgresRefused):
    """The wheel with PostgreSQL 18 is not installed."""

    slug = "postgres-programs-missing"


class AccountMissing(PostgresRefused):
    """Root may not run PostgreSQL, and no account for it could be made."""

    slug = "postgres-account-missing"


class FolderUnreachable(PostgresRefused):
    """The server's account cannot enter the folder, or it belongs to somebody else."""

    slug = "postgres-folder-unreachable"


class FolderInUse(PostgresRefused):
    """Another process already uses the data folder."""

    slug = "postgres-folder-in-use"


class FolderForeign(PostgresRefused):
    """The folder holds files that are not HabitArena's."""

    slug = "postgres-folder-foreign"


class FolderOtherMajor(PostgresRefused):
    """The data was written by another major version of PostgreSQL."""

    slug = "postgres-folder-other-major"


class FolderFromTheFuture(PostgresRefused):
    """The data folder was written by a newer HabitArena."""

    slug = "postgres-folder-future"


class FolderDamaged(PostgresRefused):
    """Files that must be in the data folder are missing or unreadable."""

    slug = "postgres-folder-damaged"


class DiskFull(PostgresRefused):
    """There is no room left on the disk of the data folder."""

    slug = "postgres-disk-full"


class ServerFailed(PostgresRefused):
    """The server ended instead of starting; the sentence carries its last log lines."""

    slug = "postgres-failed"


class StartInterrupted(PostgresRefused):
    """`stop()` was called while the server was still starting."""

    slug = "postgres-start-interrupted"


def tells_of_a_full_disk(words: str) -> bool:
    """Tell whether PostgreSQL's own words (in English) say that the disk is full."""
    return "No space left on device" in words or "Check free disk space" in words


def disk_full(folder: Path) -> DiskFull:
    """Return the refusal for a disk without room under `folder`."""
    return DiskFull(f"The disk that holds {folder} is full. Free some space (nothing stored so far is lost) and start again.")
