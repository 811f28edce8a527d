"""A CSV export that somebody has already unpacked, packed again for the importer."""

import io
import zipfile
from pathlib import Path

from arena.habits.importing.report import ImportRefused
from arena.habits.importing.zip_file import MAX_ENTRIES, MAX_MEMBER

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def pack_folder(path: Path) -> bytes:
    """Return the CSV files under `path` as a zip, links not followed; the same folder gives the same bytes."""
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() == ".csv" and file.is_file() and not file.is_symlink())
    if not files:
        raise ImportRefused("import-empty", "This folder contains no CSV files.")
    if len(files) > MAX_ENTRIES or any(file.stat().st_size > MAX_MEMBER for file in files):
        raise ImportRefused("import-too-large", "This folder holds far more than an export does.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(path).as_posix(), _FIXED_TIME)
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
