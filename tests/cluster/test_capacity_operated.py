"""Capacity with the operator at work: pods without a node are told, a dedicated live is routed when it is ready, all is given back."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from arena.embedded.testing_process import ArenaProcess
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.gateway import install_http_routes
from tests.cluster.bed.nodes import Machine
from tests.cluster.scenarios.operating import OperatorProcess, battle, grant, platform_of
from tests.unit.operator.resources import samples

Json = dict[str, Any]
VIEWERS = 2500
HTTP_ROUTES = "httproutes.gateway.networking.k8s.io"


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace with the chart's objects, the platform and the operator."""

    cluster: Cluster
    namespace: str
    operator: OperatorProcess

    def apply(self, name: str, **spec: Any) -> None:
        """A battle whose time for capacity has come, long before its start."""
        start = datetime.now(UTC) + timedelta(minutes=20)
        window = {"start": f"{start:%Y-%m-%dT%H:%M}", "end": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M}"}
        self.cluster.apply(battle(name, window=window, **spec), namespace=self.namespace)

    def change(self, name: str, **spec: Any) -> None:
        """`kubectl patch`."""
        body = json.dumps({"spec": spec})
        self.cluster.kubectl("patch", "battle", name, "-n", self.namespace, "--type=merge", "-p", body)

    def capacity(self, name: str) -> Json:
        """The condition CapacityReady."""
        status = self.cluster.get("battle", name, self.namespace).get("status", {})
        return next((found for found in status.get("conditions", ()) if found["type"] == "CapacityReady"), {})

    def made(self, battle: str) -> set[str]:
        """Kinds of what is there for one battle alone."""
        routes = self.cluster.api.get(f"/apis/gateway.networking.k8s.io/v1/namespaces/{self.namespace}/httproutes")
        kinds = "deployments,services,poddisruptionbudgets" + (",httproutes" if routes.is_success else "")
        text = self.cluster.kubectl("get", kinds, "-n", self.namespace, "-l", f"habitarena.io/battle={battle}", "-o", "json")
        return {found["kind"] for found in json.loads(text)["items"] if not found["metadata"].get("deletionTimestamp")}

    def floor(self, component: str) -> int:
        """The floor of a shared autoscaler."""
        return int(self.cluster.get("hpa", f"arena-{component}", self.namespace)["spec"]["minReplicas"])


@pytest.fixture(scope="module")
def namespace(definitions: Cluster) -> Iterator[str]:
    """A namespace as a chart would leave it, but for its route: the cluster does not know HTTPRoutes yet."""
    definitions.kubectl("delete", "customresourcedefinition", HTTP_ROUTES, "--ignore-not-found")
    name = definitions.make_namespace("capacity")
    grant(definitions, name)
    definitions.kubectl("create", "serviceaccount", "arena-live", "-n", name)
    for manifest in (*_deployments(), samples.autoscaler("live"), samples.autoscaler("api")):
        install(definitions, manifest, name)
    yield name
    definitions.drop_namespace(name)


def install(cluster: Cluster, manifest: Json, namespace: str) -> None:
    """As a chart would have made it, without what the API server had added."""
    about = {key: value for key, value in manifest["metadata"].items() if key in {"name", "labels"}}
    cluster.apply({key: value for key, value in manifest.items() if key != "status"} | {"metadata": about}, namespace=namespace)


def _deployments() -> Iterator[Json]:
    for component in ("live", "api"):
        manifest = samples.deployment(component)
        for bound in ("affinity", "topologySpreadConstraints"):
            del manifest["spec"]["template"]["spec"][bound]
        yield manifest


@pytest.fixture(scope="module")
def place(definitions: Cluster, namespace: str, folder: Path) -> Iterator[Place]:
    platform: ArenaProcess = platform_of(definitions, namespace, folder)
    platform.start()
    operator = OperatorProcess(definitions, namespace, folder, platform.url).start().wait_ready()
    yield Place(definitions, namespace, operator)
    stopped = operator.stop()
    platform.stop()
    assert stopped == 0, operator.log()[-3000:]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_shared_pods_without_a_node_are_told_to_whom_they_would_serve(place: Place) -> None:
    place.apply("plain", load={"viewers": 100, "leadTime": "30m"})
    place.cluster.eventually(lambda: place.capacity("plain").get("reason") == "Unschedulable", "it is not told", 60)
    message = place.capacity("plain")["message"]
    assert message.startswith("Deployment arena-live: 0 of 2 replicas are ready.")
    assert "finds no node" in message
    place.cluster.kubectl("delete", "battle", "plain", "-n", place.namespace, "--timeout=30s")


