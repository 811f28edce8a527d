"""The namespace port on the Kubernetes API: what serves all battles of a namespace, and what they ask for; read from the watches."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from arena_operator.cluster.api import APPLY, Api, ApiError, NotLeading
from arena_operator.cluster.cache import Cache, Entry
from arena_operator.cluster.kinds import AUTOSCALER, BATTLE, BUDGET, DEPLOYMENT, HTTP_ROUTE, INGRESS, KINDS
from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.manifest import read_battle, read_status
from arena_operator.ports.store import Moved
from arena_operator.reconcile.capacity_shared import shared_serving
from arena_operator.reconcile.capacity_time import asks
from arena_operator.reconcile.floors import Demand, demand_of
from arena_operator.reconcile.observed import SharedServing


class _Known(NamedTuple):
    """What was read of a battle: the whole of it at a version, or, where it asks for nothing, all there is to know of a generation."""

    demand: Demand | None
    generation: int
    version: int | None

    def of(self, entry: Entry) -> bool:
        """Whether it still holds."""
        return self.generation == entry.generation and self.version in {None, entry.version}


def _read(entry: Entry) -> _Known:
    body = entry.body()
    declared = read_battle(body.get("spec"))
    if not isinstance(declared, DeclaredBattle) or not (declared.terms.protect or asks(declared)):
        return _Known(None, entry.generation, None)
    return _Known(demand_of(declared, read_status(body.get("status"))), entry.generation, entry.version)


class KubernetesNamespaces:
    """One of them serves all namespaces. What is read of an object is remembered with its version, so reading again costs nothing.

    Args:
        api: the client.
        cache: what the watches said.
        may_act: asked before each write.
    """

    def __init__(self, api: Api, cache: Cache, may_act: Callable[[], bool]) -> None:
        self._api = api
        self._cache = cache
        self._may_act = may_act
        self._serving: dict[str, tuple[int, SharedServing]] = {}
        self._demands: dict[str, _Known] = {}

    async def demands(self, namespace: str) -> Sequence[Demand]:
        """What the battles of the namespace ask for."""
        entries = list(self._cache.of(BATTLE.name, namespace))
        return [demand for entry in entries if (demand := self._demand(entry)) is not None]

    async def serving(self, namespace: str) -> SharedServing:
        """What serves them."""
        changes = self._cache.changes(namespace)
        known = self._serving.get(namespace)
        if known is None or known[0] != changes:
            known = (changes, self._pick(namespace))
            self._serving[namespace] = known
        return known[1]

    async def patch(self, namespace: str, manifest: Mapping[str, object]) -> None:
        """Server-side apply of a few fields of what others made too, or of an object of ours."""
        self._check()
        kind = KINDS[str(manifest["kind"])]
        name = str(manifest["metadata"]["name"])  # type: ignore[index]  # every manifest has its metadata
        try:
            content = await self._api.call("apply", kind.path(namespace, name), manifest, kind=kind.name, params=APPLY)
        except ApiError as refusal:
            if refusal.conflict or refusal.gone:
                raise Moved from refusal
            raise
        self._cache.hold(kind.name, msgspec.json.decode(content))

    async def remove(self, namespace: str, kind: str, name: str) -> None:
        """Delete an object of ours."""
        self._check()
        held = self._cache.named(kind, namespace, name)
        if held is None:
            return
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": held.uid}}
        try:
            await self._api.call("delete", KINDS[kind].path(namespace, name), body, kind=kind)
        except ApiError as refusal:
            if not (refusal.gone or refusal.conflict):
                raise
        self._cache.drop(held.uid)

    def concerned(self, namespace: str, now: Callable[[], datetime]) -> Sequence[str]:
        """The uids of the battles for which capacity is held at this moment: what serves the namespace is told in their conditions."""
        entries, at = self._cache.of(BATTLE.name, namespace), now()
        asking = ((entry.uid, self._demand(entry)) for entry in entries)
        return [uid for uid, demand in asking if demand is not None and demand.begins <= at < demand.ends]

    def forget(self, uid: str) -> None:
        """A battle is gone."""
        self._demands.pop(uid, None)

    def _demand(self, entry: Entry) -> Demand | None:
        """Most battles ask for nothing, and that is known of a generation whatever their status says."""
        known = self._demands.get(entry.uid)
        if known is None or not known.of(entry):
            known = _read(entry)
            self._demands[entry.uid] = known
        return known.demand

    def _pick(self, namespace: str) -> SharedServing:
        deployments, routes, ingresses, autoscalers, budgets = (
            [entry.body() for entry in self._cache.of(kind.name, namespace) if not entry.owner]
            for kind in (DEPLOYMENT, HTTP_ROUTE, INGRESS, AUTOSCALER, BUDGET)
        )
        return shared_serving(deployments, http_routes=routes, ingresses=ingresses, autoscalers=autoscalers, budgets=budgets)

    def _check(self) -> None:
        if not self._may_act():
            raise NotLeading
