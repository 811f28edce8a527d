"""The locks: every package by hash, no address, one version everywhere, and what pyproject.toml asks for is in them."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lock import extras
from tools.setup_venv import IMAGE_LOCKS, LOCKS
from tools.source import ROOT

REQUIREMENTS = ROOT / "requirements"
ENVIRONMENTS = (*LOCKS, *IMAGE_LOCKS)
ALL = (*ENVIRONMENTS, "uv", "build", "sbom")
ADDRESS = re.compile(r"https?:|file:|--index|--extra-index|--find-links| @ ")


def locked(name: str) -> dict[str, str]:
    """Package → version of a lock; each entry is a requirement followed by its hashes."""
    entries = (REQUIREMENTS / f"{name}.txt").read_text("utf-8").replace("\\\n", " ").splitlines()
    packages: dict[str, str] = {}
    for entry in entries:
        if match := re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", entry):
            assert "--hash=sha256:" in entry, f"{name}: {match[1]} has no hash"
            packages[canonicalize_name(match[1])] = match[2]
        else:
            assert entry.strip().startswith("#") or not entry.strip(), f"{name}: {entry}"
    return packages


def wanted(lock: str) -> list[Requirement]:
    """What pyproject.toml asks for in this lock, as far as it applies here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = project["dependencies"] + [line for extra in extras(lock) for line in project["optional-dependencies"][extra]]
    return [requirement for line in lines if not (requirement := Requirement(line)).marker or requirement.marker.evaluate()]


@pytest.mark.parametrize("name", ALL)
def test_every_package_is_locked_by_hash_and_no_address_is_named(name: str) -> None:
    assert locked(name)
    assert ADDRESS.findall((REQUIREMENTS / f"{name}.txt").read_text("utf-8")) == []


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_lock_satisfies_what_pyproject_asks_for(name: str) -> None:
    packages = locked(name)
    for requirement in wanted(name):
        version = packages.get(canonicalize_name(requirement.name))
        assert version, f"{requirement} is not in requirements/{name}.txt: run `make lock`"
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement} is locked at {version}: run `make lock`"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_each_lock_is_part_of_the_full_one(name: str) -> None:
    assert locked(name).items() <= locked(LOCKS[-1]).items()


def test_every_extra_has_its_lock_and_every_lock_is_known() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {"base", *project["optional-dependencies"]} == set(ENVIRONMENTS)
    assert {path.stem for path in REQUIREMENTS.glob("*.txt")} == set(ALL)
