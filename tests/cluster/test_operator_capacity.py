"""What the operator makes for battles on a real API server: a live of a battle's own, floors for all, and why pods are not ready."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from arena.embedded.testing_process import ArenaProcess, open_folder
from tests.cluster.bed.cluster import Cluster
from tests.cluster.scenarios.operating import OperatorProcess, battle, grant, platform_of
from tests.unit.operator.resources.samples import deployment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
WORKLOADS = "/apis/apps/v1/namespaces/{}/deployments"


@pytest.fixture(scope="module")
def home(definitions: Cluster) -> Iterator[str]:
    name = definitions.make_namespace("serving")
    grant(definitions, name)
    for component in ("live", "api"):
        shared = {key: value for key, value in deployment(component).items() if key != "status"}
        pods = shared["spec"]["template"]["spec"]
        pods.pop("serviceAccountName")
        shared["metadata"] = {"name": f"arena-{component}", "namespace": name, "labels": shared["metadata"]["labels"]}
        shared["spec"]["template"]["metadata"].pop("creationTimestamp")
        definitions.api.post(WORKLOADS.format(name), json=shared).raise_for_status()
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "arena-live"},
        "spec": {
            "minReplicas": 2,
            "maxReplicas": 20,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "arena-live"},
        },
    }
    backend = {"service": {"name": "arena-live", "port": {"number": 80}}}
    rule = {"host": "arena.example.org", "http": {"paths": [{"path": "/api/live", "pathType": "Prefix", "backend": backend}]}}
    route = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "arena"}, "spec": {"rules": [rule]}}
    definitions.apply(scaler, route, namespace=name)
    yield name
    definitions.drop_namespace(name)


@pytest.fixture(scope="module")
def operator(definitions: Cluster, home: str) -> Iterator[OperatorProcess]:
    with open_folder() as folder:
        arena: ArenaProcess = platform_of(definitions, home, Path(folder))
        arena.start()
        process = OperatorProcess(definitions, home, folder, arena.url).start().wait_ready()
        yield process
        assert process.stop() == 0
        assert "forbidden" not in process.log()
        arena.stop()


def soon(**spec: Any) -> dict[str, Any]:
    """A window whose lead time has begun."""
    start = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(minutes=5)
    window = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat(), "timeZone": "UTC"}
    return {"window": window, "load": {"viewers": 4500}} | spec


def condition(cluster: Cluster, namespace: str, name: str, kind: str) -> dict[str, Any]:
    held = cluster.get("battle", name, namespace).get("status", {}).get("conditions", [])
    return next((one for one in held if one["type"] == kind), {})


def owned(cluster: Cluster, namespace: str, name: str) -> dict[str, str]:
    """Kind → name of what a battle owns."""
    kinds = "deployments,services,poddisruptionbudgets,ingresses"
    text = cluster.kubectl("get", kinds, "-n", namespace, "-l", f"habitarena.io/battle={name}", "-o", "name")
    return {line.partition("/")[0].partition(".")[0]: line.partition("/")[2] for line in text.split()}


@contextmanager
def node(cluster: Cluster) -> Iterator[None]:
    """A machine on which pods find room; nobody runs them there."""
    room = {"cpu": "64", "memory": "256Gi", "pods": "110"}
    body = {"metadata": {"name": "machine", "labels": {"kubernetes.io/arch": "amd64", "kubernetes.io/hostname": "machine"}}}
    cluster.api.post("/api/v1/nodes", json=body).raise_for_status()
    state = {"status": {"capacity": room, "allocatable": room, "conditions": [{"type": "Ready", "status": "True"}]}}
    patch = {"content-type": "application/strategic-merge-patch+json"}
    cluster.api.patch("/api/v1/nodes/machine/status", json=state, headers=patch).raise_for_status()
    cluster.kubectl("taint", "node", "machine", "node.kubernetes.io/not-ready-")
    try:
        yield
    finally:
        cluster.api.delete("/api/v1/nodes/machine")


def run_pods(cluster: Cluster, namespace: str, uid: str) -> None:
    """Say of a battle's pods what a kubelet would say of pods that are ready."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    ready = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    for pod in cluster.api.get(path, params={"labelSelector": f"habitarena.io/battle-uid={uid}"}).json()["items"]:
        patch = {"content-type": "application/strategic-merge-patch+json"}
        cluster.api.patch(f"{path}/{pod['metadata']['name']}/status", json=ready, headers=patch).raise_for_status()


