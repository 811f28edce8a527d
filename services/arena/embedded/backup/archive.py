"""The file of a backup: a ZIP that any tool opens. Its last bytes, the ZIP's comment, are the SHA-256 of everything before them.

It is written in one pass, without ever going back, so that it can also be sent through a pipe.
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import IO, NamedTuple, Protocol, Self

from arena.embedded.backup.manifest import Manifest, decode, encode
from arena.embedded.backup.refusals import BackupDamaged, NotABackup

MANIFEST, KEYS, README = "manifest.json", "keys.json", "HABITARENA.txt"
_SEAL = b"sha256:"
_SEAL_LENGTH = len(_SEAL) + 64
_BLOCK = 1 << 20
_NAME_AT = 30
"""Where a ZIP has the name of its first entry."""
_QUICK = 1
"""Of zlib's levels: half the time of level 6 for a fifth more bytes."""
_WORDS = b"""This is a backup of a HabitArena installation. It holds everything about its people, their password hashes
and, unless it was made --without-keys, the installation's signing keys: keep it like a password.

Restore it with `arena restore FILE`. `arena restore --check FILE` tells whether it is whole and what is in it.
"""


class Written(NamedTuple):
    """What became of one part."""

    bytes: int
    sha256: str
    lines: int


class Sink(Protocol):
    """Where bytes go, one after the other."""

    def write(self, data: bytes, /) -> int: ...  # noqa: D102 - as of every file
    def flush(self) -> None: ...  # noqa: D102 - as of every file


class _Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        pass


class _Sealing:
    """Passes bytes on and hashes them; the last ones are held back, because the seal takes their place."""

    def __init__(self, out: Sink) -> None:
        self._out = out
        self._digest = hashlib.sha256()
        self._held = b""

    def write(self, data: bytes) -> int:
        waiting = self._held + bytes(data)
        cut = max(0, len(waiting) - _SEAL_LENGTH)
        self._digest.update(waiting[:cut])
        self._out.write(waiting[:cut])
        self._held = waiting[cut:]
        return len(data)

    def flush(self) -> None:
        self._out.flush()

    def drop(self) -> None:
        """Let what is still written go nowhere: a ZIP that is given up writes its end all the same."""
        self._out = _Nowhere()

    def seal(self) -> str:
        self._out.write(_SEAL + self._digest.hexdigest().encode())
        self._out.flush()
        return self._digest.hexdigest()


class Writer:
    """An archive being written, part by part; `close` ends it with its manifest and seal, leaving it by an exception gives it up."""

    def __init__(self, out: Sink) -> None:
        self._out = _Sealing(out)
        self._zip = zipfile.ZipFile(self._out, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK)  # type: ignore[call-overload]  # typeshed asks for a file that can be read too
        self._zip.comment = bytes(_SEAL_LENGTH)
        self.add(README, [_WORDS])

    def add(self, name: str, blocks: Iterable[bytes]) -> Written:
        """Write one part."""
        digest, size, lines = hashlib.sha256(), 0, 0
        with self._zip.open(name, "w", force_zip64=True) as part:
            for block in blocks:
                digest.update(block)
                part.write(block)
                size += len(block)
                lines += block.count(b"\n")
        return Written(size, digest.hexdigest(), lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self._out.drop()
            self._zip.close()

    def close(self, manifest: Manifest) -> str:
        """Write the manifest, end the file, and answer its seal."""
        self.add(MANIFEST, [encode(manifest)])
        self._zip.close()
        return self._out.seal()


class Archive:
    """An archive to read, proved to be what was written."""

    def __init__(self, file: zipfile.ZipFile, manifest: Manifest, seal: str) -> None:
        self._zip = file
        self.manifest = manifest
        self.seal = seal

    @classmethod
    @contextmanager
    def open(cls, file: IO[bytes], name: str) -> Iterator["Archive"]:
        """Read a file, once every byte of it is proved.

        Args:
            file: it, open and seekable.
            name: what people call it.

        Raises:
            NotABackup, BackupDamaged, BackupTooNew: what it says.
        """
        seal = _prove(file, name)
        with zipfile.ZipFile(file) as opened:
            yield cls(opened, decode(opened.read(MANIFEST)), seal)

    def keys(self) -> bytes | None:
        """The keys, if they are in it."""
        return self._zip.read(KEYS) if self.manifest.keys else None

    def blocks(self, name: str, sha256: str) -> Iterator[bytes]:
        """The content of a part, block by block.

        Raises:
            BackupDamaged: at the end, when it was not what the manifest says.
        """
        digest = hashlib.sha256()
        try:
            with self._zip.open(name) as part:
                while block := part.read(_BLOCK):
                    digest.update(block)
                    yield block
        except (KeyError, zipfile.BadZipFile, zlib.error) as broken:
            raise BackupDamaged(f"The backup is damaged: {name} cannot be read. Take another copy of the file.") from broken
        if digest.hexdigest() != sha256:
            raise BackupDamaged(f"The backup is damaged: {name} is not what was saved. Take another copy of the file.")


def _prove(file: IO[bytes], name: str) -> str:
    """Compare the seal with what is before it, and answer it."""
    left = file.seek(0, os.SEEK_END) - _SEAL_LENGTH
    digest = hashlib.sha256()
    file.seek(0)
    if not _is_ours(file.read(_BLOCK)):
        raise NotABackup(f"{name} is no backup of HabitArena: name a file that `arena backup` wrote.")
    file.seek(0)
    while left > 0 and (block := file.read(min(_BLOCK, left))):
        digest.update(block)
        left -= len(block)
    seal = file.read()
    if seal == _SEAL + digest.hexdigest().encode():
        return digest.hexdigest()
    how = "its contents are not what was written" if seal.startswith(_SEAL) else "its end is missing"
    raise BackupDamaged(f"The backup {name} is damaged: {how}. Nothing was changed. Take another copy of the file.")


def _is_ours(start: bytes) -> bool:
    """Tell a backup by the name of its first entry."""
    return start.startswith(b"PK\x03\x04") and start[_NAME_AT:].startswith(README.encode())
