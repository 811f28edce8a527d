"""The steps of a release, each a make target: schemas by hand; check, images, charts, sign, publish by a workflow. Standard library only.

RELEASE_TAG       the tag: v0.1.0 releases the version 0.1.0 (check, publish; without it check only compares versions)
RELEASE_REGISTRY  where to, host and owner: images go to …/habitarena/<image>, charts to …/habitarena/charts (images, charts)

What was pushed is noted with its digest in build/release/pushed.json, for `sign`; and in the file that GITHUB_OUTPUT names, for the
steps after ours.
"""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from tools.buildx import build_command
from tools.commands import answer, run, tell_workflow
from tools.event_releases import freeze, unfrozen
from tools.images import IMAGES
from tools.setup_venv import ROOT
from tools.version import project_version

PLATFORMS = ("linux/amd64", "linux/arm64")
CHARTS = ("arena-crds", "arena", "arena-operator")
FOLDER = ROOT / "build" / "release"
PUSHED = FOLDER / "pushed.json"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
PLAIN_VERSION = re.compile(r"\d+\.\d+\.\d+")


def check() -> None:
    """Fail with everything that does not fit: the versions of project and charts, the tag, the changelog."""
    tag, version = os.environ.get("RELEASE_TAG"), project_version()
    wrong = [f"{path}: {said}, pyproject.toml: {version}" for path, said in other_versions() if said != version]
    if not PLAIN_VERSION.fullmatch(version):
        wrong.append(f"pyproject.toml: {version} is not of the form 1.2.3, which Python and Helm both read")
    if tag is not None:
        wrong += [f"the tag is {tag}, the version asks for v{version}"] if tag != f"v{version}" else []
        wrong += unfrozen()
        wrong += [] if notes() else [f"CHANGELOG.md has no lines below a heading “## {version} (YYYY-MM-DD)”"]
    if wrong:
        sys.exit("not ready for a release:\n" + "\n".join(f"  {line}" for line in wrong))
    print(f"{version}: project, charts{', tag and changelog' if tag else ''} agree")


def schemas() -> None:
    """Keep the schemas of the events as this version has them, for every later one to be compared with."""
    print(f"{freeze().relative_to(ROOT)} written; commit it")


def images() -> None:
    """Build the images for all platforms and push them."""
    for image in IMAGES:
        name = f"{registry()}/{image}"
        metadata = FOLDER / f"{image}.json"
        # With the commit's time in every layer, whoever builds the commit again gets the same digest.
        output = ("--output", "type=registry,rewrite-timestamp=true", "--metadata-file", str(metadata))
        run(*build_command(image, "--platform", ",".join(PLATFORMS), "--tag", f"{name}:{project_version()}", *output))
        note(image, name, json.loads(metadata.read_text("utf-8"))["containerimage.digest"])


def charts() -> None:
    """Package the charts and push them."""
    for chart in CHARTS:
        run("helm", "package", f"charts/{chart}", "--destination", str(FOLDER))
        package = str(FOLDER / f"{chart}-{project_version()}.tgz")
        said = answer("helm", "push", package, f"oci://{registry()}/charts", both=True)  # Helm 3 tells the digest on stderr
        digest = DIGEST.search(said)
        if digest is None:
            sys.exit(f"helm push told no digest:\n{said}")
        note(chart, f"{registry()}/charts/{chart}", digest[0])


def sign() -> None:
    """Sign what was pushed, by its digest and with the workflow's own identity; say of each image what is in it."""
    for name, digest in json.loads(PUSHED.read_text("utf-8")).items():
        image = name.rpartition("/")[2]
        if image not in IMAGES:
            run("cosign", "sign", "--yes", f"{name}@{digest}")
            continue
        run("cosign", "sign", "--yes", "--recursive", f"{name}@{digest}")  # the list, and each platform's image
        for platform, one in platforms(name, digest):
            bom = FOLDER / f"{image}-{platform.replace('/', '-')}.cdx.json"
            take_out(f"{name}@{one}", platform, f"/usr/share/sbom/habitarena-{image}.cdx.json", bom)
            run("cosign", "attest", "--yes", "--type", "cyclonedx", "--predicate", str(bom), f"{name}@{one}")


def publish() -> None:
    """Make the release of the tag, with the changelog's lines."""
    check()
    (FOLDER / "notes.md").write_text(notes() + "\n", "utf-8")
    tag = os.environ["RELEASE_TAG"]
    run("gh", "release", "create", tag, "--verify-tag", "--title", f"HabitArena {tag[1:]}", "--notes-file", str(FOLDER / "notes.md"))


def other_versions() -> list[tuple[str, str]]:
    """Every other place that tells the version: the package, each chart of its own and of what it installs."""
    charts = [ROOT / "charts" / chart / "Chart.yaml" for chart in CHARTS]
    places = [(ROOT / "services" / "arena" / "__init__.py", r'^__version__ = "(.*)"')]
    places += [(chart, rf"^{field}: [\"']?([^\"'\s]+)") for chart in charts for field in ("version", "appVersion")]
    return [(str(path.relative_to(ROOT)), _found(path, pattern)) for path, pattern in places]


def _found(path: Path, pattern: str) -> str:
    text = path.read_text("utf-8") if path.is_file() else ""
    match = re.search(pattern, text, re.MULTILINE)
    return match[1] if match else "none"


def notes() -> str:
    """What the changelog says of this version; empty when it says nothing."""
    heading = rf"^## {re.escape(project_version())} \(\d{{4}}-\d{{2}}-\d{{2}}\)\n(.*?)(?=^## |\Z)"
    section = re.search(heading, (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return section[1].strip() if section else ""


def registry() -> str:
    """Where everything goes; a registry knows no capitals, an owner's name may have some."""
    return f"{os.environ['RELEASE_REGISTRY'].lower()}/habitarena"


def platforms(name: str, digest: str) -> list[tuple[str, str]]:
    """The images behind an index: each platform with its digest."""
    index = json.loads(answer("docker", "buildx", "imagetools", "inspect", "--raw", f"{name}@{digest}"))
    return [(f"{one['platform']['os']}/{one['platform']['architecture']}", one["digest"]) for one in index["manifests"]]


def take_out(image: str, platform: str, path: str, into: Path) -> None:
    """Copy a file out of an image without running anything of it."""
    container = answer("docker", "create", "--platform", platform, image).strip().splitlines()[-1]
    run("docker", "cp", f"{container}:{path}", str(into))
    run("docker", "rm", container)


def note(key: str, name: str, digest: str) -> None:
    """Remember what was pushed."""
    pushed = json.loads(PUSHED.read_text("utf-8")) if PUSHED.is_file() else {}
    PUSHED.write_text(json.dumps(pushed | {name: digest}, indent=1) + "\n", "utf-8")
    tell_workflow({f"{key}-name": name, f"{key}-digest": digest})


COMMANDS: dict[str, Callable[[], None]] = {step.__name__: step for step in (check, schemas, images, charts, sign, publish)}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    COMMANDS[sys.argv[1]]()
