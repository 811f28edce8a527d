"""A stranger's zip file: checked by its directory before anything is inflated, read in memory, never extracted."""

import io
import re
import zipfile
import zlib
from typing import Final

from arena.habits.importing.report import ImportRefused

MAGICS: Final = (b"PK\x03\x04", b"PK\x05\x06")
MAX_ENTRIES: Final = 10_000
MAX_MEMBER: Final = 64_000_000
MAX_TOTAL: Final = 256_000_000
MAX_RATIO: Final = 300
_SMALL: Final = 1_000_000
"""Below this a high ratio is harmless, and honest: rows of UNKNOWN compress well."""
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_INNER: Final = (".zip", ".jar", ".apk", ".7z", ".gz", ".rar", ".tar", ".bz2", ".xz")
_UNSAFE: Final = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|[\x00-\x1f]")
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    OverflowError,
    OSError,
    LookupError,
)


class ForeignZip:
    """The members of an uploaded zip file by name; directories are not listed."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = {info.filename.replace("\\", "/"): info for info in archive.infolist() if not info.is_dir()}

    @property
    def names(self) -> tuple[str, ...]:
        """Names as the archive lists them, with forward slashes."""
        return tuple(self._members)

    def read(self, name: str) -> bytes:
        """Inflate one member, no further than its directory entry promised."""
        info = self._members[name]
        try:
            with self._archive.open(info) as member:
                return member.read(info.file_size)
        except _BROKEN as error:
            raise damaged() from error


def open_zip(data: bytes) -> ForeignZip:
    """Open an uploaded zip file after looking through its directory for everything that no export contains."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except _BROKEN as error:
        raise damaged() from error
    _refuse_bomb(members)
    for member in members:
        _refuse_unsafe(member)
    if len({member.filename for member in members}) < len(members):
        raise ImportRefused("import-unsafe-archive", "This zip file contains the same name twice; it is not imported.")
    return ForeignZip(archive)


def _refuse_bomb(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_ENTRIES:
        raise ImportRefused("import-too-large", f"This zip file has more than {MAX_ENTRIES:,} entries; no export has.")
    if sum(member.file_size for member in members) > MAX_TOTAL or any(member.file_size > MAX_MEMBER for member in members):
        raise ImportRefused(
            "import-too-large", f"Unpacked, this zip file would be larger than {MAX_TOTAL // 1_000_000} MB; it is not imported."
        )
    if any(member.file_size > _SMALL and member.file_size > MAX_RATIO * max(1, member.compress_size) for member in members):
        raise ImportRefused("import-too-large", "This zip file unpacks to hundreds of times its size; no export does.")


def _refuse_unsafe(member: zipfile.ZipInfo) -> None:
    if _UNSAFE.search(member.filename) or _UNSAFE.search(member.orig_filename):
        raise ImportRefused("import-unsafe-archive", "This zip file contains names that point outside it; it is not imported.")
    if member.flag_bits & _ENCRYPTED:
        raise ImportRefused("import-encrypted", "This zip file is encrypted; please unpack it and zip it again without a password.")
    if member.filename.lower().endswith(_INNER):
        raise ImportRefused("import-nested-archive", "This zip file contains another archive; please upload the inner one.")
    if member.compress_type not in _METHODS:
        raise ImportRefused("import-damaged", "This zip file uses a compression that exports do not use; please zip it again.")


def damaged() -> ImportRefused:
    """Return the refusal for an archive that cannot be read."""
    return ImportRefused("import-damaged", "This zip file is damaged or was cut short; please export it again.")
