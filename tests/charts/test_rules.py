"""What holds for every object of every case, in the manner of kube-score; what is excepted is excepted here, with its reason."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.charts.rendering import CASES, NAMESPACE, Manifest, manifests_of

CLUSTER_SCOPED = {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Namespace", "PersistentVolume", "PriorityClass"}
RESTARTED = ("Deployment", "StatefulSet")
NO_PROBES = dict.fromkeys(("migrate", "topics", "replay", "archive", "test"), "it ends by itself")
NO_READINESS_OVER_HTTP = {"postgres": "it speaks PostgreSQL, so a connection is what is asked for"}
NO_PRE_STOP = {
    "postgres": "a Service is not what its clients find it by once they are connected, and it stops fast",
    "operator": "nobody calls it",
} | dict.fromkeys(("migrate", "topics", "replay", "archive", "test"), "nobody calls it")
OF_THE_ADMINISTRATOR = {"replay": {"admin", "scoring"}, "archive": {"admin"}}
"""Whose passwords a command that is run by the clock has."""
MAY_HAVE_A_TOKEN = {
    "operator": "it acts on the API server",
    "api": "see cluster keys",
    "live": "see cluster keys",
    "battles": "see cluster keys",
}
"""Cluster keys: who checks the operator's token asks the API server for its keys, as a ServiceAccount without any rights."""


def pods_of(case: str) -> Iterator[tuple[str, Manifest, dict[str, Any]]]:
    """The component, object and pod template of everything that makes pods."""
    for manifest in manifests_of(case):
        made = manifest["spec"]["jobTemplate"] if manifest["kind"] == "CronJob" else manifest
        template = made if made.get("kind") == "Pod" else made.get("spec", {}).get("template")
        if template is not None and "spec" in template:
            yield manifest["metadata"]["labels"]["app.kubernetes.io/component"], manifest, template


def carries(template: dict[str, Any]) -> bool:
    """Whether events go over Kafka, as far as this pod is told."""
    return {"name": "ARENA_BUS", "value": "kafka"} in template["spec"]["containers"][0]["env"]


def of_kind(case: str, kind: str) -> list[Manifest]:
    return [manifest for manifest in manifests_of(case) if manifest["kind"] == kind]


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    equal = all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())
    return equal and all(labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", ()))


@pytest.mark.parametrize("case", CASES)
def test_everything_is_of_one_namespace_and_labelled(case: str) -> None:
    for manifest in manifests_of(case):
        about = manifest["metadata"]
        assert manifest["kind"] not in CLUSTER_SCOPED
        assert about["namespace"] == NAMESPACE, about
        assert about["labels"].keys() >= {
            f"app.kubernetes.io/{name}" for name in ("name", "instance", "version", "component", "managed-by")
        }


@pytest.mark.parametrize("case", CASES)
def test_no_two_objects_have_one_name(case: str) -> None:
    names = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests_of(case)]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("case", CASES)
