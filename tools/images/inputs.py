"""What goes into the images: the same paths that .dockerignore lets a build see, their digest, and the commit they come from."""

import hashlib
import subprocess
from dataclasses import dataclass

from tools.setup_venv import ROOT
from tools.version import project_version

PATHS = (
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "requirements",
    "services",
    "operator",
    "images",
    "tools/images/sbom.py",
    "tools/images/strip.py",
)
"""The contents of the images, as .dockerignore has them."""

_BUILDERS = (".dockerignore", "tools/images")


@dataclass(frozen=True)
class Inputs:
    """The state of the sources."""

    digest: str
    revision: str
    """The commit that last changed any of `PATHS`; with `-dirty` when the working tree differs from it."""
    epoch: int
    """Its time: the time of every file in the images."""

    def name(self, image: str) -> str:
        """An image's name: `habitarena/services:0.1.0`."""
        return f"habitarena/{image}:{project_version()}"


def read() -> Inputs:
    """Look at the working tree, with what is not committed yet."""
    revision, epoch = _git("log", "-1", "--format=%H %ct", "--", *PATHS).split()
    if _git("status", "--porcelain", "--", *PATHS):
        revision += "-dirty"
    names = sorted(set(_git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PATHS, *_BUILDERS).split("\0")))
    parts = []
    for name in filter(None, names):
        path = ROOT / name
        if path.is_file():
            parts += [name, str(path.stat().st_mode & 0o111), hashlib.sha256(path.read_bytes()).hexdigest()]
    return Inputs(digest(revision, project_version(), *parts), revision, int(epoch))


def digest(*parts: str) -> str:
    """A short name for all these words together."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
