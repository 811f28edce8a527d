"""What a test does with a cluster: kubectl, namespaces, accounts and their tokens."""

import json
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import yaml

from tests.cluster.bed.control_plane import ControlPlane, write_kubeconfig

Manifest = Mapping[str, Any]
WAIT_SECONDS = 30.0


class KubectlFailed(AssertionError):
    """kubectl said no; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster; `api` is an HTTP client of its administrator (quicker than kubectl where the output does not matter)."""

    plane: ControlPlane
    programs: Path
    api: httpx.Client

    def kubectl(self, *arguments: str, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        """Run kubectl; answers what it printed, raises KubectlFailed with what it complained of."""
        command = [str(self.programs / "kubectl"), f"--kubeconfig={kubeconfig or self.plane.kubeconfig}", *arguments]
        home = {"HOME": str(self.plane.home), "KUBECACHEDIR": str(self.plane.home / "kubecache")}
        done = subprocess.run(command, input=stdin, env=home, capture_output=True, text=True, check=False, timeout=100)
        if done.returncode:
            raise KubectlFailed(f"kubectl {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def apply(self, *manifests: Manifest, namespace: str | None = None, dry_run: bool = False, kubeconfig: Path | None = None) -> str:
        """`kubectl apply` of manifests; refuses unknown fields, as kubectl does."""
        text = yaml.safe_dump_all([dict(manifest) for manifest in manifests], allow_unicode=True)
        flags = [*(["-n", namespace] if namespace else []), *(["--dry-run=server"] if dry_run else []), "--validate=strict"]
        return self.kubectl("apply", *flags, "-f", "-", stdin=text, kubeconfig=kubeconfig)

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        """One object as the API server has it."""
        scope = ["-n", namespace] if namespace else []
        found: dict[str, Any] = json.loads(self.kubectl("get", kind, name, *scope, "-o", "json"))
        return found

    def make_namespace(self, prefix: str = "test") -> str:
        """A fresh namespace that takes pods (its default account is there)."""
        name = f"{prefix}-{uuid4().hex[:8]}"
        self.api.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
        self.eventually(lambda: self.api.get(f"/api/v1/namespaces/{name}/serviceaccounts/default").is_success, "no default account")
        return name

    def drop_namespace(self, name: str) -> None:
        """Ask for its end; what holds it up is not waited for."""
        self.api.delete(f"/api/v1/namespaces/{name}")

    def token(self, namespace: str, account: str, audience: str, seconds: int = 3600) -> str:
        """A token of a ServiceAccount as a pod's projected volume would hold it."""
        body = {"spec": {"audiences": [audience], "expirationSeconds": seconds}}
        answer = self.api.post(f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token", json=body)
        answer.raise_for_status()
        return str(answer.json()["status"]["token"])

    def kubeconfig_of(self, namespace: str, account: str) -> Path:
        """A kubeconfig with which one is that ServiceAccount: its rights and no others."""
        path = self.plane.home / f"{namespace}-{account}.kubeconfig"
        user = {"token": self.token(namespace, account, self.plane.issuer)}
        write_kubeconfig(path, self.plane.url, self.plane.ca_file, user, namespace)
        return path

    def eventually(self, holds: Callable[[], object], otherwise: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until something holds; fails with `otherwise` when it does not in time."""
        until = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > until:
                raise AssertionError(f"after {seconds:.0f} s: {otherwise}")
            time.sleep(0.05)

    def install(self, files: Iterable[Path]) -> None:
        """Apply cluster-wide manifests (CRDs, policies) and wait until the definitions serve."""
        names = [name for path in files for name in self.kubectl("apply", "-f", str(path), "-o", "name").split()]
        definitions = [name for name in names if name.startswith("customresourcedefinition")]
        if definitions:
            self.kubectl("wait", "--for=condition=Established", "--timeout=60s", *definitions)