def test_pods_are_of_the_restricted_level_on_a_read_only_root(case: str) -> None:
    for _, _, template in pods_of(case):
        pod = template["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 10_000
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC", "initContainers"}
        assert {next(kind for kind in volume if kind != "name") for volume in pod.get("volumes", ()) if "hostPath" in volume} == set()
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@pytest.mark.parametrize("case", CASES)
def test_every_container_says_what_it_needs_and_no_more_memory_than_is_good(case: str) -> None:
    for _, _, template in pods_of(case):
        for container in template["spec"]["containers"]:
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            # No limit of CPU: throttling makes a busy pod slow where nobody else wants the core.
            assert container["resources"]["limits"].keys() == {"memory"}


@pytest.mark.parametrize("case", CASES)
def test_images_have_a_version_and_are_not_pulled_each_time(case: str) -> None:
    for _, _, template in pods_of(case):
        for container in template["spec"]["containers"]:
            name, _, tag = container["image"].rpartition(":")
            assert name
            assert tag != "latest"
            assert container["imagePullPolicy"] == "IfNotPresent"


@pytest.mark.parametrize("case", CASES)
def test_every_pod_that_stays_is_probed(case: str) -> None:
    for component, manifest, template in pods_of(case):
        for container in template["spec"]["containers"]:
            probes = {name: container[name] for name in ("startupProbe", "livenessProbe", "readinessProbe") if name in container}
            assert len(probes) == (0 if component in NO_PROBES else 3), manifest["metadata"]["name"]
            if probes and component not in NO_READINESS_OVER_HTTP:
                assert probes["readinessProbe"]["httpGet"]["path"] == "/readyz"
                assert probes["livenessProbe"]["httpGet"]["path"] == "/livez"
            for probe in probes.values():
                port = (probe.get("httpGet") or probe["tcpSocket"])["port"]
                assert port in {one["name"] for one in container["ports"]}


@pytest.mark.parametrize("case", CASES)
def test_a_pod_that_is_called_leaves_its_services_before_it_stops(case: str) -> None:
    for component, _, template in pods_of(case):
        waits = [
            container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds")
            for container in template["spec"]["containers"]
        ]
        assert waits == ([None] if component in NO_PRE_STOP else [5]), component
        if component not in NO_PRE_STOP:
            assert template["spec"]["terminationGracePeriodSeconds"] >= waits[0] + 10


@pytest.mark.parametrize("case", CASES)
def test_no_pod_is_given_a_token_that_it_has_no_use_for(case: str) -> None:
    for component, manifest, template in pods_of(case):
        pod = template["spec"]
        assert pod["automountServiceAccountToken"] is (component == "operator")
        sources = [source for volume in pod.get("volumes", ()) for source in volume.get("projected", {}).get("sources", ())]
        projected = [source for source in sources if "serviceAccountToken" in source]
        assert not projected or component in MAY_HAVE_A_TOKEN, manifest["metadata"]["name"]


@pytest.mark.parametrize("case", CASES)
def test_a_process_gets_the_passwords_of_its_own_services_only(case: str) -> None:
    for component, _, template in pods_of(case):
        given = {
            item["path"].removeprefix("database/")
            for volume in template["spec"].get("volumes", ())
            for source in volume.get("projected", {}).get("sources", ())
            for item in source.get("secret", {}).get("items", ())
            if item["path"].startswith("database/")
        }
        arguments = set(template["spec"]["containers"][0].get("args", ())[1:])
        if component == "migrate":
            assert given - {"relay"} == {"admin", "identity", "habits", "scoring", "battles", "live"}
            assert ("relay" in given) is carries(template)
        elif component in OF_THE_ADMINISTRATOR:
            assert given == OF_THE_ADMINISTRATOR[component]
        elif component == "topics":
            assert not given
        elif component != "test":
            assert given == arguments - {"web"}


@pytest.mark.parametrize("case", CASES)
def test_updates_take_nothing_away_before_there_is_something_new(case: str) -> None:
    for manifest in of_kind(case, "Deployment"):
        assert manifest["spec"]["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


@pytest.mark.parametrize("case", CASES)
def test_every_deployment_has_a_budget_and_is_spread_over_zones_and_nodes(case: str) -> None:
    budgets = [budget["spec"] for budget in of_kind(case, "PodDisruptionBudget")]
    for manifest in of_kind(case, "Deployment"):
        labels = manifest["spec"]["template"]["metadata"]["labels"]
        # One budget a pod: under two it cannot be evicted at all.
        assert [budget["maxUnavailable"] for budget in budgets if selects(budget["selector"], labels)] == [1]
        spread = manifest["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert {one["topologyKey"] for one in spread} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
        assert all(selects(one["labelSelector"], labels) for one in spread)


@pytest.mark.parametrize("case", CASES)
def test_selectors_find_their_own_pods_and_no_others(case: str) -> None:
    pods = [(manifest["metadata"]["name"], template["metadata"]["labels"]) for _, manifest, template in pods_of(case)]
    for manifest in (*of_kind(case, "Deployment"), *of_kind(case, "StatefulSet")):
        assert [name for name, labels in pods if selects(manifest["spec"]["selector"], labels)] == [manifest["metadata"]["name"]]
    for service in of_kind(case, "Service"):
        found = [name for name, labels in pods if selects({"matchLabels": service["spec"]["selector"]}, labels)]
        assert found == [service["metadata"]["name"]]


@pytest.mark.parametrize("case", CASES)
def test_a_deployment_that_is_scaled_does_not_set_its_own_replicas(case: str) -> None:
    scaled = {one["spec"]["scaleTargetRef"]["name"]: one["spec"] for one in of_kind(case, "HorizontalPodAutoscaler")}
    for manifest in of_kind(case, "Deployment"):
        assert ("replicas" in manifest["spec"]) is (manifest["metadata"]["name"] not in scaled)
    assert all(spec["minReplicas"] <= spec["maxReplicas"] for spec in scaled.values())


@pytest.mark.parametrize("case", CASES)
def test_every_pod_has_one_network_policy_that_names_both_ways(case: str) -> None:
    policies = [policy["spec"] for policy in of_kind(case, "NetworkPolicy")]
    for component, _, template in pods_of(case):
        found = [policy for policy in policies if selects(policy["podSelector"], template["metadata"]["labels"])]
        assert [policy["policyTypes"] for policy in found] == [["Ingress", "Egress"]], component


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("arena/")])
def test_the_operator_finds_what_it_scales(case: str) -> None:
    for component in ("live", "api"):
        (found,) = [one for one in of_kind(case, "Deployment") if one["metadata"]["labels"]["app.kubernetes.io/component"] == component]
        ports = found["spec"]["template"]["spec"]["containers"][0]["ports"]
        assert ports[0]["name"] == "http"
        targets = [one["spec"]["scaleTargetRef"]["name"] for one in of_kind(case, "HorizontalPodAutoscaler")]
        assert found["metadata"]["name"] in targets
