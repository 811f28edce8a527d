"""The same sources give the same image, whatever was built before and whoever builds it."""

import subprocess
from pathlib import Path

import pytest

from tools.images import Image, base, buildah
from tools.images.inputs import Inputs
from tools.setup_venv import ROOT, find_uv


def test_two_builds_from_the_first_step_on_give_the_same_image(built: dict[str, Image], source: Inputs, tmp_path: Path) -> None:
    tag = "localhost/habitarena/services:again"
    with buildah.alone() as home:
        try:
            made = buildah.build("services", tag, source, base.ensure(refresh=False), cached=False)
            again = buildah.save(made, built["services"].name, tmp_path / "again.tar")
        finally:
            buildah.forget(tag)
    assert again == built["services"].id
    assert mounted_below(home) == []


def test_a_build_that_fails_leaves_nothing_mounted() -> None:
    with pytest.raises(SystemExit):
        fail_with_something_mounted()
    assert mounted_below(buildah.home()) == []


def fail_with_something_mounted() -> None:
    """A build that ends half-way."""
    with buildah.alone() as home:
        buildah.run("mount", buildah.run("from", "--quiet", base.ensure(refresh=False)[0]))
        assert mounted_below(home)
        buildah.run("mount", "no such container")


def mounted_below(folder: Path) -> list[str]:
    """Where something is mounted."""
    places = [line.split()[1] for line in Path("/proc/self/mounts").read_text("utf-8").splitlines()]
    return [place for place in places if Path(place).is_relative_to(folder)]


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
@pytest.mark.parametrize("lock", ["embedded", "operator"])
def test_every_package_has_a_wheel_for_the_platform(lock: str, architecture: str, tmp_path: Path) -> None:
    platform = ("--python-version=3.13", f"--python-platform={architecture}-manylinux_2_40", f"--target={tmp_path}")
    only = ("--only-binary=:all:", "--require-hashes", f"--requirements=requirements/{lock}.txt")
    done = subprocess.run(
        [find_uv(), "pip", "install", "--dry-run", *platform, *only], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
