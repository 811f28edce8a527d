"""A machine that is only told of: the scheduler places pods on it, and they are ready when a test says so."""

from datetime import UTC, datetime
from typing import Any

from tests.cluster.bed.cluster import Cluster

_MERGE = {"content-type": "application/strategic-merge-patch+json"}
_ROOM = {"cpu": "16", "memory": "64Gi", "pods": "110"}


class Machine:
    """One node; it must be kept alive by `ready` now and then, or it counts as lost after 40 s."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self._cluster = cluster
        self.name = name
        labels = {"kubernetes.io/hostname": name, "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}
        cluster.api.post("/api/v1/nodes", json={"metadata": {"name": name, "labels": labels}}).raise_for_status()
        # The API server marks a new node as not ready, and the bed may run no controller that takes the mark off.
        cluster.api.patch(f"/api/v1/nodes/{name}", json={"spec": {"taints": None}}, headers=_MERGE).raise_for_status()
        self.alive()

    def alive(self) -> None:
        """Its heartbeat."""
        condition = {"type": "Ready", "status": "True", "reason": "Told", "lastHeartbeatTime": _now(), "lastTransitionTime": _now()}
        status = {"status": {"conditions": [condition], "capacity": _ROOM, "allocatable": _ROOM}}
        self._cluster.api.patch(f"/api/v1/nodes/{self.name}/status", json=status, headers=_MERGE).raise_for_status()

    def ready(self, namespace: str, selector: str = "", *, status: str = "True") -> None:
        """Say of the pods on it whether they are ready."""
        self.alive()
        for pod in self._pods(namespace, selector):
            if pod["spec"].get("nodeName") != self.name or _is(pod, status):
                continue
            condition = {"type": "Ready", "status": status, "lastTransitionTime": _now()}
            body = {"status": {"phase": "Running", "conditions": [condition]}}
            path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}/status"
            self._cluster.api.patch(path, json=body, headers=_MERGE)  # a pod that is gone meanwhile need not be ready

    def remove(self) -> None:
        """Take it away."""
        self._cluster.api.delete(f"/api/v1/nodes/{self.name}")

    def _pods(self, namespace: str, selector: str) -> list[dict[str, Any]]:
        answer = self._cluster.api.get(f"/api/v1/namespaces/{namespace}/pods", params={"labelSelector": selector})
        found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return found


def _is(pod: dict[str, Any], status: str) -> bool:
    return any(found["type"] == "Ready" and found["status"] == status for found in pod["status"].get("conditions", ()))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
