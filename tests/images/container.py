"""An image run as Docker or a kubelet would run it, by runc alone: its user, its environment, a read-only root, no capability."""

import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

RUNC = shutil.which("runc") or "runc"
READY_SECONDS = 60.0
PAUSE = 0.1


@dataclass(frozen=True)
class Unpacked:
    """An image as a folder, and what its configuration says."""

    root: Path
    config: dict[str, Any]

    @property
    def packages(self) -> Path:
        """The folder of Python's distributions."""
        (found,) = self.root.glob("opt/arena/lib/python3*/site-packages")
        return found


def unpack(archive: Path, into: Path) -> Unpacked:
    """Lay the layers of an archive of `docker save` over each other; ours take nothing away from the ones below."""
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json") or _missing(archive))[0]
        config = json.load(tar.extractfile(manifest["Config"]) or _missing(archive))
        for layer in manifest["Layers"]:
            with tarfile.open(fileobj=tar.extractfile(layer)) as files:
                files.extractall(into, filter="fully_trusted", numeric_owner=True)  # noqa: S202 - we made it; owners and modes are the point
    return Unpacked(into, config["config"])


def _missing(archive: Path) -> Any:
    raise AssertionError(f"{archive} is not what `docker save` writes")


@dataclass
class Container:
    """A container of an image over a data folder; it can be killed and started again."""

    image: Unpacked
    bundle: Path
    data: Path
    env: Mapping[str, str] = field(default_factory=dict)
    _process: "subprocess.Popen[bytes] | None" = None
    _name: str = ""

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a program of the image and wait for its end."""
        self._prepare(command)
        return subprocess.run([RUNC, "run", f"test-{uuid4().hex[:12]}"], cwd=self.bundle, capture_output=True, text=True, check=False)

    def start(self, log: Path) -> None:
        """Start what the image starts by default, in the background."""
        self._prepare((*self.image.config["Entrypoint"], *self.image.config["Cmd"]))
        self._name = f"test-{uuid4().hex[:12]}"
        with log.open("ab") as output:
            self._process = subprocess.Popen([RUNC, "run", self._name], cwd=self.bundle, stdout=output, stderr=output)

    def exec(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a program in the running container, like `docker exec`."""
        return subprocess.run([RUNC, "exec", self._name, *command], capture_output=True, text=True, check=False)

    def end(self, number: signal.Signals) -> int:
        """Send the container's first process a signal and return with which code it ended."""
        if self._process is None:
            raise AssertionError("it is not running")
        subprocess.run([RUNC, "kill", self._name, number.name.removeprefix("SIG")], check=True)
        code = self._process.wait(timeout=30)
        self._process = None
        return code

    def wait_until_ready(self, url: str) -> None:
        """Return when /readyz answers 200."""
        deadline = time.monotonic() + READY_SECONDS
        while not _is_ready(url):
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("it ended, or is not ready in time")
            time.sleep(PAUSE)

    def close(self) -> None:
        """End it, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self.end(signal.SIGKILL)

    def _prepare(self, command: tuple[str, ...]) -> None:
        self.bundle.mkdir(exist_ok=True)
        uid, _, gid = self.image.config["User"].partition(":")
        env = [*self.image.config["Env"], *(f"{name}={value}" for name, value in self.env.items())]
        process = {
            "user": {"uid": int(uid), "gid": int(gid)},
            "args": list(command),
            "env": env,
            "cwd": self.image.config["WorkingDir"],
            "noNewPrivileges": True,
            "capabilities": {},
        }
        spec = {
            "ociVersion": "1.0.2",
            "process": process,
            "root": {"path": str(self.image.root), "readonly": True},
            "hostname": "container",
            "mounts": [*_SYSTEM, {"destination": "/data", "type": "bind", "source": str(self.data), "options": ["rbind", "rw"]}],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},  # the network is the machine's
        }
        (self.bundle / "config.json").write_text(json.dumps(spec), "utf-8")


_SYSTEM = [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
    {"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666"]},
    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},  # noqa: S108 - Docker's
    {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777", "size=65536k"]},  # noqa: S108 - same
]
"""What Docker mounts; 64 MB are all of shared memory that it gives."""


@contextmanager
def volume(image: Unpacked, folder: Path) -> Iterator[Path]:
    """An empty volume as Docker makes it: owner and mode of the image's own /data."""
    made, shape = folder / "volume", (image.root / "data").stat()
    made.mkdir()
    made.chmod(shape.st_mode & 0o777)
    os.chown(made, shape.st_uid, shape.st_gid)
    yield made
    shutil.rmtree(made)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
