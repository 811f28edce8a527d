"""What all processes of the demo hold in memory a minute after it: Python, PostgreSQL, everything between."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from arena.embedded.testing_process import free_ports
from bench.figures import CannotMeasure, Figure, at_most
from bench.installation import throw_away_folder

MOST_MEGABYTES = 450.0
WAIT, WAIT_SHORT = 60.0, 15.0
MINUTES, MINUTES_SHORT = "2", "1"
_LONGEST_DEMO = 400.0
_AFTER_IT = "serving at "


class Holding(NamedTuple):
    """A process and its proportional set size in bytes: what it shares with others is counted in parts."""

    program: str
    pss: int


def measure(short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """See the demo through to its end, wait, and add up."""
    if not Path("/proc/self/smaps_rollup").exists():
        raise CannotMeasure("The proportional set size is told by Linux only (/proc/PID/smaps_rollup).")
    with throw_away_folder() as folder, _demo(folder, MINUTES_SHORT if short else MINUTES) as demo:
        time.sleep(WAIT_SHORT if short else WAIT)
        found = holdings(demo)
    return [figure_of(found)]


def figure_of(found: list[Holding]) -> Figure:
    """The sum, and whose it is."""
    parts: dict[str, int] = {}
    for program, pss in found:
        parts[program] = parts.get(program, 0) + pss
    split = ", ".join(f"{program} {_megabytes(pss):.0f} MB" for program, pss in sorted(parts.items()))
    note = f"{len(found)} processes: {split}"
    return Figure("memory_after_demo", _megabytes(sum(parts.values())), "MB", at_most(MOST_MEGABYTES), note=note, timing=False)


def holdings(root: psutil.Process) -> list[Holding]:
    """Of a process and all below it."""
    return [Holding(_program(process), pss_of(process.pid)) for process in [root, *root.children(recursive=True)]]


def pss_of(pid: int) -> int:
    """Bytes, as the kernel sums them up."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024


def _program(process: psutil.Process) -> str:
    name = str(process.name())
    return "postgres" if name.startswith("postgres") else "python" if name.startswith(("python", "arena")) else name


def _megabytes(size: int) -> float:
    return size / 1_000_000


@contextmanager
def _demo(folder: Path, minutes: str) -> Iterator[psutil.Process]:
    """`arena demo` as `make demo` runs it, from the end of its battle on."""
    serving, metrics = free_ports(2)
    settings = {"ARENA_DATA_DIR": str(folder / "data"), "ARENA_PORT": str(serving), "ARENA_METRICS_PORT": str(metrics)}
    told = folder / "demo.log"
    with told.open("w") as out:
        command = [sys.executable, "-m", "arena.cli.main", "demo", "--minutes", minutes]
        demo = subprocess.Popen(command, env=os.environ | settings, stdout=out, stderr=out)
    try:
        _wait_for_the_end(demo, told)
        yield psutil.Process(demo.pid)
    finally:
        demo.terminate()
        demo.wait(timeout=60)


def _wait_for_the_end(demo: "subprocess.Popen[bytes]", told: Path) -> None:
    patience = time.monotonic() + _LONGEST_DEMO
    while _AFTER_IT not in (said := told.read_text("utf-8")):
        if demo.poll() is not None or time.monotonic() > patience:
            raise RuntimeError(f"the demo did not come to its end: {said[-2000:]}")
        time.sleep(0.5)
