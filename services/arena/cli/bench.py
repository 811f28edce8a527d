"""`arena bench`: the measurements, which live beside the sources."""

import os
import sys
from pathlib import Path

import arena
from arena.cli.console import fail

SCRIPT = Path("bench") / "run.py"


def checkout_of(package: Path) -> Path | None:
    """The checkout that a package folder lies in, or None when it was installed without one."""
    root = package.parents[1]
    return root if (root / SCRIPT).is_file() else None


def bench() -> None:
    """Measure this version, in a checkout of the sources."""
    root = checkout_of(Path(arena.__file__).resolve().parent)
    if root is None:
        fail("The measurements come with the sources, not with this package: run `make bench` in a checkout.")
    os.chdir(root)
    os.execv(sys.executable, [sys.executable, str(SCRIPT)])  # noqa: S606 - no shell is the point: the arguments are constants
