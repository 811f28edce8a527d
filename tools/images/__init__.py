"""Our images without Docker and without a registry, kept outside the repository: `make images`, or `python -m tools.images`.

buildah runs images/Containerfile; the Debian with Python that it begins with is bootstrapped from a mirror (images/README.md). What was
built from the same inputs is taken from ${XDG_CACHE_HOME:-~/.cache}/habitarena/images.
"""

import json
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.images import base, buildah, inputs
from tools.setup_venv import ROOT

IMAGES = ("services", "operator")
"""The targets of images/Containerfile that are shipped."""

BUILT = ROOT / "build" / "images"
_KEPT = 2


@dataclass(frozen=True)
class Image:
    """A built image."""

    name: str
    """`habitarena/services:0.1.0`"""
    archive: str
    """File below `BUILT`, in the format of `docker save`."""
    sbom: str
    """File below `BUILT`: CycloneDX."""
    id: str
    """Digest of the image's configuration, which names its layers: equal for equal images."""
    megabytes: float
    """Size of all layers, uncompressed."""


def build(*, refresh: bool = False) -> dict[str, Image]:
    """Build what changed and return the images, their files in `BUILT`; two at once wait for each other.

    Args:
        refresh: bootstrap the Debian below anew, with its security updates of today.
    """
    with buildah.alone() as home:
        source = inputs.read()
        below = base.ensure(refresh=refresh)
        kept = home / "built" / inputs.digest(source.digest, *below)
        if not (kept / "images.json").is_file():
            began = time.monotonic()
            _build(kept, source, below)
            _forget_old(kept.parent)
            print(f"built in {time.monotonic() - began:.0f} s", file=sys.stderr)
        _hand_out(kept)
    return built()


def built() -> dict[str, Image]:
    """The images that the last build left in `BUILT`."""
    listed = json.loads((BUILT / "images.json").read_text("utf-8"))
    return {name: Image(**fields) for name, fields in listed.items()}


def _build(kept: Path, source: inputs.Inputs, below: tuple[str, str]) -> None:
    half = kept.with_name(f"{kept.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    made = {}
    for image in IMAGES:
        print(f"building {source.name(image)} …", file=sys.stderr, flush=True)
        tag = f"localhost/habitarena/{image}:built"
        buildah.forget(tag)
        identity = buildah.build(image, tag, source, below)
        archive, sbom = half / f"{image}.tar", half / f"{image}.cdx.json"
        digest = buildah.save(identity, source.name(image), archive)
        buildah.read_out(tag, f"usr/share/sbom/habitarena-{image}.cdx.json", sbom)
        made[image] = asdict(Image(source.name(image), archive.name, sbom.name, digest, buildah.megabytes(archive)))
    (half / "images.json").write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    half.rename(kept)


def _hand_out(kept: Path) -> None:
    """Put the files of a build into the repository's folder, as further names of the same data where the disk is the same."""
    shutil.rmtree(BUILT, ignore_errors=True)
    BUILT.mkdir(parents=True)
    for path in kept.iterdir():
        try:
            (BUILT / path.name).hardlink_to(path)
        except OSError:
            shutil.copy2(path, BUILT / path.name)
    kept.touch()


def _forget_old(folder: Path) -> None:
    newest_first = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[_KEPT:]:
        shutil.rmtree(path)
