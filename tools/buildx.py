"""Docker's buildx makes our images: for this machine (`make images-docker`), for a cluster of kind's, and for a release.

Standard library only. Without Docker, `make images` makes the same images (images/README.md).
"""

import subprocess
import tomllib

from tools.commands import run, tell_workflow
from tools.setup_venv import ROOT

IMAGES = ("services", "operator")
"""The images, each a target of images/Containerfile."""


def project_version() -> str:
    """The version of everything in this repository: `0.1.0`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def build_command(image: str, *options: str) -> list[str]:
    """Compose the build of an image from this commit; the options say for whom and where to."""
    arguments = {"VERSION": project_version(), "REVISION": _commit("%H"), "SOURCE_DATE_EPOCH": _commit("%ct")}
    given = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    # An attestation of buildx's own would carry the time of the build, and two builds of a commit would differ.
    return ["docker", "buildx", "build", "--file", "images/Containerfile", "--target", image, *given, "--provenance=false", *options, "."]


def build() -> dict[str, str]:
    """Build the images for this machine, into its Docker; return the name of each."""
    names = {image: f"habitarena/{image}:{project_version()}" for image in IMAGES}
    for image, name in names.items():
        run(*build_command(image, "--load", "--tag", name))
    tell_workflow({f"{image}-name": name for image, name in names.items()})
    return names


def _commit(field: str) -> str:
    answer = subprocess.run(["git", "log", "-1", f"--format={field}"], cwd=ROOT, capture_output=True, text=True, check=True)
    return answer.stdout.strip()


if __name__ == "__main__":
    build()
