"""Skipped tests are named with their reason; where nothing may be skipped they fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.source import ROOT

SUITE = """
import pytest

@pytest.mark.real_data
def test_reads_a_real_export():
    assert True

@pytest.mark.slow
def test_takes_long():
    assert True

@pytest.mark.xfail(reason="known")
def test_known_to_fail():
    assert False

def test_runs():
    assert True
"""


def run_suite(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the suite above under the house's rules of skipping, without real data."""
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  real_data: x\n  slow: x\n  browser: x\n  cluster: x\n", "utf-8")
    (folder / "test_suite.py").write_text(SUITE, "utf-8")
    kept = {name: value for name, value in os.environ.items() if name not in {"ARENA_REAL_DATA", "ARENA_SKIPS_FAIL", "PYTEST_ADDOPTS"}}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-m",
        "not slow",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.skipping",
        "-c",
        str(folder / "pytest.ini"),
        *options,
        str(folder),
    ]
    return subprocess.run(
        command, cwd=folder, env=kept | environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )


def test_what_was_not_run_is_named_with_its_reason_in_the_closing_lines(tmp_path: Path) -> None:
    answer = run_suite(tmp_path)
    assert answer.returncode == 0, answer.stdout
    closing = answer.stdout[answer.stdout.index("not run") :]
    assert "skipped 1 · real data: ARENA_REAL_DATA does not name a folder" in closing
    assert "test_suite.py::test_reads_a_real_export" in closing
    assert "left out 1 ·" in closing
    assert "1 passed, 1 skipped, 1 deselected, 1 xfailed" in closing.splitlines()[-1]


def test_several_processes_name_the_same(tmp_path: Path) -> None:
    closing = run_suite(tmp_path, "-n", "2").stdout
    assert "skipped 1 · real data: ARENA_REAL_DATA does not name a folder" in closing
    assert "left out 1 ·" in closing


def test_with_real_data_nothing_is_skipped(tmp_path: Path) -> None:
    answer = run_suite(tmp_path, ARENA_REAL_DATA=str(tmp_path), ARENA_SKIPS_FAIL="1")
    assert answer.returncode == 0, answer.stdout


def test_who_says_that_there_are_no_real_data_leaves_their_tests_out_and_skips_nothing(tmp_path: Path) -> None:
    answer = run_suite(tmp_path, ARENA_REAL_DATA="none", ARENA_SKIPS_FAIL="1")
    assert answer.returncode == 0, answer.stdout
    assert "left out 2 ·" in answer.stdout
    assert "1 passed, 2 deselected, 1 xfailed" in answer.stdout.splitlines()[-1]


@pytest.mark.parametrize("data", ["", "/no/such/folder"])
def test_where_nothing_may_be_skipped_a_skip_fails_and_says_why(tmp_path: Path, data: str) -> None:
    answer = run_suite(tmp_path, ARENA_SKIPS_FAIL="1", ARENA_REAL_DATA=data)
    assert answer.returncode == 1
    assert "was skipped, and ARENA_SKIPS_FAIL=1: real data" in answer.stdout
