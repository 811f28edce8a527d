"""The node itself does what the other tests take for granted."""

from pathlib import Path
from typing import Any

import pytest

from tests.cluster.bed.cluster import KubectlFailed
from tests.cluster.node.image import write_image
from tests.cluster.node.node import NAME, Node
from tools import kube

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
IMAGE = "habitarena/test-pause:1"


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
def restricted(node: Node, tmp_path: Path) -> str:
    """A namespace of the strictest level; the image is there."""
    node.import_image(write_image(tmp_path / "pause.tar", IMAGE, kube.folder() / "pause"))
    name = node.cluster.make_namespace()
    node.cluster.kubectl("label", "namespace", name, *(f"{key}={value}" for key, value in RESTRICTED.items()))
    return name


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
    node.cluster.kubectl("delete", "namespace", restricted, "--wait", "--timeout=30s")
