"""A real Kubernetes for the tests, built from the Go module proxy and kept outside the repository.

`python -m tools.kube` builds what is missing into ${XDG_CACHE_HOME:-~/.cache}/habitarena/kube/<version>: 7 minutes on two cores, once.
Versions and checksums are those of go.mod and go.sum beside this file (`-mod=readonly`: nothing else is taken).
For another version: take `require` of its own go.mod with v0.0.0 → v0.<minor>.<patch>, name the same in `replace`, start from its
go.sum, and let `GOFLAGS=-mod=mod go list -deps` of PROGRAMS write what is missing.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
"""Program → the Go package that is its main."""

STAMPED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
NO_GO = """\
The cluster's tests build Kubernetes {kube} from source, and there is no `go` on the PATH: install Go {go} or newer
(Debian: golang-go, where the release has it; else golang-{go}-go of its backports), then run `make cluster` again."""


def kube_version() -> str:
    """The Kubernetes that go.mod asks for: `1.35.4`."""
    return _asked(r"^require k8s\.io/kubernetes v(\S+)$")


def folder() -> Path:
    """Where the programs are kept."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "habitarena" / "kube" / kube_version()


def missing() -> list[str]:
    """Name the programs that are not built yet."""
    return [name for name in PROGRAMS if not os.access(folder() / name, os.X_OK)]


def build() -> None:
    """Build what is missing; two at once wait for each other, and a program appears only when it is whole."""
    home = folder()
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        names = missing()
        if not names:
            return
        if not shutil.which("go"):
            sys.exit(NO_GO.format(kube=kube_version(), go=".".join(_asked(r"^go (\S+)$").split(".")[:2])))
        print(f"building {' '.join(names)} of Kubernetes {kube_version()} (some minutes, once) …", file=sys.stderr, flush=True)
        half = home / ".half"
        half.mkdir(exist_ok=True)
        for name in names:
            _compile(name, half / name)
            (half / name).replace(home / name)
        shutil.rmtree(half)


def _compile(name: str, into: Path) -> None:
    major, minor, _ = kube_version().split(".")
    stamp = " ".join(
        f"-X {package}.gitVersion=v{kube_version()} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}" for package in STAMPED
    )
    settings = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    command = ["go", "build", "-trimpath", "-ldflags", f"-s -w {stamp}", "-o", str(into), PROGRAMS[name]]
    if subprocess.run(command, cwd=HERE, env=settings, check=False).returncode:
        sys.exit(f"{name} could not be built (above)")


def _asked(pattern: str) -> str:
    found = re.search(pattern, (HERE / "go.mod").read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"tools/kube/go.mod has no line {pattern}")
    return found[1]
