"""The step between fork and exec."""

import os
import subprocess
import sys

import pytest

from arena.embedded.postgres.account import Account
from arena.embedded.postgres.postmaster import FAST, launched

ME = Account(os.getuid(), os.getgid(), "me", switched=False)
SHOW = [sys.executable, "-c", "import os; print(os.umask(0), os.getuid(), os.getppid())"]


def test_the_program_runs_with_a_private_umask_as_a_child_of_this_process() -> None:
    done = subprocess.run(launched(ME, FAST, SHOW), capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(0o077), str(os.getuid()), str(os.getpid())]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent")
def test_a_program_whose_parent_is_already_gone_does_not_begin() -> None:
    command = launched(ME, FAST, SHOW)
    command[command.index(str(os.getpid()))] = "1"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the parent ended" in done.stderr
