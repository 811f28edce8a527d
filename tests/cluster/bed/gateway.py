"""The Gateway API's own definition of an HTTPRoute, from the Go module proxy; no controller serves it, the API server checks it."""

import json
import subprocess
from pathlib import Path

import yaml

from tests.cluster.bed.cluster import Cluster

MODULE = "sigs.k8s.io/gateway-api@v1.4.1"
SUM = "h1:NPxFutNkKNa8UfLd2CMlEuhIPMQgDQ6DXNKG9sHbJU8="
"""Of the module's files, as a go.sum has it."""
_DEFINITION = "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"


def install_http_routes(cluster: Cluster) -> None:
    """Define HTTPRoute, once; the definition is too long for what `kubectl apply` remembers, so it is posted."""
    done = subprocess.run(["go", "mod", "download", "-json", MODULE], capture_output=True, text=True, check=False)  # noqa: S607 - the Go on the PATH, as for the cluster itself
    told = json.loads(done.stdout)
    if told.get("Error"):
        raise RuntimeError(f"{MODULE} cannot be had: {told['Error']}")
    if told["Sum"] != SUM:
        raise RuntimeError(f"{MODULE} is not what was pinned: {told['Sum']}")
    manifest = yaml.safe_load((Path(told["Dir"]) / _DEFINITION).read_text("utf-8"))
    name = manifest["metadata"]["name"]
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    if not cluster.api.get(f"{path}/{name}").is_success:
        cluster.api.post(path, json=manifest).raise_for_status()
    cluster.eventually(lambda: cluster.api.get("/apis/gateway.networking.k8s.io/v1/httproutes").is_success, "HTTPRoute is not served", 60)
