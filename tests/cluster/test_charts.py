"""The charts on a real API server: every object is taken, and what Helm finds there is respected (tests/cluster/node has real pods)."""

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.charts.rendering import CASES, Manifest, manifests_of, run_helm
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.control_plane import ControlPlane
from tests.cluster.bed.gateway import install_http_routes
from tools import kube

UNKNOWN_HERE = ("PodMonitor",)
"""The Prometheus operator's: no definition of it can be had here."""


@pytest.fixture(scope="module")
def known(definitions: Cluster) -> Cluster:
    """A cluster that knows our resources and HTTPRoute."""
    install_http_routes(definitions)
    return definitions


@pytest.fixture
def restricted(known: Cluster) -> Iterator[str]:
    """A namespace of the restricted level."""
    name = known.make_namespace("charts")
    known.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    yield name
    known.drop_namespace(name)


def helm(cluster: Cluster, namespace: str, *arguments: str, chart: str = "arena") -> "subprocess.CompletedProcess[str]":
    return run_helm(*arguments, "--namespace", namespace, chart=chart, kubeconfig=cluster.plane.kubeconfig)


def installed(cluster: Cluster, namespace: str, *arguments: str, chart: str = "arena") -> None:
    done = helm(cluster, namespace, "upgrade", "--install", chart, "{chart}", *arguments, chart=chart)
    assert done.returncode == 0, done.stderr


def placed(manifest: Manifest, namespace: str) -> Manifest:
    """The same in another namespace."""
    moved: Manifest = json.loads(json.dumps(manifest).replace('"namespace": "habitarena"', f'"namespace": "{namespace}"'))
    for name in moved["data"] if moved["kind"] == "Secret" else ():
        moved["data"][name] = base64.b64encode(b"made at random").decode()
    return moved


def pod_of(manifest: Manifest) -> Manifest:
    """The pod that an object makes, or the Jobs that it makes."""
    template = manifest["spec"].get("jobTemplate", manifest)["spec"]["template"]
    about = {"name": manifest["metadata"]["name"], "namespace": manifest["metadata"]["namespace"]} | template["metadata"]
    pod = template["spec"] | (
        {"volumes": template["spec"]["volumes"] + [{"name": "data", "emptyDir": {}}]} if manifest["kind"] == "StatefulSet" else {}
    )
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": pod}


def digests(cluster: Cluster, namespace: str) -> set[str]:
    """The notes by which pods are replaced when a secret changes."""
    found: list[dict[str, Any]] = json.loads(cluster.kubectl("-n", namespace, "get", "deployments", "-o", "json"))["items"]
    return {one["spec"]["template"]["metadata"]["annotations"]["habitarena.io/secrets"] for one in found}


@pytest.mark.parametrize("case", CASES)
def test_the_api_server_takes_every_object_and_every_field_of_it(known: Cluster, restricted: str, case: str) -> None:
    manifests = [placed(one, restricted) for one in manifests_of(case) if one["kind"] not in UNKNOWN_HERE]
    pods = [pod_of(one) for one in manifests if one.get("spec", {}).keys() & {"template", "jobTemplate"}]
    known.apply(*(one for one in manifests if one["kind"] == "ServiceAccount"))
    said = known.apply(*manifests, *pods, dry_run=True)
    assert len(said.splitlines()) == len(manifests) + len(pods)


def test_an_upgrade_keeps_the_secret_and_so_the_pods(known: Cluster, restricted: str) -> None:
    installed(known, restricted)
    secret, noted = known.get("secret", "arena-secrets", restricted)["data"], digests(known, restricted)
    installed(known, restricted, "--set", "services.web.replicas=2")
    assert known.get("secret", "arena-secrets", restricted)["data"] == secret
    assert digests(known, restricted) == noted
    assert len(noted) == 1
    assert known.get("deployment", "arena-web", restricted)["spec"]["replicas"] == 2


