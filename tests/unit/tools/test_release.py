"""The steps of a release, played with stand-ins for docker, helm, cosign and gh, in a small repository of their own."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.tools.stand_ins import StandIns
from tools.source import ROOT

REGISTRY = "registry.example/Owner"
PLACE = "registry.example/owner/habitarena"
SERVICES, OPERATOR, AMD, ARM = (f"sha256:{sign * 64}" for sign in "1234")
SCHEMA = "services/arena/contracts/schemas/x.y/Opened.json"
RELEASED = "services/arena/contracts/released/1.2.3.json"
CHANGELOG = """\
# Changelog

## Unreleased

* Not yet.

## 1.2.3 (2026-11-21)

* Battles can be declared.
* Images are signed.

## 1.2.2 (2026-10-01)

* Older.
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of the version 1.2.3 whose charts and changelog agree."""
    root = tmp_path / "repository"
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", root)
    shutil.copytree(ROOT / "images", root / "images")
    (root / "pyproject.toml").write_text('[project]\nname = "habitarena"\nversion = "1.2.3"\n', "utf-8")
    (root / "CHANGELOG.md").write_text(CHANGELOG, "utf-8")
    (root / "services" / "arena").mkdir(parents=True)
    (root / "services" / "arena" / "__init__.py").write_text('__version__ = "1.2.3"\n', "utf-8")
    (root / SCHEMA).parent.mkdir(parents=True)
    (root / SCHEMA).write_text('{"title": "Opened"}\n', "utf-8")
    (root / RELEASED).parent.mkdir()
    (root / RELEASED).write_text('{"x.y": {"Opened": {"title": "Opened"}}}\n', "utf-8")
    for chart in ("arena-crds", "arena", "arena-operator"):
        (root / "charts" / chart).mkdir(parents=True)
        (root / "charts" / chart / "Chart.yaml").write_text(f'name: {chart}\nversion: 1.2.3\nappVersion: "1.2.3"\n', "utf-8")
    for command in (("init", "-q"), ("add", "."), ("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x")):
        subprocess.run(["git", *command], cwd=root, check=True)  # noqa: S607 - the git on the PATH
    return root


@pytest.fixture
def programs(tmp_path: Path, repository: Path) -> StandIns:
    stand_ins = StandIns(tmp_path, "docker", "helm", "cosign", "gh", root=repository)
    build = ("docker", "buildx", "build", "--file", "images/Containerfile", "--target")
    stand_ins.tell(*build, "services", metadata=json.dumps({"containerimage.digest": SERVICES}))
    stand_ins.tell(*build, "operator", metadata=json.dumps({"containerimage.digest": OPERATOR}))
    platforms = [{"digest": digest, "platform": {"os": "linux", "architecture": name}} for name, digest in (("amd64", AMD), ("arm64", ARM))]
    stand_ins.tell("docker", "buildx", "imagetools", "inspect", out=json.dumps({"manifests": platforms}))
    stand_ins.tell("docker", "create", out="container")
    stand_ins.tell("helm", "push", err=f"Pushed: somewhere\nDigest: {AMD}")
    return stand_ins


def test_a_tag_whose_version_charts_and_changelog_agree_is_ready(programs: StandIns) -> None:
    done = programs.make("release-check", RELEASE_TAG="v1.2.3")
    assert done.returncode == 0, done.stderr
    assert "tag and changelog agree" in done.stdout


@pytest.mark.parametrize(
    ("file", "text", "planted", "sentence"),
    [
        ("charts/arena/Chart.yaml", "version: 1.2.3\n", "version: 1.2.2\n", "charts/arena/Chart.yaml: 1.2.2, pyproject.toml: 1.2.3"),
        ("charts/arena/Chart.yaml", '"1.2.3"', '"1.2.0"', "charts/arena/Chart.yaml: 1.2.0, pyproject.toml: 1.2.3"),
        ("charts/arena/Chart.yaml", "version: 1.2.3\n", "", "charts/arena/Chart.yaml: none, pyproject.toml: 1.2.3"),
        ("services/arena/__init__.py", "1.2.3", "1.2.2", "services/arena/__init__.py: 1.2.2, pyproject.toml: 1.2.3"),
        ("CHANGELOG.md", "## 1.2.3 (2026-11-21)", "## 1.2.3", "CHANGELOG.md has no lines below a heading “## 1.2.3 (YYYY-MM-DD)”"),
        ("pyproject.toml", "1.2.3", "1.2.4", "the tag is v1.2.3, the version asks for v1.2.4"),
        ("pyproject.toml", "1.2.3", "1.2.3rc1", "is not of the form 1.2.3"),
        (SCHEMA, '"Opened"', '"Closed"', f"{RELEASED} is not what the schemas are today: run `make release-schemas` and commit"),
    ],
)
def test_what_does_not_agree_stops_a_release(programs: StandIns, file: str, text: str, planted: str, sentence: str) -> None:
    path = programs.root / file
    path.write_text(path.read_text("utf-8").replace(text, planted, 1), "utf-8")
    done = programs.make("release-check", RELEASE_TAG="v1.2.3")
    assert done.returncode != 0
    assert sentence in done.stderr


def test_the_schemas_of_a_version_are_kept_as_they_are_when_it_is_released(programs: StandIns) -> None:
    (programs.root / SCHEMA).write_text('{"title": "Closed"}\n', "utf-8")
    (programs.root / RELEASED).unlink()
    assert programs.make("release-check", RELEASE_TAG="v1.2.3").returncode != 0
    done = programs.make("release-schemas")
    assert (done.returncode, json.loads((programs.root / RELEASED).read_text("utf-8"))) == (0, {"x.y": {"Opened": {"title": "Closed"}}})
    assert programs.make("release-check", RELEASE_TAG="v1.2.3").returncode == 0


def test_images_are_pushed_for_both_platforms_and_their_digests_told(programs: StandIns, tmp_path: Path) -> None:
    done = programs.make("release-images", RELEASE_REGISTRY=REGISTRY, GITHUB_OUTPUT=str(tmp_path / "output"))
    assert done.returncode == 0, done.stderr
    for call, image in zip(programs.calls(), ("services", "operator"), strict=True):
        assert f"--platform linux/amd64,linux/arm64 --tag {PLACE}/{image}:1.2.3" in call
        assert "--output type=registry,rewrite-timestamp=true" in call
    assert (tmp_path / "output").read_text("utf-8").splitlines() == [
        f"services-name={PLACE}/services",
        f"services-digest={SERVICES}",
        f"operator-name={PLACE}/operator",
        f"operator-digest={OPERATOR}",
    ]


def test_what_was_pushed_is_signed_by_digest_and_each_platform_says_what_is_in_it(programs: StandIns) -> None:
    programs.make("release-images", RELEASE_REGISTRY=REGISTRY)
    before = len(programs.calls())
    assert programs.make("release-sign").returncode == 0
    calls = programs.calls()[before:]
    bom = f"{programs.root}/build/release/services-linux-amd64.cdx.json"
    assert calls[:6] == [
        f"cosign sign --yes --recursive {PLACE}/services@{SERVICES}",
        f"docker buildx imagetools inspect --raw {PLACE}/services@{SERVICES}",
        f"docker create --platform linux/amd64 {PLACE}/services@{AMD}",
        f"docker cp container:/usr/share/sbom/habitarena-services.cdx.json {bom}",
        "docker rm container",
        f"cosign attest --yes --type cyclonedx --predicate {bom} {PLACE}/services@{AMD}",
    ]
    assert len([call for call in calls if call.startswith("cosign attest")]) == 4


def test_charts_are_packaged_pushed_and_signed_by_digest(programs: StandIns) -> None:
    done = programs.make("release-charts", RELEASE_REGISTRY=REGISTRY)
    assert done.returncode == 0, done.stderr
    assert [call for call in programs.calls() if call.startswith("helm push")] == [
        f"helm push {programs.root}/build/release/{chart}-1.2.3.tgz oci://{PLACE}/charts"
        for chart in ("arena-crds", "arena", "arena-operator")
    ]
    assert programs.make("release-sign").returncode == 0
    assert programs.calls()[-1] == f"cosign sign --yes {PLACE}/charts/arena-operator@{AMD}"


def test_a_push_that_fails_ends_the_step(programs: StandIns) -> None:
    programs.tell("helm", "push", err="denied: permission", code=1)
    done = programs.make("release-charts", RELEASE_REGISTRY=REGISTRY)
    assert done.returncode != 0
    assert "denied: permission" in done.stdout
    assert not (programs.root / "build" / "release" / "pushed.json").exists()


def test_the_release_is_made_with_the_lines_of_its_version_only(programs: StandIns) -> None:
    assert programs.make("release-publish", RELEASE_TAG="v1.2.3").returncode == 0
    notes = programs.root / "build" / "release" / "notes.md"
    assert programs.calls() == [f"gh release create v1.2.3 --verify-tag --title HabitArena 1.2.3 --notes-file {notes}"]
    assert notes.read_text("utf-8") == "* Battles can be declared.\n* Images are signed.\n"


def test_nothing_is_published_that_was_not_found_ready(programs: StandIns) -> None:
    assert programs.make("release-publish", RELEASE_TAG="v1.2.4").returncode != 0
    assert programs.calls() == []
