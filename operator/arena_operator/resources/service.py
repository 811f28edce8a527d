"""The Service of a `live` that serves one battle."""

from typing import Any

from arena_operator.resources.manifest import fingerprinted
from arena_operator.resources.naming import DEDICATED, Owner, dedicated_name, metadata

PORT = 80


def service(owner: Owner, target_port: int | str) -> dict[str, Any]:
    """Port 80 of the battle's own pods, wherever they listen."""
    port = {"name": "http", "port": PORT, "protocol": "TCP", "targetPort": target_port}
    return fingerprinted(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(owner, dedicated_name(owner), DEDICATED),
            "spec": {"type": "ClusterIP", "selector": owner.identity, "ports": [port]},
        }
    )
