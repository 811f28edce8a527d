"""Planted bugs: each patch under bugs/ breaks one guarantee, and the test that it names must notice.

A patch that no longer applies fails: whoever changes the code beneath it plants the bug anew, or says why it can no longer be made.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.conftest import Report

ROOT = Path(__file__).resolve().parents[2]
BUGS = Path(__file__).with_name("bugs")
LEAST = 12
PASSED, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Bug:
    """A patch, and what its first lines say of it."""

    patch: Path
    bug: str
    guarantee: str
    caught_by: str

    @classmethod
    def read(cls, patch: Path) -> "Bug":
        head = dict(re.findall(r"^(Bug|Guarantee|Caught by): (.+)$", patch.read_text("utf-8").partition("diff --git")[0], re.MULTILINE))
        return cls(patch, head["Bug"], head["Guarantee"], head["Caught by"])

    @property
    def row(self) -> str:
        """The beginning of its line in the page's table, up to the test's file."""
        file = self.caught_by.partition("::")[0].removeprefix("tests/")
        return f"| [{self.patch.stem}](bugs/{self.patch.name}) | {self.bug} | {self.guarantee} | `{file}`: "


ALL = [Bug.read(patch) for patch in sorted(BUGS.glob("*.patch"))]


@dataclass(frozen=True, slots=True)
class Tree:
    """A copy of the code and its tests, in which the copy is what gets imported."""

    root: Path

    def apply(self, patch: Path) -> subprocess.CompletedProcess[str]:
        return self._run("git", "apply", "--whitespace=nowarn", str(patch))

    def pytest(self, *tests: str) -> subprocess.CompletedProcess[str]:
        return self._run(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *tests)

    def imported_from(self) -> Path:
        return Path(self._run(sys.executable, "-c", "import arena; print(arena.__file__)").stdout.strip())

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        ours = {"PYTHONPATH": str(self.root / "services"), "PYTHONDONTWRITEBYTECODE": "1", "GIT_CEILING_DIRECTORIES": str(self.root.parent)}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "ARENA_", "GIT_", "PYTEST_"))}
        return subprocess.run(command, cwd=self.root, env=kept | ours, capture_output=True, text=True, check=False, timeout=230)


def fits(patch: Path) -> bool:
    command = ["git", "apply", "--check", str(patch)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    copy = tmp_path / "copy"
    for name in ("services", "tests", "tools", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    yield Tree(copy)
    shutil.rmtree(copy)


def test_there_are_enough_bugs_and_the_page_tells_of_each() -> None:
    page = (BUGS.parent / "README.md").read_text("utf-8")
    assert len(ALL) >= LEAST
    assert [bug.patch.name for bug in ALL if bug.row not in page] == []


def test_every_bug_still_fits_the_code() -> None:
    """Told by the fast tests, so that whoever changes the code beneath a bug knows at once."""
    assert [bug.patch.name for bug in ALL if not fits(bug.patch)] == []


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_tests_that_catch_the_bugs_pass_without_them(tree: Tree) -> None:
    assert tree.imported_from().is_relative_to(tree.root)
    ran = tree.pytest(*sorted({bug.caught_by for bug in ALL}))
    assert ran.returncode == PASSED, ran.stdout[-4000:]


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("bug", ALL, ids=lambda bug: bug.patch.stem)
def test_a_planted_bug_is_caught(tree: Tree, bug: Bug, report: Report) -> None:
    report.planted += 1
    applied = tree.apply(bug.patch)
    assert applied.returncode == 0, f"{bug.patch.name} no longer applies; plant it anew: {applied.stderr}"
    ran = tree.pytest(bug.caught_by)
    assert ran.returncode == FAILED, f"nobody noticed: {bug.bug} {ran.stdout[-4000:]}"
    assert f"FAILED {bug.caught_by}" in ran.stdout, ran.stdout[-4000:]
    report.caught += 1
