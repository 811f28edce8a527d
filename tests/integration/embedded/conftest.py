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


@contextlib.contextmanager
def _open_folder() -> Iterator[Path]:
    """In memory where there is plenty: what survives a kill -9 of programs does not depend on the disk."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is new and random
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 * 1024**3
    folder = Path(tempfile.mkdtemp(prefix="arena-test-", dir=memory if roomy else "/tmp"))  # noqa: S108 - same
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _copy(source: Path, target: Path) -> Path:
    subprocess.run(["/bin/cp", "-a", str(source), str(target)], check=True)
    return target


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter (pytest's own are private to root when root runs the tests)."""
    with _open_folder() as folder:
        yield folder


@pytest.fixture
def data_dir(open_folder: Path) -> Path:
    """A data folder that does not exist yet."""
    return open_folder / "arena"


@pytest.fixture(scope="session")
def pristine() -> Iterator[Path]:
    """A data folder that was started once, to be copied: making one anew for every test would take most of the time."""
    with _open_folder() as folder:
        with EmbeddedPostgres(folder / "arena"):
            pass
        yield folder / "arena"


@pytest.fixture(scope="session")
def one_server(pristine: Path) -> Iterator[EmbeddedPostgres]:
    """One server for the tests that only look."""
    with _open_folder() as folder:
        _copy(pristine, folder / "arena")
        with EmbeddedPostgres(folder / "arena") as started:
            yield started


@pytest.fixture
def made(pristine: Path, data_dir: Path) -> Path:
    """A data folder that has been in use and is stopped."""
    return _copy(pristine, data_dir)


@pytest.fixture
def server(made: Path) -> Iterator[EmbeddedPostgres]:
    """A started server over the data folder."""
    with EmbeddedPostgres(made) as started:
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
