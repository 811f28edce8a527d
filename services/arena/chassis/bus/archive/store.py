"""Where archived months are kept: a folder, or a prefix of an S3 bucket."""

import os
import shutil
from pathlib import Path
from typing import IO, Final, Protocol

from arena.chassis.bus.archive.troubles import ArchiveTrouble, NotThere

S3: Final = "s3://"


class Store(Protocol):
    """Keeps files by name (words joined by slashes). Trouble is an ArchiveTrouble that says what cannot be done."""

    @property
    def where(self) -> str:
        """The place, in words that find it again."""

    def put(self, name: str, content: IO[bytes]) -> None:
        """Keep all of `content`, durably and whole or not at all; what had the name before is replaced."""

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """So many bytes of a file, or the rest of it; fewer where it ends.

        Raises:
            NotThere: there is no file of that name.
        """


class FolderStore:
    """A folder of this machine, or one that is mounted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    @property
    def where(self) -> str:
        """Its path."""
        return str(self._folder)

    def put(self, name: str, content: IO[bytes]) -> None:
        """Beside its place first, so that only a whole file on the disk has the name."""
        path = self._folder / name
        beside = path.with_name(f".{path.name}.part")
        try:
            _make(path.parent)
            with beside.open("wb") as file:
                shutil.copyfileobj(content, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            _sync(path.parent)
        except OSError as trouble:
            raise ArchiveTrouble(f"{path} cannot be written ({trouble.strerror}): is there room, and may we write there?") from trouble

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """As a file is read."""
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(start)
                return file.read(-1 if length is None else length)
        except FileNotFoundError as missing:
            raise NotThere(self.where, name) from missing
        except OSError as trouble:
            raise ArchiveTrouble(f"{self._folder / name} cannot be read ({trouble.strerror}).") from trouble


def open_store(where: str) -> Store:
    """The store that ARENA_ARCHIVE names: `s3://bucket/prefix`, or a folder."""
    if not where.startswith(S3):
        return FolderStore(Path(where))
    try:
        from arena.chassis.bus.archive.s3 import S3Store  # noqa: PLC0415 - the embedded shape has no client of S3 installed
    except ModuleNotFoundError as missing:
        raise ArchiveTrouble(
            "ARENA_ARCHIVE names S3, and its client is not installed here: name a folder, or `make setup-services` in a checkout."
        ) from missing

    bucket, _, prefix = where.removeprefix(S3).partition("/")
    return S3Store(bucket, prefix.strip("/"))


def _make(folder: Path) -> None:
    """A folder whose name survives a power cut, and those above it."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
