"""The stage on a cluster: kubectl, the operator, the platform."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx

from arena.embedded.testing_process import ArenaProcess
from tests.cluster.bed.cluster import Cluster, KubectlFailed
from tests.cluster.scenarios.operating import ACCOUNT, AUDIENCE
from tests.cluster.scenarios.script import Json, Refused


@dataclass(frozen=True, slots=True)
class ClusterStage:
    """Everything in one namespace."""

    cluster: Cluster
    namespace: str
    arena: ArenaProcess
    folder: Path

    @property
    def url(self) -> str:
        """Where the platform serves."""
        return self.arena.url

    def apply(self, manifest: Json) -> None:
        """`kubectl apply`."""
        try:
            self.cluster.apply(manifest, namespace=self.namespace)
        except KubectlFailed as refusal:
            raise Refused(str(refusal)) from refusal

    def delete(self, name: str) -> None:
        """`kubectl delete --wait=false`."""
        try:
            self.cluster.kubectl("delete", "battle", name, "-n", self.namespace, "--wait=false")
        except KubectlFailed as refusal:
            raise Refused(str(refusal)) from refusal

    def get(self, name: str) -> Json | None:
        """The resource by the API."""
        answer = self.cluster.api.get(f"/apis/habitarena.io/v1alpha1/namespaces/{self.namespace}/battles/{name}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        found: Json = answer.raise_for_status().json()
        return found

    def platform(self, *, up: bool) -> None:
        """Stop or start the platform's process."""
        if up:
            self.arena.start()
        else:
            self.arena.stop()

    def held(self, battle_id: str) -> Json:
        """As the operator's account sees it."""
        token = self.cluster.token(self.namespace, ACCOUNT, AUDIENCE)
        answer = httpx.get(f"{self.url}/api/battles/{battle_id}", headers={"authorization": f"Bearer {token}"}, trust_env=False)
        found: Json = answer.raise_for_status().json()
        return found

    def verify(self, name: str) -> None:
        """Take the ConfigMap's document to `arena verify`; nobody can change it afterwards."""
        self.cluster.kubectl("wait", "--for=condition=Finalised", f"battle/{name}", "-n", self.namespace, "--timeout=10s")
        found = self.get(name) or {}
        kept = self.cluster.get("configmap", found["spec"]["results"]["configMap"], self.namespace)
        assert kept["immutable"] is True
        file = self.folder / f"{name}.json"
        file.write_text(kept["data"]["result.json"], "utf-8")
        done = subprocess.run([sys.executable, "-m", "arena.cli.main", "verify", str(file)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert found["status"]["resultHash"] in file.read_text("utf-8")
