"""Memory is summed over all processes, and told by program."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench.memory import Holding, figure_of, holdings

LINUX = Path("/proc/self/smaps_rollup").exists()


def test_the_sum_decides_and_the_note_says_whose_it_is() -> None:
    figure = figure_of([Holding("python", 300_000_000), Holding("postgres", 100_000_000), Holding("postgres", 60_000_000)])
    assert (figure.value, figure.unit, figure.met, figure.timing) == (460, "MB", False, False)
    assert figure.note == "3 processes: postgres 160 MB, python 300 MB"


BELOW = "x = bytearray(50_000_000); print(flush=True); input()"
ABOVE = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BELOW!r}])"


@pytest.mark.skipif(not LINUX, reason="only Linux tells the proportional set size")
def test_a_process_is_counted_with_those_below_it() -> None:
    above = subprocess.Popen([sys.executable, "-c", ABOVE], stdin=-1, stdout=-1, stderr=-1)
    assert above.stdout is not None
    above.stdout.readline()
    try:
        found = holdings(psutil.Process(above.pid))
    finally:
        above.communicate()  # the end of its input ends both
    assert len(found) == 2
    assert sum(one.pss for one in found) > 50_000_000
