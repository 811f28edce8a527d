"""What a killed run leaves, and where the processes of pods are."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.node.space import CGROUP, members, whole_cgroup
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


@pytest.mark.parametrize("hierarchies", [("memory", "cpu", "unified"), ("",)], ids=["version 1", "version 2"])
def test_the_processes_of_a_pod_are_found_once_with_either_version_of_cgroups(tmp_path: Path, hierarchies: tuple[str, ...]) -> None:
    for hierarchy in hierarchies:
        container = tmp_path / hierarchy / CGROUP / "kubepods" / "burstable" / "pod1" / "container"
        container.mkdir(parents=True)
        (container / "cgroup.procs").write_text("7\n8\n", "utf-8")
    assert [members(found) for found in whole_cgroup(tmp_path).rglob("pod1")] == [[7, 8]]
