"""The operator as a process of its own, under the ServiceAccount and the role that are shipped, in one namespace."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from arena.embedded.testing_process import ArenaProcess, free_ports
from tests.cluster.bed.cluster import Cluster

ACCOUNT = "arena-operator"
AUDIENCE = "habitarena"
RBAC = Path(__file__).parents[3] / "operator" / "manifests" / "rbac.yaml"


def grant(cluster: Cluster, namespace: str) -> None:
    """Put the shipped account, role and binding into a namespace."""
    for manifest in yaml.safe_load_all(RBAC.read_text("utf-8")):
        manifest["metadata"]["namespace"] = namespace
        for subject in manifest.get("subjects", ()):
            subject["namespace"] = namespace
        cluster.apply(manifest)


def platform_of(cluster: Cluster, namespace: str, folder: Path) -> ArenaProcess:
    """A platform that takes this cluster's word for who the operator is; not started yet."""
    keys_token = folder / "keys-token"
    keys_token.write_text(cluster.token(namespace, "default", cluster.plane.issuer))
    env = {
        "ARENA_PLATFORM_ISSUER": cluster.plane.issuer,
        "ARENA_PLATFORM_SUBJECTS": f"system:serviceaccount:{namespace}:{ACCOUNT}",
        "ARENA_PLATFORM_CA": str(cluster.plane.ca_file),
        "ARENA_PLATFORM_JWKS_TOKEN_FILE": str(keys_token),
    }
    return ArenaProcess(folder / "data", env)


@dataclass(slots=True)
class OperatorProcess:
    """One operator; what it writes to stderr is kept."""

    cluster: Cluster
    namespace: str
    folder: Path
    platform_url: str
    name: str = "operator"
    env: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = (sys.executable, "-m", "arena_operator.main")
    everywhere: bool = False
    """Whether it looks after all namespaces, not only its own."""
    port: int = field(default_factory=lambda: free_ports(1)[0])
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> "OperatorProcess":
        """Start it; it need not be ready."""
        token = self.folder / f"{self.name}.token"
        token.write_text(self.cluster.token(self.namespace, ACCOUNT, AUDIENCE))
        environment = {
            "KUBECONFIG": str(self.cluster.kubeconfig_of(self.namespace, ACCOUNT)),
            "ARENA_OPERATOR_PLATFORM_URL": self.platform_url,
            "ARENA_OPERATOR_TOKEN_FILE": str(token),
            "ARENA_OPERATOR_PORT": str(self.port),
            "ARENA_OPERATOR_LEASE_SECONDS": "3",
            "ARENA_OPERATOR_IDENTITY": f"{self.name}-{os.urandom(4).hex()}",
        }
        with self._file.open("ab") as log:
            command = [*self.command, *([] if self.everywhere else ["--namespace", self.namespace])]
            self._process = subprocess.Popen(command, env=os.environ | environment | dict(self.env), stderr=log)
        return self

    def wait_ready(self) -> "OperatorProcess":
        """Wait until it has listed what there is."""

        def ready() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, f"the operator ended: {self.log()[-3000:]}"
            try:
                return httpx.get(f"http://127.0.0.1:{self.port}/readyz", trust_env=False).is_success
            except httpx.TransportError:
                return False

        try:
            self.cluster.eventually(ready, "the operator is not ready", 60)
        except AssertionError as failure:
            raise AssertionError(f"{failure}: {self.log()[-3000:]}") from failure
        return self

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill -9."""
        if self._process is not None and self.running:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        if self._process is None:
            return 0
        if self.running:
            self._process.terminate()
        return self._process.wait(timeout=40)

    def log(self) -> str:
        """What it said."""
        return self._file.read_text("utf-8") if self._file.exists() else ""

    def errors(self) -> list[str]:
        """What of it was an error; kopf says so of every watch that it tries again."""
        return [line for line in self.log().splitlines() if '"level": "error"' in line and '"logger": "kopf' not in line]

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that carry these labels."""
        total = 0.0
        for line in httpx.get(f"http://127.0.0.1:{self.port}/metrics", trust_env=False).text.splitlines():
            told, _, value = line.rpartition(" ")
            if told.partition("{")[0] == name and all(f'{key}="{held}"' in told for key, held in labels.items()):
                total += float(value)
        return total

    @property
    def _file(self) -> Path:
        return self.folder / f"{self.name}.log"


def battle(name: str, **spec: Any) -> dict[str, Any]:
    """The manifest of a battle some hours ahead, with fields of its own."""
    window = {"start": "2030-05-01T10:00", "end": "2030-05-02T10:00", "timeZone": "UTC"} | spec.pop("window", {})
    body = {"kind": "FreeForAll", "window": window} | spec
    return {"apiVersion": "habitarena.io/v1alpha1", "kind": "Battle", "metadata": {"name": name}, "spec": body}
