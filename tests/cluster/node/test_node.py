"""The node itself does what the other tests take for granted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cluster.bed.cluster import KubectlFailed
from tests.cluster.node.image import write_image
from tests.cluster.node.node import NAME, Node
from tests.cluster.node.release import Images, Release
from tools import kube

IMAGE = "habitarena/test-pause:1"
ELSEWHERE = "198.51.100.1"
"""An address that is kept for examples."""


def pod(name: str, image: str = IMAGE, **security: Any) -> dict[str, Any]:
    """A pod that the *restricted* level takes."""
    own = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True} | security
    container = {"name": "only", "image": image, "imagePullPolicy": "Never", "securityContext": own}
    spec = {
        "containers": [container],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 2,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


@pytest.fixture
def restricted(node: Node, tmp_path: Path) -> Iterator[str]:
    """A namespace of the strictest level; the image is there."""
    node.import_image(write_image(tmp_path / "pause.tar", IMAGE, kube.folder() / "pause"))
    name = Release.begin(node).namespace
    yield name
    node.cluster.drop_namespace(name)


def test_the_node_is_ready_and_of_the_version_that_is_pinned(node: Node) -> None:
    about = node.cluster.get("node", NAME)["status"]
    assert about["nodeInfo"]["kubeletVersion"] == f"v{kube.kube_version()}"
    assert {"Ready": "True"}.items() <= {one["type"]: one["status"] for one in about["conditions"]}.items()


def test_a_pod_of_a_scratch_image_runs_where_only_the_restricted_may(node: Node, restricted: str) -> None:
    node.cluster.apply(pod("quiet"), namespace=restricted)
    node.cluster.kubectl("wait", "pod/quiet", "-n", restricted, "--for=condition=Ready", "--timeout=30s")
    assert len(node.processes(node.cluster.get("pod", "quiet", restricted))) == 2  # itself, and what holds its namespaces
    with pytest.raises(KubectlFailed, match="violates PodSecurity"):
        node.cluster.apply(pod("loud", allowPrivilegeEscalation=True), namespace=restricted)


def test_a_service_is_found_by_its_name_from_a_pod_and_by_its_address_from_here(node: Node, images: Images, restricted: str) -> None:
    server = pod("server", images.services)
    server["metadata"]["labels"] = {"app": "server"}
    server["spec"]["containers"][0] |= {"command": ["python3", "-m", "http.server", "8000", "--directory", "/tmp"]}  # noqa: S108 - in the pod
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "front"}}
    service["spec"] = {"selector": {"app": "server"}, "ports": [{"port": 80, "targetPort": 8000}]}
    asker = pod("asker", images.services)
    ask = "import urllib.request as r; print(r.urlopen('http://front', timeout=5).status)"
    asker["spec"] |= {"restartPolicy": "OnFailure"}
    asker["spec"]["containers"][0] |= {"command": ["python3", "-c", ask]}
    node.cluster.apply(server, service, namespace=restricted)
    node.cluster.kubectl("wait", "pod/server", "-n", restricted, "--for=condition=Ready", "--timeout=30s")
    node.cluster.apply(asker, namespace=restricted)
    node.cluster.kubectl("wait", "pod/asker", "-n", restricted, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=30s")
    assert node.cluster.kubectl("logs", "asker", "-n", restricted) == "200\n"
    assert httpx.get(node.url("front", restricted), trust_env=False).status_code == 200


def test_nothing_leaves_the_node(node: Node, images: Images, restricted: str) -> None:
    alone = pod("alone", images.services)
    ask = f"import socket; socket.create_connection(('{ELSEWHERE}', 443), timeout=3)"
    alone["spec"] |= {"restartPolicy": "Never"}
    alone["spec"]["containers"][0] |= {"command": ["python3", "-c", ask]}
    node.cluster.apply(alone, namespace=restricted)
    node.cluster.kubectl("wait", "pod/alone", "-n", restricted, "--for=jsonpath={.status.phase}=Failed", "--timeout=30s")
    assert "unreachable" in node.cluster.kubectl("logs", "alone", "-n", restricted)
