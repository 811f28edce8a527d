"""Where there is no registry: a Debian with Python from a mirror, in place of the image that images/Containerfile names."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tools.images import buildah, inputs

SUITE = "trixie"
PACKAGES = "python3,ca-certificates,libstdc++6"
"""Beside Debian's essential packages; what python:3.13-slim-trixie has of use to us."""

TOOLS = f"{PACKAGES},python3-venv"
_LEAN = ("path-exclude=/usr/share/man/*", "path-exclude=/usr/share/locale/*", "path-exclude=/usr/share/doc/*")
_LICENCES = "path-include=/usr/share/doc/*/copyright"
_ADD = "FROM scratch\nADD base.tar /\n"


def ensure(*, refresh: bool) -> tuple[str, str]:
    """Return the images to begin with, below the product and for the tools of the build; bootstrap what is not there.

    The mirror is the one that mmdebstrap chooses, or DEBIAN_MIRROR: an archive's snapshot gives the same packages for ever.
    """
    buildah.need("buildah", "mmdebstrap")
    return _ensure("python", PACKAGES, refresh=refresh), _ensure("tools", TOOLS, refresh=refresh)


def _ensure(name: str, packages: str, *, refresh: bool) -> str:
    recipe = inputs.digest(SUITE, packages, *_LEAN, _LICENCES, _ADD, buildah.mirror())
    tag = f"localhost/habitarena-base/{name}:{recipe}"
    found = None if refresh else buildah.find(tag)
    return found or _bootstrap(name, packages, tag)


def _bootstrap(name: str, packages: str, tag: str) -> str:
    print(f"bootstrapping Debian {SUITE} ({name}) …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="habitarena-base-") as folder:
        context = Path(folder)
        lean = [f"--dpkgopt={option}" for option in (*_LEAN, _LICENCES)]
        mirrors = filter(None, [buildah.mirror()])
        command = [
            "mmdebstrap",
            "--quiet",
            "--variant=essential",
            f"--include={packages}",
            *lean,
            SUITE,
            str(context / "base.tar"),
            *mirrors,
        ]
        if subprocess.run(command, cwd="/", check=False).returncode:
            sys.exit("Debian could not be bootstrapped (above); DEBIAN_MIRROR= names another mirror")
        (context / "Containerfile").write_text(_ADD, "utf-8")
        return buildah.run("build", "--quiet", *buildah.ALIKE, "--timestamp=0", f"--tag={tag}", str(context))
