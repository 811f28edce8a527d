"""The store port on the Kubernetes API: what is written carries uid and version, what is read comes from the watches."""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Final

import msgspec

from arena_operator.cluster.api import APPLY, WRITE, Api, ApiError, NotLeading
from arena_operator.cluster.cache import Cache, Entry
from arena_operator.cluster.events import Events
from arena_operator.cluster.kinds import DEPLOYMENT, KINDS, POD, Kind
from arena_operator.crd.manifest import API_VERSION, read_meta, status_manifest
from arena_operator.crd.meta import ResourceMeta
from arena_operator.crd.status import BattleStatus, SeriesStatus
from arena_operator.ports.store import Moved, Unmade
from arena_operator.reconcile.actions import Notice
from arena_operator.reconcile.capacity_shared import API, LIVE, serving_state
from arena_operator.reconcile.observed import ServingState
from arena_operator.resources.manifest import label, mapping_at
from arena_operator.resources.naming import BATTLE_UID, COMPONENT, MANAGED_BY, MANAGER, label_value

_PODS_SECONDS: Final = 2.0
FOR_GOOD: Final = frozenset({400, 403, 404, 405, 413, 422})
"""Refusals of an owned object that the same object would meet again."""


class KubernetesStore:
    """One of them serves all resources.

    Args:
        api: the client.
        cache: what the watches said.
        events: where notices go.
        may_act: asked before each write; leadership may end in the middle of a pass.
        stopwatch: seconds that never go back.
    """

    def __init__(
        self, api: Api, cache: Cache, events: Events, may_act: Callable[[], bool], stopwatch: Callable[[], float] = monotonic
    ) -> None:
        self._api = api
        self._cache = cache
        self._events = events
        self._may_act = may_act
        self._stopwatch = stopwatch
        self._pods: dict[str, tuple[float, list[dict[str, Any]]]] = {}

    async def owned(self, meta: ResourceMeta) -> tuple[Mapping[str, Mapping[str, object]], Sequence[ServingState]]:
        """The objects that the resource owns, and how its Deployments and those that serve all stand; pods are listed only if not ready."""
        bodies = [entry.body() for entry in self._cache.owned(meta.uid) if entry.namespace == meta.namespace]
        bodies = [body for body in bodies if owned_by(body, meta.uid)]
        deployments = [body for body in bodies if body["kind"] == DEPLOYMENT.name] + self._shared(meta.namespace)
        serving = [await self._state(meta.namespace, body) for body in deployments]
        return {f"{body['kind']}/{body['metadata']['name']}": body for body in bodies}, serving

    async def write(
        self, meta: ResourceMeta, *, finalizers: Sequence[str] | None = None, status: BattleStatus | SeriesStatus | None = None
    ) -> ResourceMeta:
        """Set finalizers (a merge patch), then status (put as a whole, so that what is not in it goes)."""
        if finalizers is not None:
            body: dict[str, Any] = {"metadata": {"uid": meta.uid, "resourceVersion": meta.resource_version, "finalizers": list(finalizers)}}
            meta = await self._send("patch", meta, KINDS[meta.kind].path(meta.namespace, meta.name), body)
        if status is not None:
            body = {
                "apiVersion": API_VERSION,
                "kind": meta.kind,
                "metadata": {
                    "name": meta.name,
                    "namespace": meta.namespace,
                    "uid": meta.uid,
                    "resourceVersion": meta.resource_version,
                },
                "status": status_manifest(status),
            }
            meta = await self._send("update", meta, KINDS[meta.kind].path(meta.namespace, meta.name, "status"), body)
        return meta

    async def ensure(self, meta: ResourceMeta, manifest: Mapping[str, object]) -> None:
        """Server-side apply; somebody else's object of that name is left alone."""
        kind, wanted = KINDS[str(manifest["kind"])], _with_owner(manifest, meta)
        name = str(wanted["metadata"]["name"])
        if (found := await self._find(kind, meta.namespace, name)) is not None:
            if not owned_by(found, meta.uid):
                raise Unmade(f"There is a {kind.name} {name} already that this {meta.kind} does not own: delete it or choose another name.")
            wanted["metadata"]["uid"] = found["metadata"]["uid"]
        self._check()
        try:
            content = await self._api.call("apply", kind.path(meta.namespace, name), wanted, kind=kind.name, params=APPLY)
        except ApiError as refusal:
            if refusal.conflict:
                raise Moved from refusal
            if refusal.status in FOR_GOOD:
                raise Unmade(f"The API server does not take {kind.name} {name}: {refusal.message}") from refusal
            raise
        self._cache.hold(kind.name, msgspec.json.decode(content))

    async def remove(self, meta: ResourceMeta, kind: str, name: str) -> None:
        """Delete an owned object, and only that very one."""
        where = KINDS[kind]
        found = await self._find(where, meta.namespace, name)
        if found is None or not owned_by(found, meta.uid):
            return
        self._check()
        uid = found["metadata"]["uid"]
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        try:
            await self._api.call("delete", where.path(meta.namespace, name), body, kind=kind)
        except ApiError as refusal:
            if not (refusal.gone or refusal.conflict):
                raise
        self._cache.drop(uid)

    async def tell(self, meta: ResourceMeta, notices: Sequence[Notice]) -> None:
        """Events; what goes wrong with them is logged and nothing else."""
        if self._may_act():
            await self._events.tell(meta, notices)

    async def refresh(self, entry: Entry) -> Entry | None:
        """Ask for a resource that was not what it was thought to be; None if it is gone."""
        body = await self._get(KINDS[entry.kind], entry.namespace, entry.name)
        if body is None or body["metadata"]["uid"] != entry.uid:
            self._cache.drop(entry.uid)
            return None
        self._cache.hold(entry.kind, body)
        return self._cache.get(entry.uid)

    async def _send(self, verb: str, meta: ResourceMeta, path: str, body: Mapping[str, object]) -> ResourceMeta:
        self._check()
        try:
            answer = msgspec.json.decode(await self._api.call(verb, path, body, kind=meta.kind, params=WRITE))
        except ApiError as refusal:
            if refusal.gone or refusal.conflict:
                raise Moved from refusal
            raise
        answer["kind"] = meta.kind
        written = read_meta(answer)
        if written.deleting_since is not None and not written.finalizers:
            self._cache.drop(meta.uid)
        else:
            self._cache.hold(meta.kind, answer)
        return written

    def _shared(self, namespace: str) -> list[dict[str, Any]]:
        held = [entry.body() for entry in self._cache.of(DEPLOYMENT.name, namespace) if not entry.owner]
        return [body for body in held if label(body, COMPONENT) in {LIVE, API}]

    async def _state(self, namespace: str, deployment: dict[str, Any]) -> ServingState:
        """With the reason of its pods while it is not ready, asked for once in a few seconds however many battles wait for it."""
        state = serving_state(deployment)
        labels = mapping_at(deployment, "spec", "selector", "matchLabels")
        if state.ready >= state.wanted or not labels:
            return state
        uid, now = deployment["metadata"]["uid"], self._stopwatch()
        asked, pods = self._pods.get(uid, (float("-inf"), []))
        if now - asked >= _PODS_SECONDS:
            selector = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
            params = {"labelSelector": selector, "limit": "50"}
            pods = msgspec.json.decode(await self._api.call("list", POD.path(namespace), kind=POD.name, params=params)).get("items") or []
            self._pods = {known: held for known, held in self._pods.items() if now - held[0] < _PODS_SECONDS} | {uid: (now, pods)}
        return serving_state(deployment, pods)

    async def _find(self, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
        held = self._cache.named(kind.name, namespace, name)
        return held.body() if held is not None else await self._get(kind, namespace, name)

    async def _get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = msgspec.json.decode(await self._api.call("get", kind.path(namespace, name), kind=kind.name))
        except ApiError as refusal:
            if refusal.gone:
                return None
            raise
        return found

    def _check(self) -> None:
        if not self._may_act():
            raise NotLeading


def owned_by(body: Mapping[str, Any], uid: str) -> bool:
    """Whether a resource owns this object."""
    return any(owner.get("uid") == uid for owner in body["metadata"].get("ownerReferences") or ())


def _with_owner(manifest: Mapping[str, Any], meta: ResourceMeta) -> dict[str, Any]:
    """The manifest with its owner and the label by which it is found again."""
    wanted = {**manifest, "metadata": dict(manifest["metadata"])}
    about = wanted["metadata"]
    about["labels"] = {MANAGED_BY: MANAGER, BATTLE_UID: label_value(meta.uid), **(about.get("labels") or {})}
    owner = {"apiVersion": API_VERSION, "kind": meta.kind, "name": meta.name, "uid": meta.uid, "controller": True}
    about.setdefault("ownerReferences", [owner])
    return wanted
