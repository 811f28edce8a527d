"""The fair peer: a kopf handler that decides nothing and makes the same calls, with fixed bodies, for each battle it sees first.

`python bench/operator_peer.py NAMESPACE PLATFORM_URL COUNT`; says `done` when it has made them for COUNT battles, and lives on.
"""

import asyncio
import sys
from typing import Any

import aiohttp
import kopf
import msgspec

from arena_operator.cluster.access import find_access
from arena_operator.handlers.watching import login_as

_ROOT = "/apis/habitarena.io/v1alpha1"
_SEEN: set[str] = set()


def condition(kind: str, now: str) -> dict[str, Any]:
    """A condition of the size of ours."""
    words = "The platform holds battle 42135290-c5a8-4561-81f1-2ee7155207cd as declared."
    return {"type": kind, "status": "True", "reason": "Declared", "message": words, "observedGeneration": 1, "lastTransitionTime": now}


def status(now: str) -> dict[str, Any]:
    """A status of the size of ours."""
    window = {"start": now, "end": now, "graceEnds": now, "auditEnds": now, "tzdata": "2026a"}
    conditions = [condition(kind, now) for kind in ("Ready", "Accepted", "CapacityReady", "Finalised")]
    figures = {"participants": 0, "viewers": 0, "leader": ""}
    return {"observedGeneration": 1, "phase": "Open", **figures, "window": window, "conditions": conditions}


class Peer:
    """The calls of one reconcile, one after the other."""

    def __init__(self, namespace: str, platform: str, count: int) -> None:
        self.access = find_access()
        self.namespace = namespace
        self.platform = platform
        self.count = count
        self.session: aiohttp.ClientSession | None = None
        self.turns = asyncio.Semaphore(16)

    async def call(self, method: str, url: str, body: Any, content: str = "application/json") -> Any:
        """The decoded answer."""
        if self.session is None:
            self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self.access.tls(), limit=64))
        headers = {"Content-Type": content, "Accept": "application/json"}
        sent = None if body is None else msgspec.json.encode(body)
        async with self.session.request(method, url, data=sent, headers=headers) as answer:
            return msgspec.json.decode(await answer.read())

    async def reconcile(self, body: Any) -> None:
        """All calls for a battle that was not seen before."""
        meta = body["metadata"]
        uid, name = meta["uid"], meta["name"]
        if uid in _SEEN:
            return
        _SEEN.add(uid)
        async with self.turns:
            declaration = f"{self.platform}/api/battles/declarations/{uid}"
            await self.call("GET", declaration, None)
            path = f"{self.access.server}{_ROOT}/namespaces/{self.namespace}/battles/{name}"
            held = {"uid": uid, "resourceVersion": meta["resourceVersion"], "finalizers": ["habitarena.io/battle"]}
            patched = await self.call("PATCH", path, {"metadata": held}, "application/merge-patch+json")
            window = {"start": "2030-05-01T10:00", "end": "2030-05-02T10:00", "time_zone": "UTC"}
            await self.call("PUT", declaration, {"window": window, "generation": 1})
            now = "2026-11-21T07:42:46Z"
            about = {"name": name, "namespace": self.namespace, "uid": uid, "resourceVersion": patched["metadata"]["resourceVersion"]}
            whole = {"apiVersion": "habitarena.io/v1alpha1", "kind": "Battle", "metadata": about, "status": status(now)}
            await self.call("PUT", f"{path}/status", whole)
            await self.call("POST", f"{self.access.server}/apis/events.k8s.io/v1/namespaces/{self.namespace}/events", self.event(uid, name))
        self.count -= 1
        if self.count == 0:
            sys.stdout.write("done\n")
            sys.stdout.flush()

    def event(self, uid: str, name: str) -> dict[str, Any]:
        """A Kubernetes event of the size of ours."""
        regarding = {"apiVersion": "habitarena.io/v1alpha1", "kind": "Battle", "namespace": self.namespace, "name": name, "uid": uid}
        return {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": f"{name}.{uid[:16]}", "namespace": self.namespace},
            "eventTime": "2026-11-21T07:42:46.000000Z",
            "type": "Normal",
            "reason": "Opened",
            "note": "The platform holds the battle; people can join.",
            "action": "Reconcile",
            "reportingController": "habitarena.io/peer",
            "reportingInstance": "peer",
            "regarding": regarding,
        }


async def main(namespace: str, platform: str, count: int) -> None:
    """Watch and call."""
    peer = Peer(namespace, platform, count)
    registry = kopf.OperatorRegistry()

    async def see(event: kopf.RawEvent, **_: Any) -> None:
        await peer.reconcile(event["object"])

    async def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        settings.posting.enabled = False
        settings.scanning.disabled = True
        settings.queueing.idle_timeout = 0.1
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    kopf.on.event("habitarena.io", "v1alpha1", "battles", registry=registry)(see)
    kopf.on.login(registry=registry)(login_as(peer.access))
    kopf.on.startup(registry=registry)(configure)
    await kopf.operator(registry=registry, standalone=True, namespaces=[namespace])


if __name__ == "__main__":
    import logging

    logging.getLogger("kopf").setLevel(logging.WARNING)
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
