"""One file that holds an installation, and an installation made from it again: `take` and `restore`."""

from arena.embedded.backup.archive import Archive
from arena.embedded.backup.restoring import Restored, restore
from arena.embedded.backup.taking import Taken, take

__all__ = ["Archive", "Restored", "Taken", "restore", "take"]
