"""The bed itself: a real cluster that does what the other tests take for granted."""

import httpx
import jwt
import pytest

from tests.cluster.bed.cluster import Cluster, KubectlFailed
from tools.kube import kube_version


def test_the_cluster_is_the_version_that_is_pinned(cluster: Cluster) -> None:
    assert cluster.api.get("/version").json()["gitVersion"] == f"v{kube_version()}"


def test_a_namespace_is_fresh_and_takes_objects(cluster: Cluster, namespace: str) -> None:
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"a": "b"}}, namespace=namespace)
    assert cluster.get("configmap", "one", namespace)["data"] == {"a": "b"}


def test_a_pod_without_a_node_is_told_so_by_the_scheduler(cluster: Cluster, namespace: str) -> None:
    container = {"name": "a", "image": "a", "resources": {"requests": {"cpu": "1"}}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": {"containers": [container]}}
    cluster.apply(pod, namespace=namespace)

    def unschedulable() -> bool:
        conditions = cluster.get("pod", "one", namespace)["status"].get("conditions", [])
        return any(condition.get("reason") == "Unschedulable" for condition in conditions)

    cluster.eventually(unschedulable, "the scheduler has not spoken")


def test_a_token_for_an_audience_is_proved_by_the_issuer_s_keys(cluster: Cluster, namespace: str) -> None:
    token = cluster.token(namespace, "default", "habitarena")
    with httpx.Client(verify=cluster.plane.tls(), headers={"authorization": f"Bearer {token}"}, trust_env=False) as stranger:
        assert stranger.get(f"{cluster.plane.url}/api").status_code == 401
    document = cluster.api.get("/.well-known/openid-configuration").json()
    keys = jwt.PyJWKSet.from_dict(cluster.api.get(document["jwks_uri"]).json())
    claims = jwt.decode(token, keys.keys[0].key, algorithms=["ES256"], audience="habitarena", issuer=cluster.plane.issuer)
    assert claims["sub"] == f"system:serviceaccount:{namespace}:default"


def test_an_account_may_do_what_it_was_given_and_nothing_else(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(KubectlFailed, match=f'User "system:serviceaccount:{namespace}:default" cannot list'):
        cluster.kubectl("get", "pods", kubeconfig=cluster.kubeconfig_of(namespace, "default"))


def test_the_api_server_comes_back_with_what_it_held(cluster: Cluster, namespace: str) -> None:
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}}, namespace=namespace)
    cluster.plane.programs["kube-apiserver"].kill()
    cluster.plane.start_api()
    assert cluster.get("configmap", "kept", namespace)["metadata"]["name"] == "kept"
