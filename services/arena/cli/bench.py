"""`arena bench`: the measurements, which live beside the sources."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import arena
from arena.cli.console import fail

SCRIPT = Path("bench") / "run.py"


def checkout_of(package: Path) -> Path | None:
    """The checkout that a package folder lies in, or None when it was installed without one."""
    root = package.parents[1]
    return root if (root / SCRIPT).is_file() else None


def bench(
    only: Annotated[list[str] | None, typer.Option(help="Only this measurement; may be given again. A wrong name lists them.")] = None,
    short: Annotated[bool, typer.Option("--short", help="Fewer rounds and shorter waits, the same bars.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Measure this version, in a checkout of the sources: a table, build/bench.json, and exit code 1 when a bar is missed."""
    root = checkout_of(Path(arena.__file__).resolve().parent)
    if root is None:
        fail("The measurements come with the sources, not with this package: run `make bench` in a checkout.")
    os.chdir(root)
    options = [word for name in only or () for word in ("--only", name)] + ["--short"] * short
    os.execv(sys.executable, [sys.executable, "-m", "bench.run", *options])  # noqa: S606 - no shell is the point: nothing is expanded
