"""What happens to pods: processes killed, memory that runs out, a node that is emptied."""

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

from tests.cluster.bed.cluster import KubectlFailed
from tests.cluster.node.node import NAME
from tests.cluster.node.release import Release

EAT = """
import os, time
while True:
    if os.fork() == 0:
        held = bytearray(os.urandom(2**22))
        time.sleep(60)
        os._exit(0)
    time.sleep(0.02)
"""
"""Takes memory in small pieces, so that none of those who hold them is the greatest."""


def kill(arena: Release, component: str) -> None:
    """Kill -9 all processes of a component's first pod, but the one that holds its namespaces; some go when their parent does."""
    kill_pod(arena, arena.pods(component)[0])


def kill_pod(arena: Release, pod: dict[str, Any]) -> None:
    """Kill -9 all of a pod's processes likewise."""
    for pid in own_processes(arena, pod):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def remove(arena: Release, component: str) -> None:
    """Delete the pods of a component as a rollout or an eviction does; the new ones come by themselves."""
    names = [pod["metadata"]["name"] for pod in arena.pods(component)]
    arena.kubectl("delete", "pod", *names, "--timeout=60s")


def run_out_of_memory(arena: Release, component: str) -> None:
    """Let a component's process be the one that the kernel ends because its container wants more than it may have."""
    pod = arena.pods(component)[0]
    for pid in own_processes(arena, pod):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000", "utf-8")
    name = pod["metadata"]["name"]
    with contextlib.suppress(KubectlFailed):  # the command goes with the container
        arena.kubectl("exec", name, "--", "python3", "-c", EAT)
    arena.node.cluster.eventually(lambda: ended_by(arena, name) == "OOMKilled", f"{name} did not run out of memory")


def drain(arena: Release) -> None:
    """Empty the node as before its maintenance, and take it back."""
    arena.node.cluster.kubectl("drain", NAME, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=90s")
    arena.node.cluster.kubectl("uncordon", NAME)


def own_processes(arena: Release, pod: dict[str, Any]) -> list[int]:
    """A pod's processes without the one that holds its namespaces."""
    return [pid for pid in arena.node.processes(pod) if Path(f"/proc/{pid}/comm").read_text("utf-8").strip() != "pause"]


def ended_by(arena: Release, pod: str) -> str | None:
    """Why a pod's container ended the last time."""
    told = arena.node.cluster.get("pod", pod, arena.namespace)["status"]["containerStatuses"][0]
    ended = told["state"].get("terminated") or told["lastState"].get("terminated") or {}
    reason: str | None = ended.get("reason")
    return reason