@pytest.mark.slow
@pytest.mark.timeout(360)
def test_a_dedicated_live_from_no_node_to_given_back_by_way_of_routes_that_the_cluster_learns_meanwhile(place: Place) -> None:
    cluster, namespace = place.cluster, place.namespace
    place.apply("cup", dedicated=True, load={"viewers": VIEWERS, "logsPerSecond": 500, "leadTime": "30m"})

    def told(status: str, reason: str) -> bool:
        found = place.capacity("cup")
        return (found.get("status"), found.get("reason")) == (status, reason)

    cluster.eventually(lambda: told("False", "Unschedulable"), "it is not told that pods find no node")
    assert "no nodes available" in place.capacity("cup")["message"]
    assert place.made("cup") == {"Deployment", "Service", "PodDisruptionBudget"}

    machine = Machine(cluster, f"machine-{namespace}")

    def ready_and(status: str, reason: str) -> bool:
        machine.ready(namespace)
        return told(status, reason)

    def held() -> bool:
        return ready_and("True", "Held")

    cluster.eventually(lambda: ready_and("False", "NoRoute"), "it is not told that nothing leads to it", 60)
    install_http_routes(cluster)
    install(cluster, samples.http_route(), namespace)
    cluster.eventually(held, "capacity is not held although pods are ready and a route leads to live", 90)
    before = cluster.get("battle", "cup", namespace)["metadata"]["resourceVersion"]
    assert place.made("cup") == {"Deployment", "Service", "PodDisruptionBudget", "HTTPRoute"}
    assert cluster.get("battle", "cup", namespace)["status"]["replicas"] == 5
    time.sleep(3)
    assert cluster.get("battle", "cup", namespace)["metadata"]["resourceVersion"] == before, "written again and again"

    def fallen_back() -> bool:
        machine.ready(namespace, "habitarena.io/battle=cup", status="False")
        return "HTTPRoute" not in place.made("cup")

    cluster.eventually(fallen_back, "watchers are still led to pods that are not ready", 60)
    cluster.eventually(lambda: held() and "HTTPRoute" in place.made("cup"), "the route did not come back", 60)

    place.change("cup", dedicated=False)
    cluster.eventually(lambda: place.made("cup") == set(), "what was dedicated is not given back", 60)
    cluster.eventually(lambda: place.floor("live") == 3, "the shared live is not raised instead", 60)
    cluster.eventually(held, "the shared live is not told to be ready", 60)

    cluster.kubectl("delete", "battle", "cup", "-n", namespace, "--timeout=30s")
    cluster.eventually(lambda: place.floor("live") == 2, "the floor is not returned", 60)
    machine.remove()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_more_than_the_autoscaler_allows_is_told(place: Place) -> None:
    place.apply("giant", load={"viewers": 50_000, "leadTime": "30m"})
    place.cluster.eventually(lambda: place.capacity("giant").get("reason") == "AboveMaximum", "it is not told", 60)
    message = place.capacity("giant")["message"]
    assert "need 50 replicas" in message
    assert "raise its maxReplicas" in message
    place.cluster.eventually(lambda: place.floor("live") == 10, "it is not raised as far as it goes", 60)
    place.cluster.kubectl("patch", "hpa", "arena-live", "-n", place.namespace, "--type=merge", "-p", '{"spec": {"maxReplicas": 60}}')
    place.cluster.eventually(lambda: place.capacity("giant").get("reason") != "AboveMaximum", "nobody looks at what was asked for", 10)
    place.cluster.eventually(lambda: place.floor("live") == 50, "it is not raised as far as needed", 30)
    place.cluster.kubectl("delete", "battle", "giant", "-n", place.namespace, "--timeout=30s")
    place.cluster.eventually(lambda: place.floor("live") == 2, "the floor is not returned", 60)
