"""Every call of buildah: a storage of our own, no registry, no daemon, and nothing of this machine in what is built."""

import fcntl
import hashlib
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.images.inputs import Inputs
from tools.pip_settings import configured, uv_environment
from tools.setup_venv import CACHE, ROOT

ALIKE = ("--isolation=chroot", "--identity-label=false")
"""Needs no runtime for containers, and does not write buildah's version into the image."""

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_MOST = 200
_TRUST = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
_FOR_UV = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT")
_MISSING = """\
The images are built without Docker by buildah, as root on Debian or Ubuntu, and here: {lack}.
With Docker, `make images-docker` builds them; else: apt-get install buildah mmdebstrap"""


def home() -> Path:
    """The folder of everything that is kept between builds."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "habitarena" / "images"


@contextmanager
def alone() -> Iterator[Path]:
    """Give the folder to one builder at a time; afterwards nothing of it is mounted, also when a build failed or was killed before.

    A build leaves the container of every stage that only others copy from.
    """
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            if shutil.which("buildah"):
                run("rm", "--all")


def mirror() -> str:
    """The Debian mirror asked for, if any."""
    return os.environ.get("DEBIAN_MIRROR", "")


def need(*programs: str) -> None:
    """Fail with what is missing before anything is done."""
    lack = [f"no {program} on the PATH" for program in programs if not shutil.which(program)]
    if os.geteuid() != 0:
        lack.append("you are not root")
    if lack:
        sys.exit(_MISSING.format(lack=", ".join(lack)))


def run(command: str, *words: str, cwd: Path = ROOT) -> str:
    """Run buildah and return what it printed; its failure ends this program with its own words."""
    done = subprocess.run(_buildah(command, *words), cwd=cwd, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"buildah {command} failed (above)")
    return done.stdout.strip()


def find(tag: str) -> str | None:
    """The id of an image in the storage."""
    found = subprocess.run(_buildah("images", "--quiet", "--no-trunc", tag), capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def build(target: str, tag: str, source: Inputs, below: tuple[str, str], *, cached: bool = True) -> str:
    """Build a target of images/Containerfile and return its id, without `cached` from the first step on.

    Args:
        target: `services` or `operator`.
        tag: the name that it gets in the storage.
        source: the state of the sources.
        below: the image to begin with, and that for the tools of the build.
        cached: take steps that were done before, if nothing they read has changed.
    """
    arguments = {
        **dict(zip(("PYTHON", "PYTHON_TOOLS"), below, strict=True)),
        "TARGETARCH": ARCHITECTURES[os.uname().machine],
        "SOURCE_DATE_EPOCH": str(source.epoch),
        "VERSION": source.name(target).rpartition(":")[2],
        "REVISION": source.revision,
    }
    given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    with tempfile.TemporaryDirectory(prefix="habitarena-secrets-") as folder:
        secrets = [f"--secret=id={path.name},src={path}" for path in _secrets(Path(folder))]
        cache = ("--layers",) if cached else ("--layers", "--no-cache")
        log = Path(folder) / "log"
        options = [*ALIKE, *cache, f"--timestamp={source.epoch}", *secrets, *given, f"--logfile={log}"]
        where = ("--file=images/Containerfile", f"--target={target}", f"--tag={tag}", str(ROOT))
        done = subprocess.run(_buildah("build", *options, *where), stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(f"{log.read_text('utf-8')}\n{done.stderr}\nbuildah could not build {target} (above)")
    return str(find(tag))


def forget(tag: str) -> None:
    """Remove an image of an earlier build with the layers that only it has; now and then all that was cached, lest it grows for ever."""
    subprocess.run(_buildah("rmi", tag), capture_output=True, check=False)
    if len(run("images", "--all", "--quiet").split()) > _MOST:
        run("rmi", "--prune")


def save(identity: str, name: str, archive: Path) -> str:
    """Write an image to a file that `docker load` and `ctr images import` take, under its name; return its id.

    The history of its making is left out: it tells of the caches that were used, and equal images would have other ids.
    """
    whole = archive.with_suffix(".whole")
    run("push", "--quiet", identity, f"docker-archive:{whole}:{name}")
    with tarfile.open(whole) as old, tarfile.open(archive, "w") as new:
        (manifest,) = json.loads(_content(old, "manifest.json"))
        config = json.loads(_content(old, manifest["Config"]))
        config.pop("history", None)
        text = json.dumps(config, sort_keys=True).encode()
        digest = hashlib.sha256(text).hexdigest()
        for layer in manifest["Layers"]:
            new.addfile(old.getmember(layer), old.extractfile(layer))
        files = {f"{digest}.json": text, "manifest.json": json.dumps([manifest | {"Config": f"{digest}.json"}]).encode()}
        for file, content in files.items():
            about = tarfile.TarInfo(file)
            about.size = len(content)
            new.addfile(about, io.BytesIO(content))
    whole.unlink()
    return f"sha256:{digest}"


def read_out(tag: str, path: str, target: Path) -> None:
    """Copy a file out of an image."""
    container = run("from", "--quiet", tag)
    try:
        shutil.copyfile(Path(run("mount", container)) / path, target)
    finally:
        run("rm", container)


def megabytes(archive: Path) -> float:
    """The size of an image's layers."""
    with tarfile.open(archive) as tar:
        layers = json.loads(_content(tar, "manifest.json"))[0]["Layers"]
        return round(sum(tar.getmember(layer).size for layer in layers) / 1e6, 1)


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file")
    return file.read()


def _buildah(command: str, *words: str) -> list[str]:
    storage = home() / "storage"
    driver = "overlay" if _has_overlay() else "vfs"
    return ["buildah", f"--root={storage}", f"--runroot={home() / 'run'}", f"--storage-driver={driver}", command, *words]


def _has_overlay() -> bool:
    return "\toverlay\n" in Path("/proc/filesystems").read_text("utf-8")


def _secrets(folder: Path) -> list[Path]:
    """What this machine says of where packages come from and whom to trust: only for the steps of the build, in no layer."""
    python = Path(sys.base_prefix) / "bin" / "python3"
    told = uv_environment(os.environ, python, CACHE / "uv" / "bin" / "python")
    wanted = {name: value for name, value in told.items() if name in _FOR_UV}
    options = configured(python, CACHE / "uv" / "bin" / "python")
    for option in ("index-url", "extra-index-url", "trusted-host"):
        name = f"PIP_{option.upper().replace('-', '_')}"
        if value := os.environ.get(name) or options.get(option):
            wanted[name] = value
    packages = folder / "packages"
    packages.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in wanted.items()), "utf-8")
    bundle = next((os.environ[name] for name in _TRUST if os.environ.get(name)), options.get("cert"))
    if bundle is None:
        return [packages]
    return [packages, Path(shutil.copyfile(bundle, folder / "certificates"))]
