"""Writing small files that must be whole after a crash, in a folder that may belong to the server's account."""

import os
from pathlib import Path

from arena.embedded.postgres.account import Account


def write_whole(path: Path, text: str, account: Account) -> None:
    """Replace `path` (mode 0600, owned by the account) so that a crash leaves the old text or the new; links are not followed."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    account.give(new)
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
