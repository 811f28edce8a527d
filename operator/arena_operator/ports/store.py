"""Where resources and what they own are kept: the Kubernetes API, or the laptop's own tables."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from arena_operator.crd.status import BattleStatus, SeriesStatus
from arena_operator.reconcile.actions import Notice
from arena_operator.reconcile.observed import ResourceMeta, ServingState


class Moved(Exception):
    """The object is not what was looked at any more (uid or resourceVersion): look again."""


class Unmade(Exception):
    """The store does not make this object (forbidden, over quota, the name is somebody else's); the message is a sentence."""


class StorePort(Protocol):
    """Five verbs on one resource and on what it owns. Writes carry uid and resourceVersion; raises Moved when those have changed."""

    async def owned(self, meta: ResourceMeta) -> tuple[Mapping[str, Mapping[str, object]], Sequence[ServingState]]:
        """The objects the resource owns, by `Kind/name`, and how what serves it stands."""

    async def write(
        self, meta: ResourceMeta, *, finalizers: Sequence[str] | None = None, status: BattleStatus | SeriesStatus | None = None
    ) -> ResourceMeta:
        """Set finalizers or status; answers the metadata with its new version."""

    async def ensure(self, meta: ResourceMeta, manifest: Mapping[str, object]) -> None:
        """Make an owned object be so; raises Unmade where the store refuses it for good."""

    async def remove(self, meta: ResourceMeta, kind: str, name: str) -> None:
        """Delete an owned object; one that is gone is removed."""

    async def tell(self, meta: ResourceMeta, notices: Sequence[Notice]) -> None:
        """Events for people, where the store has them."""
