"""CPU per call of clients of the Kubernetes API: ours and, where they are installed, others (ADR 14).

`python bench/operator_clients.py KUBECONFIG [CALLS]` reads and merge-patches one ConfigMap, in turn, over one warm connection.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

import msgspec
import yaml

from arena_operator.cluster.access import find_access
from arena_operator.cluster.api import Api

NAME = "client-bench"
BODY = {"metadata": {"name": NAME}, "data": {f"key-{number}": "x" * 60 for number in range(12)}}


async def timed(name: str, calls: int, once: Callable[[int], Awaitable[Any]]) -> None:
    """Print CPU milliseconds a call."""
    for number in range(20):
        await once(number)
    began = time.process_time()
    for number in range(calls):
        await once(number)
    print(f"{name:<22}{(time.process_time() - began) / calls / 2 * 1000:5.2f} ms a call")


async def ours(kubeconfig: str, calls: int) -> None:
    """The thin client of the operator."""
    os.environ["KUBECONFIG"] = kubeconfig
    api = Api(find_access())
    path = "/api/v1/namespaces/default/configmaps"

    async def once(number: int) -> None:
        msgspec.json.decode(await api.call("get", f"{path}/{NAME}", kind="ConfigMap"))
        msgspec.json.decode(await api.call("patch", f"{path}/{NAME}", {"data": {"n": str(number)}}, kind="ConfigMap"))

    await timed("ours (aiohttp)", calls, once)
    await api.close()


async def kubernetes_async(kubeconfig: str, calls: int) -> None:
    """kubernetes-asyncio."""
    client, config = import_module("kubernetes_asyncio.client"), import_module("kubernetes_asyncio.config")

    await config.load_kube_config(config_file=kubeconfig)
    async with client.ApiClient() as made:
        core = client.CoreV1Api(made)

        async def once(number: int) -> None:
            await core.read_namespaced_config_map(NAME, "default")
            await core.patch_namespaced_config_map(NAME, "default", {"data": {"n": str(number)}})

        await timed("kubernetes-asyncio", calls, once)


async def kubernetes_sync(kubeconfig: str, calls: int) -> None:
    """kubernetes, without the thread that an event loop would need for it."""
    client, config = import_module("kubernetes.client"), import_module("kubernetes.config")

    config.load_kube_config(config_file=kubeconfig)
    core = client.CoreV1Api()

    async def once(number: int) -> None:
        core.read_namespaced_config_map(NAME, "default")
        core.patch_namespaced_config_map(NAME, "default", {"data": {"n": str(number)}})

    await timed("kubernetes (blocking)", calls, once)


async def lightkube(kubeconfig: str, calls: int) -> None:
    """The AsyncClient of lightkube."""
    package, core = import_module("lightkube"), import_module("lightkube.resources.core_v1")
    merge, config_map = import_module("lightkube.types").PatchType.MERGE, core.ConfigMap
    made = package.AsyncClient(config=package.KubeConfig.from_file(kubeconfig))

    async def once(number: int) -> None:
        await made.get(config_map, NAME, namespace="default")
        await made.patch(config_map, NAME, {"data": {"n": str(number)}}, namespace="default", patch_type=merge)

    await timed("lightkube", calls, once)


def prepare(kubeconfig: str) -> None:
    """Make the ConfigMap."""
    manifest = yaml.safe_dump({"apiVersion": "v1", "kind": "ConfigMap"} | BODY)
    subprocess.run(["kubectl", f"--kubeconfig={kubeconfig}", "apply", "-f", "-"], input=manifest, text=True, check=True)


async def main(kubeconfig: str, calls: int) -> None:
    """Measure what is there."""
    for measure in (ours, kubernetes_async, kubernetes_sync, lightkube):
        try:
            await measure(kubeconfig, calls)
        except ImportError as missing:
            print(f"{measure.__name__:<22}not installed ({missing.name})")


if __name__ == "__main__":
    prepare(sys.argv[1])
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500))  # noqa: PLR2004 - a path, perhaps a number
