"""Docker's buildx makes our images: for this machine (`make images-docker`), for a cluster of kind's, and for a release.

Standard library only. Without Docker, `make images` makes them of the same Containerfile, by the same arguments (images/README.md).
"""

from tools.commands import run, tell_workflow
from tools.images import IMAGES, inputs
from tools.version import project_version


def build_command(image: str, *options: str) -> list[str]:
    """Compose the build of an image; the options say for which platforms and where to."""
    source = inputs.read()
    arguments = {"VERSION": project_version(), "REVISION": source.revision, "SOURCE_DATE_EPOCH": str(source.epoch)}
    given = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    # An attestation of buildx's own would carry the time of the build, and two builds of a commit would differ.
    return ["docker", "buildx", "build", "--file", "images/Containerfile", "--target", image, *given, "--provenance=false", *options, "."]


def build() -> dict[str, str]:
    """Build the images for this machine, into its Docker; return the name of each."""
    names = {image: inputs.read().name(image) for image in IMAGES}
    for image, name in names.items():
        run(*build_command(image, "--load", "--tag", name))
    tell_workflow({f"{image}-name": name for image, name in names.items()})
    return names


if __name__ == "__main__":
    build()
