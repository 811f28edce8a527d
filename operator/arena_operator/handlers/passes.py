"""A key's pass: what the plan core's loop is given, and what becomes of what it answers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from arena_operator.cluster.cache import Entry
from arena_operator.cluster.kinds import BATTLE, SERIES
from arena_operator.cluster.namespaces import KubernetesNamespaces
from arena_operator.cluster.series import KubernetesSeries
from arena_operator.cluster.store import KubernetesStore
from arena_operator.crd.manifest import read_meta
from arena_operator.crd.meta import ResourceMeta
from arena_operator.crd.status import BattleStatus, SeriesStatus
from arena_operator.handlers.waking import Namespace
from arena_operator.ports.floors_pass import reconcile_floors
from arena_operator.ports.passes import Ports, reconcile_battle
from arena_operator.ports.platform import PlatformPort
from arena_operator.ports.series import reconcile_series


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
        series: the battles of series.
    """

    def __init__(self, platform: PlatformPort, store: KubernetesStore, namespaces: KubernetesNamespaces, series: KubernetesSeries) -> None:
        self._platform = platform
        self._store = store
        self._namespaces = namespaces
        self._series_store = series
        self._kinds: Final[Mapping[str, Pass]] = {BATTLE.name: self._battle, SERIES.name: self._series}

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

    async def _series(self, entry: Entry, now: datetime, fence: int) -> Outcome:
        body = entry.body()
        del fence  # a series makes resources only; their versions and uids guard them
        store = _NotingSeries(self._series_store, entry.version)
        ended = await reconcile_series(store, read_meta(body), body, now)
        if ended.error is not None:
            await self._store.refresh(entry)
        return Outcome(store.version, ended.look_again_at, ended.error)


class _NotingSeries:
    """The store of a series, noting what a pass has written."""

    def __init__(self, series: KubernetesSeries, version: int) -> None:
        self.children, self.create, self.delete, self.tell = series.children, series.create, series.delete, series.tell
        self._series = series
        self.version = version

    async def write(
        self, meta: ResourceMeta, *, finalizers: Sequence[str] | None = None, status: SeriesStatus | None = None
    ) -> ResourceMeta:
        written = await self._series.write(meta, finalizers=finalizers, status=status)
        self.version = int(written.resource_version)
        return written


class _Noting:
    """The store, noting the version that a pass has written, so that the news of its own write wakes nobody."""

    def __init__(self, store: KubernetesStore, version: int) -> None:
        self.owned, self.ensure, self.remove, self.tell = store.owned, store.ensure, store.remove, store.tell
        self._store = store
        self.version = version

    async def write(
        self, meta: ResourceMeta, *, finalizers: Sequence[str] | None = None, status: BattleStatus | SeriesStatus | None = None
    ) -> ResourceMeta:
        written = await self._store.write(meta, finalizers=finalizers, status=status)
        self.version = int(written.resource_version)
        return written
