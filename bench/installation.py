"""A folder for an installation that lives as long as a measurement."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def throw_away_folder() -> Iterator[Path]:
    """A temporary folder that the database's own account can enter (it has one where this process is root)."""
    with tempfile.TemporaryDirectory(prefix="arena-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
