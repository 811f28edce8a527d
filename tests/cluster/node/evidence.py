"""What the cluster knew when a test failed: kept in build/cluster, for those who read a pipeline's artefacts."""

import json
import shutil
from pathlib import Path

from tests.cluster.bed.cluster import KubectlFailed
from tests.cluster.node.node import Node
from tools.source import ROOT

KEPT = ROOT / "build" / "cluster"
KINDS = "nodes,pods,deployments,statefulsets,jobs,services,persistentvolumeclaims,persistentvolumes,events,battles"


def keep(node: Node, name: str) -> Path:
    """Write down objects, events, the logs of all pods and of the node's programs; answers the folder."""
    folder = KEPT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _write(node, folder / "objects.txt", "get", KINDS, "--all-namespaces", "-o", "wide", "--ignore-not-found")
    _write(node, folder / "events.txt", "get", "events", "--all-namespaces", "--sort-by=.metadata.creationTimestamp")
    for pod in json.loads(node.cluster.kubectl("get", "pods", "--all-namespaces", "-o", "json"))["items"]:
        about = pod["metadata"]
        scope = ("-n", about["namespace"])
        _write(node, folder / f"{about['name']}.yaml", "get", "pod", about["name"], *scope, "-o", "yaml")
        for container in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]:
            for flag, end in (("--previous=false", "log"), ("--previous", "before.log")):
                log = folder / f"{about['name']}.{container['name']}.{end}"
                _write(node, log, "logs", about["name"], *scope, "-c", container["name"], flag)
    for program in (*node.programs.values(), *node.cluster.plane.programs.values()):
        shutil.copy(program.log, folder / f"{program.name}.log")
    return folder


def _write(node: Node, file: Path, *arguments: str) -> None:
    try:
        said = node.cluster.kubectl(*arguments)
    except KubectlFailed as failure:
        said = str(failure)
    file.write_text(said, "utf-8")