def test_a_live_of_its_own_is_made_waits_for_room_and_is_led_to_once_it_is_ready(
    definitions: Cluster, home: str, operator: OperatorProcess
) -> None:
    assert operator.running
    definitions.apply(battle("cup", **soon(dedicated=True)), namespace=home)
    definitions.eventually(lambda: {"deployment", "service", "poddisruptionbudget"} <= owned(definitions, home, "cup").keys(), "not made")
    definitions.eventually(
        lambda: condition(definitions, home, "cup", "CapacityReady").get("reason") == "Unschedulable", "no reason told", 60
    )
    told = condition(definitions, home, "cup", "CapacityReady")
    assert told["status"] == "False"
    assert "no node" in told["message"]
    assert "ingress" not in owned(definitions, home, "cup")
    uid = definitions.get("battle", "cup", home)["metadata"]["uid"]
    with node(definitions):

        def routed() -> bool:
            run_pods(definitions, home, uid)
            return "ingress" in owned(definitions, home, "cup")

        definitions.eventually(routed, "no route is made", 90)
        definitions.eventually(lambda: condition(definitions, home, "cup", "CapacityReady").get("status") == "True", "not held", 60)
        before = definitions.get("battle", "cup", home)["metadata"]["resourceVersion"]
        time.sleep(3)
        assert definitions.get("battle", "cup", home)["metadata"]["resourceVersion"] == before
        definitions.kubectl("delete", "battle", "cup", "-n", home, "--timeout=60s")
        definitions.eventually(lambda: owned(definitions, home, "cup") == {}, "something is left")


def test_the_floor_of_all_is_raised_and_given_back(definitions: Cluster, home: str, operator: OperatorProcess) -> None:
    assert operator.running

    def floor() -> int:
        return int(definitions.get("horizontalpodautoscaler", "arena-live", home)["spec"]["minReplicas"])

    definitions.apply(battle("many", **soon()), namespace=home)
    definitions.eventually(lambda: floor() == 5, "the floor is not raised")
    definitions.eventually(lambda: condition(definitions, home, "many", "CapacityReady").get("status") == "False", "said to be held")
    definitions.apply(battle("many", **soon(load={"viewers": 0})), namespace=home)
    definitions.eventually(lambda: floor() == 2, "the floor is not given back")
    definitions.kubectl("delete", "battle", "many", "-n", home, "--timeout=60s")


def test_a_series_makes_the_battle_whose_time_to_open_has_come(definitions: Cluster, home: str, operator: OperatorProcess) -> None:
    assert operator.running
    spec = {
        "schedule": "0 9 * * *",
        "timeZone": "Europe/Berlin",
        "duration": "2h",
        "openBefore": "2d",
        "concurrencyPolicy": "Allow",
        "template": {"metadata": {"labels": {"team": "a"}}, "spec": {"kind": "FreeForAll"}},
    }
    series = {"apiVersion": "habitarena.io/v1alpha1", "kind": "BattleSeries", "metadata": {"name": "daily"}, "spec": spec}
    definitions.apply(series, namespace=home)

    def opened() -> list[str]:
        text = definitions.kubectl(
            "get", "battles", "-n", home, "-l", "habitarena.io/series=daily", "-o", "jsonpath={.items[*].status.phase}"
        )
        return text.split()

    def settled() -> bool:
        active = definitions.get("battleseries", "daily", home).get("status", {}).get("active", [])
        return opened() == ["Open"] * len(active) != []

    definitions.eventually(settled, "no battle was made")
    definitions.kubectl("delete", "battleseries", "daily", "-n", home, "--timeout=60s")
    definitions.eventually(lambda: opened() == [], "its battles are left", 60)