def test_a_changed_secret_replaces_the_pods_at_the_next_upgrade(known: Cluster, restricted: str) -> None:
    installed(known, restricted)
    noted = digests(known, restricted)
    known.kubectl(
        "-n", restricted, "patch", "secret", "arena-secrets", "--type=merge", "-p", '{"stringData": {"internal-token": "' + "t" * 43 + '"}}'
    )
    installed(known, restricted)
    assert not digests(known, restricted) & noted


def test_uninstalling_keeps_the_secret_and_installing_again_finds_it(known: Cluster, restricted: str) -> None:
    installed(known, restricted)
    secret = known.get("secret", "arena-secrets", restricted)["data"]
    assert helm(known, restricted, "uninstall", "arena").returncode == 0
    assert known.kubectl("-n", restricted, "get", "deployments", "-o", "name") == ""
    installed(known, restricted)
    assert known.get("secret", "arena-secrets", restricted)["data"] == secret


def lend(cluster: Cluster, namespace: str, kind: str, note: dict[str, str], spec: dict[str, int]) -> None:
    """Do what the operator does for a battle."""
    patch = json.dumps({"metadata": {"annotations": note}, "spec": spec})
    cluster.kubectl("-n", namespace, "patch", kind, "arena-live", "--type=merge", "--field-manager=arena-operator", "-p", patch)


def test_an_upgrade_leaves_alone_what_the_operator_has_lent_to_a_battle(known: Cluster, restricted: str) -> None:
    installed(known, restricted)
    floor = {"habitarena.io/base-min-replicas": "1", "habitarena.io/floor": "3"}
    lend(known, restricted, "hpa", floor, {"minReplicas": 3})
    lend(known, restricted, "pdb", {"habitarena.io/base-disruption": '{"maxUnavailable": 1}'}, {"maxUnavailable": 0})
    installed(known, restricted, "--set", "logLevel=debug")
    assert known.get("hpa", "arena-live", restricted)["spec"]["minReplicas"] == 3
    assert known.get("pdb", "arena-live", restricted)["spec"]["maxUnavailable"] == 0


def test_a_new_floor_of_ones_own_is_taken_over_the_operator_s_when_helm_is_told_to(known: Cluster, restricted: str) -> None:
    installed(known, restricted)
    lend(known, restricted, "hpa", {"habitarena.io/base-min-replicas": "1", "habitarena.io/floor": "3"}, {"minReplicas": 3})
    settings = ("--set", "services.live.autoscaling.minReplicas=2")
    refused = helm(known, restricted, "upgrade", "arena", "{chart}", *settings)
    assert 'conflict with "arena-operator"' in refused.stderr
    installed(known, restricted, *settings, "--force-conflicts")
    assert known.get("hpa", "arena-live", restricted)["spec"]["minReplicas"] == 2


def test_a_second_release_in_a_namespace_is_refused(known: Cluster, restricted: str) -> None:
    installed(known, restricted)
    done = helm(known, restricted, "install", "other", "{chart}")
    assert done.returncode != 0
    assert f'The namespace {restricted} has HabitArena already, as release "arena"' in done.stderr
    assert "other" not in known.kubectl("-n", restricted, "get", "deployments,secrets", "-o", "name")


def test_a_secret_of_ones_own_has_to_be_there_and_whole(known: Cluster, restricted: str) -> None:
    settings = ("--set", "secrets.existing=own")
    missing = helm(known, restricted, "install", "arena", "{chart}", *settings)
    assert f'There is no Secret "own" (secrets.existing) in namespace {restricted}. Make it with the keys internal-token,' in missing.stderr
    known.kubectl("-n", restricted, "create", "secret", "generic", "own", "--from-literal=internal-token=x")
    partial = helm(known, restricted, "install", "arena", "{chart}", *settings)
    assert f'The Secret "own" (secrets.existing) in namespace {restricted} has no key "signing-keys"' in partial.stderr
    assert known.kubectl("-n", restricted, "get", "deployments,jobs", "-o", "name") == ""


