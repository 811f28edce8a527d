"""What a killed run leaves."""

import subprocess
import sys

from tools.source import ROOT


def test_a_killed_run_leaves_a_folder_and_the_next_one_removes_it() -> None:
    command = ["unshare", "--net", "--mount", sys.executable, "-m", "tests.cluster.node.killed_run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.splitlines() == [
        "before cable folder process",
        "killed folder",
        "next kernel.json",
        "after",
    ], done.stderr
