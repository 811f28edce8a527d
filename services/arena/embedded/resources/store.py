"""The store port over the laptop's tables: one pass, one unit of work."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.embedded.resources import storage
from arena.embedded.resources.objects import manifest, moved
from arena.embedded.resources.storage import RESOURCE_DUE, Resource
from arena_operator.crd.manifest import read_meta, status_manifest
from arena_operator.crd.status import BattleStatus, SeriesStatus
from arena_operator.ports.store import Moved, Unmade
from arena_operator.reconcile.actions import Notice
from arena_operator.reconcile.observed import ResourceMeta, ServingState


class LocalStore:
    """Writes through the unit of work of a pass: all of it is kept, or none."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def owned(self, meta: ResourceMeta) -> tuple[Mapping[str, Mapping[str, object]], Sequence[ServingState]]:
        """The ConfigMaps of the resource; no pods run here."""
        return await storage.owned(self._uow, UUID(meta.uid)), ()

    async def write(
        self, meta: ResourceMeta, *, finalizers: Sequence[str] | None = None, status: BattleStatus | SeriesStatus | None = None
    ) -> ResourceMeta:
        """Set finalizers or status; a resource on its way out goes with its last finaliser."""
        before = await self._held(meta)
        after = moved(
            before,
            replace(
                before,
                finalizers=before.finalizers if finalizers is None else tuple(finalizers),
                status=before.status if status is None else status_manifest(status),
            ),
        )
        if after.deleting_since is not None and not after.finalizers and not await storage.children(self._uow, after.uid):
            await self._gone(after)
        elif after is not before:
            await storage.save(self._uow, after)
        return read_meta(manifest(after))

    async def ensure(self, meta: ResourceMeta, manifest: Mapping[str, object]) -> None:
        """Keep an owned object; a name that another resource's object has is not taken from it."""
        kind, name = str(manifest["kind"]), str(manifest["metadata"]["name"])  # type: ignore[index] # a built manifest has its metadata
        if await storage.is_taken(self._uow, UUID(meta.uid), kind, meta.namespace, name):
            raise Unmade(f"{kind} {meta.namespace}/{name} belongs to another resource; choose another name.")
        await storage.keep_owned(self._uow, UUID(meta.uid), kind, name, manifest)

    async def remove(self, meta: ResourceMeta, kind: str, name: str) -> None:
        """Forget an owned object."""
        await storage.drop_owned(self._uow, UUID(meta.uid), kind, name)

    async def tell(self, meta: ResourceMeta, notices: Sequence[Notice]) -> None:
        """Keep the events for `arena describe`."""
        if await storage.lock_by_uid(self._uow, UUID(meta.uid)) is not None:
            await storage.tell(self._uow, UUID(meta.uid), notices)

    async def _held(self, meta: ResourceMeta) -> Resource:
        found = await storage.lock_by_uid(self._uow, UUID(meta.uid))
        if found is None or str(found.resource_version) != meta.resource_version:
            raise Moved
        return found

    async def _gone(self, resource: Resource) -> None:
        await storage.remove(self._uow, resource.uid)
        self._uow.unschedule(RESOURCE_DUE, resource.uid)
        if resource.owner is not None:
            self._uow.schedule(RESOURCE_DUE, resource.owner, self._uow.now)
