"""Folders and programs that the tests of the embedded server need."""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

import arena
from arena.embedded.postgres import EmbeddedPostgres, Endpoint

NOBODY = 65534
RunPython = Callable[[str], subprocess.CompletedProcess[str]]
Sql = Callable[[Endpoint, str], object]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter (pytest's own are private to root when root runs the tests)."""
    folder = Path(tempfile.mkdtemp(prefix="arena-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data_dir(open_folder: Path) -> Path:
    """A data folder that does not exist yet."""
    return open_folder / "arena"


@pytest.fixture
def server(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A started server over the data folder."""
    with EmbeddedPostgres(data_dir) as started:
        yield started


@pytest.fixture
def sql() -> Sql:
    """Runs one statement as the administrator; returns the first value of its answer, if it has one."""

    def run(endpoint: Endpoint, statement: str) -> object:
        with psycopg.connect(endpoint.conninfo(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    return run


@pytest.fixture
def run_python() -> RunPython:
    """Runs Python code in a process of its own."""
    return lambda code: subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.fixture
def by_nobody() -> RunPython:
    """Runs Python code as a normal user; needs root, to become that user, and an interpreter that user can run."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; as a normal user every other test here runs as one")
    paths = [str(Path(arena.__file__).parents[1]), sysconfig.get_path("purelib")]
    environment = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(paths)}

    def run_with(python: str, code: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-c", code],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    probe = f"import sys, arena.embedded.postgres; assert sys.version_info[:2] == {sys.version_info[:2]}"
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        with contextlib.suppress(OSError):
            if run_with(python, probe).returncode == 0:
                return partial(run_with, python)
    pytest.skip("no Python that a normal user can run sees this checkout (it lies in a folder of root's)")
