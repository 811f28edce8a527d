"""What is in the images, and what is not."""

import json
import stat
from importlib.metadata import distributions
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from arena import __version__
from tests.images.container import Unpacked
from tools.images import BUILT, Image
from tools.images.inputs import Inputs

MEGABYTES = 250
USER = 10001
LABELS = "org.opencontainers.image."


def files_of(image: Unpacked) -> list[tuple[str, Path, int]]:
    """Every file but links: its path in the image, here, and its mode."""
    found = [path for path in image.root.rglob("*") if not path.is_symlink()]
    return [(f"/{path.relative_to(image.root)}", path, path.stat().st_mode) for path in found]


def listed(built: dict[str, Image], name: str, kind: str) -> dict[str, str]:
    """The components of a kind that an image's list of contents names, with their versions."""
    document = json.loads((BUILT / built[name].sbom).read_text("utf-8"))
    return {one["name"]: one["version"] for one in document["components"] if one["purl"].startswith(f"pkg:{kind}/")}


def test_an_image_is_at_most_250_mb(built: dict[str, Image], name: str) -> None:
    assert 50 < built[name].megabytes <= MEGABYTES


def test_libraries_carry_nothing_that_no_loader_reads(image: Unpacked) -> None:
    libraries = [path for path in image.packages.rglob("*.so*") if path.is_file()]
    assert libraries
    # The header ends with how many sections there are, and which of them names the others.
    assert [path.name for path in libraries if path.read_bytes()[60:64] != bytes(4)] == []


def test_an_image_runs_as_a_user_of_its_own_and_tells_what_it_is(image: Unpacked, source: Inputs) -> None:
    labels = image.config["Labels"]
    assert image.config["User"] == f"{USER}:{USER}"
    assert labels[f"{LABELS}version"] == __version__
    assert labels[f"{LABELS}revision"] == source.revision
    assert labels[f"{LABELS}licenses"] == "Apache-2.0"
    assert not [label for label in labels if "buildah" in label]


def test_the_services_image_serves_everything_unless_told_otherwise(services: Unpacked) -> None:
    assert services.config["Entrypoint"] + services.config["Cmd"] == ["arena", "up"]
    assert {"ARENA_HOST=0.0.0.0", "ARENA_DATA_DIR=/data"} <= set(services.config["Env"])
    assert list(services.config["Volumes"]) == ["/data"]
    assert set(services.config["ExposedPorts"]) == {"8000/tcp", "8001/tcp"}


def test_nobody_becomes_somebody_else_by_a_file_s_mode(image: Unpacked) -> None:
    assert [path for path, _, mode in files_of(image) if mode & (stat.S_ISUID | stat.S_ISGID)] == []


def test_the_user_owns_nothing_but_the_data_and_can_write_nowhere_but_there_and_to_temporary_folders(image: Unpacked) -> None:
    own = [path for path, here, _ in files_of(image) if USER in (here.stat().st_uid, here.stat().st_gid)]
    written_by_all = [path for path, _, mode in files_of(image) if mode & stat.S_IWOTH]
    assert own == ["/data"]
    assert sorted(written_by_all) == ["/tmp", "/var/tmp"]  # noqa: S108 - names, not used


def test_nothing_of_the_build_and_of_the_machine_that_did_it_is_left(image: Unpacked) -> None:
    folders = ("build", "tools", "wheel", "run", "root", "tmp", "var/cache", "var/log", "var/lib/apt", "home")
    left = [str(path) for folder in folders for path in (image.root / folder).glob("*")]
    tools = {"pip", "pip3", "uv", "apt", "apt-get", "dpkg", "perl", "gcc"}
    programs = [path for path, _, _ in files_of(image) if Path(path).parent.name in {"bin", "sbin"} and Path(path).name in tools]
    traces = [
        path for path, _, _ in files_of(image) if Path(path).name in {".bash_history", ".lock", "pip.conf", "uv.toml", "uv_cache.json"}
    ]
    assert left + programs + traces == []
    assert not (image.root / "etc/resolv.conf").exists()


def test_all_times_are_the_commit_s(image: Unpacked, source: Inputs) -> None:
    assert {int(path.stat().st_mtime) for _, path, _ in files_of(image)} == {source.epoch}


def test_the_list_of_contents_is_valid_cyclonedx(built: dict[str, Image], name: str) -> None:
    text = (BUILT / built[name].sbom).read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_the_list_of_contents_names_every_distribution_and_no_other(built: dict[str, Image], name: str, image: Unpacked) -> None:
    installed = {one.name.lower().replace("_", "-").replace(".", "-"): one.version for one in distributions(path=[str(image.packages)])}
    assert listed(built, name, "pypi") == installed
    assert installed["habitarena"] == __version__


def test_the_list_of_contents_names_every_package_of_the_system(built: dict[str, Image], name: str, image: Unpacked) -> None:
    lines = (image.root / "var/lib/dpkg/status").read_text("utf-8").splitlines()
    packages = [line.removeprefix("Package: ") for line in lines if line.startswith("Package: ")]
    assert sorted(listed(built, name, "deb")) == sorted(packages)
    assert "libc6" in packages
    assert "perl-base" not in packages


def test_the_list_of_contents_names_what_comes_inside_of_others(built: dict[str, Image], name: str) -> None:
    assert set(listed(built, name, "generic")) == ({"python", "postgresql"} if name == "services" else {"python"})


@pytest.mark.parametrize("package", ["kubernetes", "kopf"])
def test_the_services_do_not_carry_the_operator_s_libraries(services: Unpacked, package: str) -> None:
    assert not (services.packages / package).exists()
