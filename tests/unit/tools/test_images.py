"""What a build may see, what it is handed, and the list of an image's contents."""

import json
import re
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from sysconfig import get_path

from cyclonedx.model.component import Component
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from tools.images import IMAGES, inputs, sbom
from tools.source import ROOT

CONTAINERFILE = (ROOT / "images" / "Containerfile").read_text("utf-8")
AT = datetime(2026, 1, 2, tzinfo=UTC)
STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.41-12

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""
RELEASE = {"ID": "debian", "VERSION_ID": "13"}


def test_a_build_sees_what_the_digest_of_the_sources_covers_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {line[1:] for line in lines if line.startswith("!")} == set(inputs.PATHS)
    assert "*" in lines


def test_every_image_is_a_target_and_every_script_is_used() -> None:
    assert [name for name in IMAGES if f"FROM scratch AS {name}\n" not in CONTAINERFILE] == []
    scripts = {path.name for path in (ROOT / "images").glob("*.sh")}
    assert scripts == set(re.findall(r"images/([a-z]+\.sh)", CONTAINERFILE))


def test_the_base_is_pinned_by_digest() -> None:
    assert re.search(r"^ARG PYTHON=python:3\.13-slim-trixie@sha256:[0-9a-f]{64}$", CONTAINERFILE, re.MULTILINE)


def test_both_images_have_the_same_labels_and_user() -> None:
    stages = [CONTAINERFILE.partition(f"FROM scratch AS {name}\n")[2].partition("\nFROM ")[0] for name in IMAGES]
    services, operator = (set(re.findall(r"org\.opencontainers\.image\.\w+|^USER .*$", stage, re.MULTILINE)) for stage in stages)
    assert services == operator
    assert "USER 10001:10001" in services


def test_a_list_of_contents_names_what_is_installed_and_is_valid(tmp_path: Path) -> None:
    (tmp_path / "status").write_text(STATUS, "utf-8")
    site = Path(get_path("purelib"))
    components = [sbom.interpreter(), *sbom.python_packages([site]), *sbom.system_packages(tmp_path / "status", RELEASE)]
    text = sbom.document("services", components, AT)
    found = {(one["name"], one["purl"].partition("/")[0]) for one in json.loads(text)["components"]}
    assert ("libc6", "pkg:deb") in found
    assert ("gone", "pkg:deb") not in found
    assert {name for name, kind in found if kind == "pkg:pypi"} == {
        re.sub(r"[-_.]+", "-", one.name).lower() for one in distributions(path=[str(site)])
    }
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_the_same_contents_give_the_same_list(tmp_path: Path) -> None:
    (tmp_path / "status").write_text(STATUS, "utf-8")

    def written() -> str:
        project = Component(name="habitarena", version="1", bom_ref="habitarena", purl=PackageURL("pypi", name="habitarena"))
        return sbom.document("services", [*sbom.system_packages(tmp_path / "status", RELEASE), project], AT)

    assert written() == written()
