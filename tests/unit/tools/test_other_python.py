"""Another Python is found where one runs; where none can be had, that is a failure."""

import sys
from pathlib import Path

import pytest

from tools.other_python import find

HERE = ".".join(map(str, sys.version_info[:2]))


def script(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n", "utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def real() -> str:
    return f"exec '{sys.executable}' \"$@\""


def test_a_python_on_the_path_is_taken_and_nothing_fetched(tmp_path: Path, real: str) -> None:
    python = script(tmp_path / "bin" / f"python{HERE}", real)
    environ = {"PATH": str(python.parent), "HOME": str(tmp_path)}
    assert find(HERE, environ, lambda: pytest.fail("fetched")) == python


def test_behind_a_shim_that_stands_for_nothing_the_version_manager_s_own_is_taken(tmp_path: Path, real: str) -> None:
    shim = script(tmp_path / ".pyenv" / "shims" / f"python{HERE}", "exit 127")
    python = script(tmp_path / ".pyenv" / "versions" / f"{HERE}.0" / "bin" / f"python{HERE}", real)
    assert find(HERE, {"PATH": str(shim.parent), "HOME": str(tmp_path)}, lambda: tmp_path / "none") == python


def test_one_that_was_fetched_is_taken_last(tmp_path: Path, real: str) -> None:
    python = script(tmp_path / "pythons" / f"cpython-{HERE}" / "bin" / f"python{HERE}", real)
    assert find(HERE, {"PATH": "", "HOME": str(tmp_path)}, lambda: tmp_path / "pythons") == python


def test_where_none_can_be_had_or_it_is_another_version_that_is_a_failure(tmp_path: Path, real: str) -> None:
    script(tmp_path / "bin" / "python2.0", real)
    with pytest.raises(SystemExit, match=r"There is no Python 2\.0 here"):
        find("2.0", {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}, lambda: tmp_path / "none")
