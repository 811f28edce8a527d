"""What judges the workflows: where actionlint is kept, what is said when it cannot be built, and that a finding fails."""

import os
import subprocess
import sys
from pathlib import Path

from tools.source import ROOT
from tools.workflows import HERE, version


def judge(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.workflows"]
    kept = os.environ | {"XDG_CACHE_HOME": str(tmp_path)} | environment
    return subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=False)


def keep_actionlint(tmp_path: Path, code: int) -> None:
    program = tmp_path / "habitarena" / "actionlint" / version() / "actionlint"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nexit {code}\n", "utf-8")
    program.chmod(0o755)


def test_actionlint_is_pinned_with_its_checksum() -> None:
    assert f"github.com/rhysd/actionlint v{version()} h1:" in (HERE / "go.sum").read_text("utf-8")


def test_without_go_the_build_says_what_to_install(tmp_path: Path) -> None:
    done = judge(tmp_path, PATH=str(tmp_path))
    assert done.returncode == 1
    assert "install Go 1.25 or newer" in done.stderr


def test_an_actionlint_that_is_kept_is_not_built_again_and_a_finding_of_it_fails(tmp_path: Path) -> None:
    keep_actionlint(tmp_path, code=1)
    done = judge(tmp_path, PATH=str(tmp_path))
    assert done.returncode == 1
    assert "the workflows are not as they should be: actionlint (above)" in done.stderr


def test_what_neither_finds_wanting_passes(tmp_path: Path) -> None:
    keep_actionlint(tmp_path, code=0)
    assert judge(tmp_path).returncode == 0
