"""The data folder: what is in it, whether it is ours, and that one process at a time uses it."""

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.embedded.postgres.account import Account
from arena.embedded.postgres.files import write_whole
from arena.embedded.postgres.programs import MAJOR
from arena.embedded.postgres.refusals import FolderDamaged, FolderForeign, FolderFromTheFuture, FolderInUse, FolderOtherMajor

FORMAT = 1
_UNTOUCHED = "Nothing was changed."
# What another first start may just be writing, what an installation over a database of its own keeps here, and what a fresh disk has.
_BEGINNINGS = ("lock", "habitarena.json.new", "keys", "lost+found")
_CHOOSE = "or choose another folder with ARENA_DATA_DIR"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The paths in a data folder and the questions one asks of it."""

    root: Path

    @property
    def pgdata(self) -> Path:
        """The cluster."""
        return self.root / "postgres"

    @property
    def unfinished(self) -> Path:
        """A cluster being made; renamed to `pgdata` when whole."""
        return self.root / "postgres.new"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.root / "postgres.log"

    @property
    def secrets(self) -> Path:
        """The generated passwords."""
        return self.root / "secrets.json"

    @property
    def sockets(self) -> Path:
        """A file that names the folder of the socket of the last start."""
        return self.root / "socket-folder"

    @property
    def marker(self) -> Path:
        """The file that says: this folder is HabitArena's."""
        return self.root / "habitarena.json"

    def inspect(self) -> None:
        """Refuse a folder that this program must not touch; changes nothing.

        Raises:
            FolderForeign: it holds other things.
            FolderOtherMajor: it holds data of another PostgreSQL.
            FolderFromTheFuture: a newer HabitArena wrote it.
            FolderDamaged: something that was there is missing.
        """
        if not self.root.exists():
            return
        if not self.root.is_dir():
            raise FolderForeign(f"{self.root} is a file, not a folder. Remove it, {_CHOOSE}.")
        self._refuse_other_major()
        if not self.marker.exists():
            self._refuse_foreign()
            return
        marker = self._read_marker()
        if marker["format"] > FORMAT:
            raise FolderFromTheFuture(
                f"The data folder {self.root} was written by a newer HabitArena (format {marker['format']}, this one knows {FORMAT}). "
                f"{_UNTOUCHED} Start the newer version, {_CHOOSE}."
            )
        self._refuse_damaged(created=bool(marker.get("created")))

    def mark(self, account: Account, *, created: bool) -> None:
        """Say that the folder is ours, and whether its cluster has been made."""
        write_whole(self.marker, json.dumps({"format": FORMAT, "postgres_major": MAJOR, "created": created}) + "\n", account)

    def lock(self, account: Account) -> int:
        """Take the folder for this process; returns the descriptor that holds the lock (closing it, or dying, gives it back).

        Raises:
            FolderInUse: another process has it.
        """
        path = self.root / "lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise FolderInUse(
                f"HabitArena is already running on the data folder {self.root} (process {holder or 'unknown'}). "
                "Use that one, stop it first, or choose another folder with ARENA_DATA_DIR."
            ) from error
        account.give(path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return descriptor

    def _read_marker(self) -> dict[str, Any]:
        try:
            marker = json.loads(self.marker.read_text(encoding="utf-8"))
            if isinstance(marker, dict) and isinstance(marker.get("format"), int):
                return marker
        except ValueError:
            pass
        raise FolderDamaged(f"{self.marker} cannot be read. {_UNTOUCHED} Restore the data folder from a backup, {_CHOOSE}.")

    def _refuse_other_major(self) -> None:
        for place in (self.root, self.pgdata):
            major = _major(place)
            if major not in (None, str(MAJOR)):
                raise FolderOtherMajor(
                    f"The data in {place} was written by PostgreSQL {major or '(unreadable)'}; this HabitArena runs {MAJOR} only. "
                    f"{_UNTOUCHED} Dump it with that version's pg_dump and restore the dump into a new folder, {_CHOOSE}."
                )

    def _refuse_foreign(self) -> None:
        found = sorted(path.name for path in self.root.iterdir() if path.name not in _BEGINNINGS)
        if found:
            raise FolderForeign(
                f"The folder {self.root} is not empty and not HabitArena's (it holds {', '.join(found[:3])}{' …' if found[3:] else ''}). "
                f"{_UNTOUCHED} Name an empty or new folder in ARENA_DATA_DIR, for example {self.root / 'habitarena'}."
            )

    def _refuse_damaged(self, *, created: bool) -> None:
        if not self.pgdata.exists() and not created:
            return
        needed = (self.pgdata, self.pgdata / "PG_VERSION", self.pgdata / "global" / "pg_control", self.secrets)
        missing = [str(path) for path in needed if not path.exists()]
        if missing:
            raise FolderDamaged(
                f"The data folder {self.root} is damaged: {missing[0]} is missing. {_UNTOUCHED} Restore it from a backup, {_CHOOSE}."
            )


def _major(place: Path) -> str | None:
    path = place / "PG_VERSION"
    return path.read_text(errors="replace").strip() if path.is_file() else None