def test_the_password_of_a_database_of_ones_own_has_to_be_there(known: Cluster, restricted: str) -> None:
    settings = ("postgres.enabled=false", "database.url=postgresql://admin@db/arena", "database.passwordSecret.name=rds")
    arguments = [word for one in settings for word in ("--set", one)]
    done = helm(known, restricted, "install", "arena", "{chart}", *arguments)
    assert "kubectl create secret generic rds --namespace" in done.stderr
    known.kubectl("-n", restricted, "create", "secret", "generic", "rds", "--from-literal=password=x")
    installed(known, restricted, *arguments)
    assert "statefulset" not in known.kubectl("-n", restricted, "get", "statefulsets", "-o", "name")


def test_an_upgrade_switches_to_kafka_and_back_once_its_password_is_there(known: Cluster, restricted: str) -> None:
    def deployments() -> set[str]:
        return set(known.kubectl("-n", restricted, "get", "deployments", "-o", "name").split())

    installed(known, restricted)
    lite, before = deployments(), known.get("secret", "arena-secrets", restricted)["data"]
    settings = (
        "enabled=true",
        "bootstrap=kafka:9092",
        "security=sasl_plaintext",
        "sasl=plain",
        "passwordSecret=kafka",
        "reader.user=arena",
    )
    arguments = [word for one in settings for word in ("--set", f"kafka.{one}")]
    refused = helm(known, restricted, "upgrade", "arena", "{chart}", *arguments)
    assert f"kubectl create secret generic kafka --namespace {restricted} --from-literal=arena=PASSWORD" in refused.stderr
    assert deployments() == lite
    known.kubectl("-n", restricted, "create", "secret", "generic", "kafka", "--from-literal=arena=x")
    installed(known, restricted, *arguments)
    assert deployments() - lite == {"deployment.apps/arena-relay"}
    after = known.get("secret", "arena-secrets", restricted)["data"]
    assert after == before | {"database-relay": after["database-relay"]}
    installed(known, restricted, *arguments, "--set", "kafka.enabled=false")
    assert deployments() == lite
    assert known.get("secret", "arena-secrets", restricted)["data"] == after


def test_the_operator_s_chart_and_the_platform_s_need_no_rights_beyond_their_namespace(known: Cluster, restricted: str) -> None:
    known.kubectl("-n", restricted, "create", "serviceaccount", "installer")
    # Who installs has to hold what the operator's Role grants; `admin` of a namespace does not hold our own resources.
    rules = '[{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]'
    known.kubectl("-n", restricted, "create", "role", "installer", "--verb=*", "--resource=pods")
    known.kubectl("-n", restricted, "patch", "role", "installer", "--type=merge", "-p", f'{{"rules": {rules}}}')
    known.kubectl("-n", restricted, "create", "rolebinding", "installer", "--role=installer", f"--serviceaccount={restricted}:installer")
    own = known.kubeconfig_of(restricted, "installer")
    for chart in ("arena", "arena-operator"):
        done = run_helm("install", chart, "{chart}", "--namespace", restricted, chart=chart, kubeconfig=own)
        assert done.returncode == 0, done.stderr
    assert (
        known.kubectl("auth", "can-i", "create", "battles", f"--as=system:serviceaccount:{restricted}:arena-operator", "-n", restricted)
        == "yes\n"
    )


def test_the_operator_is_refused_where_its_definitions_are_not_with_how_to_get_them(tmp_path: Path) -> None:
    plane = ControlPlane(tmp_path, kube.folder())
    try:
        plane.start()
        with plane.client() as api:
            bare = Cluster(plane, kube.folder(), api)
            namespace = bare.make_namespace()
            # The controller manager puts it there, a moment after the namespace: by it the chart knows that there is a cluster to look at.
            bare.eventually(lambda: api.get(f"/api/v1/namespaces/{namespace}/configmaps/kube-root-ca.crt").is_success, "no certificates")
            done = helm(bare, namespace, "install", "arena-operator", "{chart}", chart="arena-operator")
            left = bare.kubectl("get", "deployments,secrets,roles", "-n", namespace, "-o", "name")
    finally:
        plane.stop()
    assert "helm install arena-crds charts/arena-crds" in done.stderr
    assert (done.returncode != 0, left) == (True, "")
