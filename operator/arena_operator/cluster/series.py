"""The store of a series: its battles are resources like others, found by their owner and made under it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from arena_operator.cluster.api import WRITE, Api, ApiError, NotLeading
from arena_operator.cluster.cache import Cache
from arena_operator.cluster.kinds import BATTLE
from arena_operator.cluster.store import FOR_GOOD, KubernetesStore, owned_by
from arena_operator.crd.meta import ResourceMeta
from arena_operator.crd.status import SeriesStatus
from arena_operator.ports.store import Unmade
from arena_operator.reconcile.actions import Notice


class KubernetesSeries:
    """One of them serves all series.

    Args:
        api: the client.
        cache: what the watches said.
        store: which writes status and tells.
        may_act: asked before each write.
        told: told of a battle as the watch would tell of it: a battle that we made has to be looked at like any other, also when our
            answer came before the watch's event.
    """

    def __init__(
        self,
        api: Api,
        cache: Cache,
        store: KubernetesStore,
        may_act: Callable[[], bool],
        told: Callable[[str, Mapping[str, Any]], object],
    ) -> None:
        self._api = api
        self._cache = cache
        self._store = store
        self._may_act = may_act
        self._told = told

    async def children(self, meta: ResourceMeta) -> Sequence[Mapping[str, Any]]:
        """The battles that the series owns."""
        return [entry.body() for entry in self._cache.owned(meta.uid) if entry.kind == BATTLE.name]

    async def create(self, meta: ResourceMeta, manifest: Mapping[str, object]) -> None:
        """Make a battle; that it is there already, and the series', is as good."""
        self._check()
        try:
            content = await self._api.call("create", BATTLE.path(meta.namespace), manifest, kind=BATTLE.name, params=WRITE)
        except ApiError as refusal:
            name = manifest["metadata"]["name"]  # type: ignore[index]  # every manifest has its metadata
            if refusal.conflict:
                content = await self._namesake(meta, str(name))
            elif refusal.status in FOR_GOOD:
                raise Unmade(f"The API server does not take the battle {name}: {refusal.message}") from refusal
            else:
                raise
        self._told(BATTLE.name, msgspec.json.decode(content))

    async def delete(self, meta: ResourceMeta, name: str, uid: str) -> None:
        """Ask for the end of this very battle."""
        self._check()
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        try:
            await self._api.call("delete", BATTLE.path(meta.namespace, name), body, kind=BATTLE.name)
        except ApiError as refusal:
            if not (refusal.gone or refusal.conflict):
                raise

    async def write(
        self, meta: ResourceMeta, *, finalizers: Sequence[str] | None = None, status: SeriesStatus | None = None
    ) -> ResourceMeta:
        """As the store of all resources does it."""
        return await self._store.write(meta, finalizers=finalizers, status=status)

    async def tell(self, meta: ResourceMeta, notices: Sequence[Notice]) -> None:
        """As the store of all resources does it."""
        await self._store.tell(meta, notices)

    async def _namesake(self, meta: ResourceMeta, name: str) -> bytes:
        content = await self._api.call("get", BATTLE.path(meta.namespace, name), kind=BATTLE.name)
        if not owned_by(msgspec.json.decode(content), meta.uid):
            raise Unmade(f"There is a Battle {name} already that this series does not own: delete or rename it.")
        return content

    def _check(self) -> None:
        if not self._may_act():
            raise NotLeading
