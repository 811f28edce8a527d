"""A key's pass: what the plan core's loop is given, and what becomes of what it answers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from arena_operator.cluster.cache import Cache, Entry
from arena_operator.cluster.kinds import BATTLE
from arena_operator.cluster.namespaces import KubernetesNamespaces
from arena_operator.cluster.store import KubernetesStore
from arena_operator.crd.manifest import read_meta
from arena_operator.crd.meta import ResourceMeta
from arena_operator.crd.status import BattleStatus, SeriesStatus
from arena_operator.handlers.waking import Namespace
from arena_operator.ports.floors_pass import reconcile_floors
from arena_operator.ports.passes import Ports, reconcile_battle
from arena_operator.ports.platform import PlatformPort
from arena_operator.reconcile.actions import Notice
from arena_operator.reconcile.observed import ServingState


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pass came to.

    Attributes:
        version: the newest version of the resource that the pass has seen or written.
        look_again_at: when time alone may change something; None if it cannot.
        error: why it broke off, if it did; the resource was asked for anew.
    """

    version: int
    look_again_at: datetime | None
    error: str | None = None


Pass = Callable[[Entry, datetime, int], Awaitable[Outcome]]


class Passes:
    """The passes of all kinds.

    Args:
        platform: the product.
        store: where resources are kept.
        namespaces: what battles share.
        cache: what the watches said.
    """

    def __init__(self, platform: PlatformPort, store: KubernetesStore, namespaces: KubernetesNamespaces, cache: Cache) -> None:
        self._platform = platform
        self._store = store
        self._namespaces = namespaces
        self._cache = cache
        self._kinds: Final[Mapping[str, Pass]] = {BATTLE.name: self._battle}

    async def resource(self, entry: Entry, now: datetime, fence: int) -> Outcome:
        """One pass over a resource."""
        return await self._kinds[entry.kind](entry, now, fence)

    async def namespace(self, key: Namespace, now: datetime) -> datetime | None:
        """One pass over what the battles of a namespace share; answers when to look again."""
        return await reconcile_floors(self._namespaces, key.name, now)

    async def _battle(self, entry: Entry, now: datetime, fence: int) -> Outcome:
        body = entry.body()
        store = _Noting(self._store, entry.version)
        ports = Ports(self._platform, store, self._namespaces)
        ended = await reconcile_battle(ports, read_meta(body), body, now, fence)
        if ended.error is not None:
            await self._store.refresh(entry)
        return Outcome(store.version, ended.look_again_at, ended.error)


class _Noting:
    """The store, noting the version that a pass has written, so that the news of its own write wakes nobody."""

    def __init__(self, store: KubernetesStore, version: int) -> None:
        self._store = store
        self.version = version

    async def owned(self, meta: ResourceMeta) -> tuple[Mapping[str, Mapping[str, object]], Sequence[ServingState]]:
        return await self._store.owned(meta)

    async def write(
        self, meta: ResourceMeta, *, finalizers: Sequence[str] | None = None, status: BattleStatus | SeriesStatus | None = None
    ) -> ResourceMeta:
        written = await self._store.write(meta, finalizers=finalizers, status=status)
        self.version = int(written.resource_version)
        return written

    async def ensure(self, meta: ResourceMeta, manifest: Mapping[str, Any]) -> None:
        await self._store.ensure(meta, manifest)

    async def remove(self, meta: ResourceMeta, kind: str, name: str) -> None:
        await self._store.remove(meta, kind, name)

    async def tell(self, meta: ResourceMeta, notices: Sequence[Notice]) -> None:
        await self._store.tell(meta, notices)
