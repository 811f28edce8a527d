"""The store port of a series over the laptop's tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.embedded.resources import storage, use_cases
from arena.embedded.resources.objects import Given, manifest
from arena.embedded.resources.store import LocalStore
from arena_operator.crd.meta import ResourceMeta
from arena_operator.ports.store import Unmade


class LocalSeriesStore(LocalStore):
    """What a series does with its battles; a new one is looked at as soon as the pass is committed."""

    def __init__(self, uow: UnitOfWork, new_id: Callable[[], UUID]) -> None:
        super().__init__(uow)
        self._new_id = new_id

    async def children(self, meta: ResourceMeta) -> Sequence[Mapping[str, Any]]:
        """The battles of the series."""
        return [manifest(child) for child in await storage.children(self._uow, UUID(meta.uid))]

    async def create(self, meta: ResourceMeta, manifest: Mapping[str, object]) -> None:
        """Keep a new battle; a name that another resource has is not taken from it."""
        given = Given.of(manifest, meta.namespace, owner=UUID(meta.uid))
        there = await storage.find(self._uow, given.kind, given.namespace, given.name)
        if there is None:
            await use_cases.apply(self._uow, given, self._new_id)
        elif there.owner != UUID(meta.uid):
            raise Unmade(f"{given.kind} {given.namespace}/{given.name} is there already and does not belong to this series; delete it.")

    async def delete(self, meta: ResourceMeta, name: str, uid: str) -> None:
        """Ask for a battle's end."""
        found = await storage.lock(self._uow, "Battle", meta.namespace, name)
        if found is not None and str(found.uid) == uid:
            await use_cases.let_end(self._uow, found)
