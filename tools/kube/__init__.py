"""A real Kubernetes for the tests, with Helm, built from the Go module proxy and kept outside the repository.

`python -m tools.kube` builds what is missing into ${XDG_CACHE_HOME:-~/.cache}/habitarena/kube/<version>: 10 minutes on two cores, once.
Versions and checksums are those of go.mod and go.sum beside this file, and of those in dns/ and helm/ (`-mod=readonly`: nothing else is
taken). For another Helm or CoreDNS: `GOFLAGS=-mod=mod go get MODULE@VERSION && go mod tidy` there. For another Kubernetes: take
`require` of its own go.mod with v0.0.0 → v0.<minor>.<patch>, name the same in `replace`, start from its go.sum, and let
`GOFLAGS=-mod=mod go list -deps` of PROGRAMS write what is missing.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Source:
    """What a program is made from: a Go package, and the module (a folder here) that pins all that it needs."""

    package: str
    module: str = "."

    def pin(self) -> str:
        """A digest of what decides what is built."""
        home = HERE / self.module
        files = [home / "go.mod", *sorted((home / self.package).glob("*.go"))]
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


PROGRAMS = {
    "etcd": Source("go.etcd.io/etcd/server/v3"),
    "kube-apiserver": Source("k8s.io/kubernetes/cmd/kube-apiserver"),
    "kube-controller-manager": Source("k8s.io/kubernetes/cmd/kube-controller-manager"),
    "kube-scheduler": Source("k8s.io/kubernetes/cmd/kube-scheduler"),
    "kubectl": Source("k8s.io/kubernetes/cmd/kubectl"),
    "kubelet": Source("k8s.io/kubernetes/cmd/kubelet"),
    "kube-proxy": Source("k8s.io/kubernetes/cmd/kube-proxy"),
    "pause": Source("./pause"),
    "coredns": Source(".", "dns"),
    "helm": Source("helm.sh/helm/v4/cmd/helm", "helm"),
}

STAMPED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
GO = "1.26"
"""What the newest of the modules asks for."""

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
    """Name the programs that are not built yet, or from something else than is asked for now."""
    return [name for name, source in PROGRAMS.items() if not _built(folder() / name, source)]


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
            sys.exit(NO_GO.format(kube=kube_version(), go=GO))
        print(f"building {' '.join(names)} of Kubernetes {kube_version()} (some minutes, once) …", file=sys.stderr, flush=True)
        half = home / ".half"
        half.mkdir(exist_ok=True)
        for name in names:
            _compile(name, half / name)
            (half / name).replace(home / name)
            _pin_of(home / name).write_text(PROGRAMS[name].pin(), "utf-8")
        shutil.rmtree(half)


def _pin_of(program: Path) -> Path:
    return program.with_name(f".{program.name}.pin")


def _built(program: Path, source: Source) -> bool:
    pin = _pin_of(program)
    return os.access(program, os.X_OK) and pin.exists() and pin.read_text("utf-8") == source.pin()


def _compile(name: str, into: Path) -> None:
    major, minor, _ = kube_version().split(".")
    stamp = " ".join(
        f"-X {package}.gitVersion=v{kube_version()} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}" for package in STAMPED
    )
    settings = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    command = ["go", "build", "-trimpath", "-ldflags", f"-s -w {stamp}", "-o", str(into), PROGRAMS[name].package]
    if subprocess.run(command, cwd=HERE / PROGRAMS[name].module, env=settings, check=False).returncode:
        sys.exit(f"{name} could not be built (above)")


def _asked(pattern: str) -> str:
    found = re.search(pattern, (HERE / "go.mod").read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"tools/kube/go.mod has no line {pattern}")
    return found[1]
