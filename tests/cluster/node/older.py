"""The older release that upgrades begin with: today's image of the services and one layer more, in which kept changes are undone."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from tools.source import ROOT

VERSION = "0.0.9"
NAME = f"docker.io/habitarena/services:{VERSION}"
PATCH = ROOT / "tests" / "cluster" / "releases" / "older" / "older.patch"
_KNOWN = "arena/contracts/registry.py"
"""A file by which the place of the package within an image is found."""


class PatchOutdated(AssertionError):
    """The sources have moved on below the patch; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What the older release has instead of today's sources: path below `services/` → its text, or nothing where it has no such file."""

    files: dict[PurePosixPath, bytes | None] = field(default_factory=dict)

    @classmethod
    def of(cls, patch: Path, workspace: Path) -> "Changes":
        """Apply the patch to copies of the files that it names.

        Raises:
            PatchOutdated: it does not apply.
        """
        named = re.findall(r"^--- a/(services/\S+)$", patch.read_text("utf-8"), re.MULTILINE)
        for name in named:
            (workspace / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).exists():  # else the patch complains of it
                shutil.copy(ROOT / name, workspace / name)
        surroundings = {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(workspace.parent)}
        command = ["git", "apply", "--whitespace=nowarn", str(patch)]
        done = subprocess.run(command, cwd=workspace, env=surroundings, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PatchOutdated(f"{patch.name} no longer applies: make it anew ({patch.parent.name}/README.md says how).\n{done.stderr}")
        found = {name: workspace / name for name in named}
        texts = {name: path.read_bytes() if path.exists() else None for name, path in found.items()}
        return cls({PurePosixPath(name).relative_to("services"): text for name, text in texts.items()})

    def layer(self, place: PurePosixPath, python: str) -> bytes:
        """The layer that lays them over a package at `place`; what was compiled of today's files is taken away."""
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w") as tar:
            for path, text in sorted(self.files.items()):
                where = place / path
                gone = [where.parent / "__pycache__" / f".wh.{where.stem}.{python}.pyc"]
                if text is None:
                    gone.append(where.with_name(f".wh.{where.name}"))
                else:
                    _add(tar, str(where), text)
                for name in gone:
                    _add(tar, str(name), b"")
        return held.getvalue()


def write_older(current: Path, archive: Path, workspace: Path) -> Path:
    """Write the archive of the older image, made from the archive of today's."""
    changes = Changes.of(PATCH, workspace)
    with tarfile.open(current) as old, tarfile.open(archive, "w") as new:
        (manifest,) = json.loads(_content(old, "manifest.json"))
        config = json.loads(_content(old, manifest["Config"]))
        for name in manifest["Layers"]:
            new.addfile(old.getmember(name), old.extractfile(name))
        layer = changes.layer(*_package(old, manifest["Layers"]))
        digest = hashlib.sha256(layer).hexdigest()
        config["rootfs"]["diff_ids"].append(f"sha256:{digest}")
        text = json.dumps(config).encode()
        about: dict[str, Any] = {
            "Config": f"{hashlib.sha256(text).hexdigest()}.json",
            "RepoTags": [NAME],
            "Layers": [*manifest["Layers"], f"{digest}.tar"],
        }
        _add(new, f"{digest}.tar", layer)
        _add(new, about["Config"], text)
        _add(new, "manifest.json", json.dumps([about]).encode())
    return archive


def _package(image: tarfile.TarFile, layers: list[str]) -> tuple[PurePosixPath, str]:
    """The folder that the package `arena` lies in, and how its Python names what it compiled: `cpython-313`."""
    for name in reversed(layers):
        with tarfile.open(fileobj=image.extractfile(name)) as layer:
            for path in layer.getnames():
                if path.endswith(f"/{_KNOWN}"):
                    version = re.search(r"/python(\d)\.(\d+)/", path)
                    return PurePosixPath(path.removesuffix(_KNOWN)), f"cpython-{version[1]}{version[2]}" if version else ""
    raise LookupError(f"no layer has {_KNOWN}")


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size = len(content)
    tar.addfile(about, io.BytesIO(content))


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise LookupError(f"{name} is no file")
    return file.read()
