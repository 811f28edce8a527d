"""What the platform takes of the machine, and how long its pods take."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.cluster.node.node import Node


def memory(node: Node, pods: list[dict[str, Any]]) -> dict[str, float]:
    """Component → megabytes of all its pods' processes (PSS: a page that several hold is shared out among them)."""
    held: dict[str, float] = {}
    for pod in pods:
        component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
        held[component] = held.get(component, 0.0) + sum(_megabytes(pid) for pid in node.processes(pod))
    return held


def ready_after(pod: dict[str, Any]) -> timedelta:
    """How long a pod took from being made to being ready, to the second."""
    ready = next(one for one in pod["status"]["conditions"] if one["type"] == "Ready")
    return datetime.fromisoformat(ready["lastTransitionTime"]) - datetime.fromisoformat(pod["metadata"]["creationTimestamp"])


def _megabytes(pid: int) -> float:
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it ended meanwhile
    return next(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:")) / 1024
