"""What whoever runs the installation does with resources: apply, look, delete."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from arena.chassis.core.errors import DomainError
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.embedded.resources import storage
from arena.embedded.resources.objects import Given, changed, made, moved
from arena.embedded.resources.storage import RESOURCE_DUE, Resource
from arena_operator.crd.manifest import ALLOW_DELETE

_UNDER_WAY: Final = frozenset({"Running", "Grace", "Audit"})


class ResourceNotFound(DomainError):
    """There is no such resource."""

    slug = "resource-not-found"


class BeingDeleted(DomainError):
    """The resource is on its way out; one of that name can be made again when it is gone."""

    slug = "resource-being-deleted"


class UnderWay(DomainError):
    """The battle runs: its resource goes only if an annotation says so (a cluster's admission policy says the same)."""

    slug = "battle-under-way"


class Became(StrEnum):
    """What became of an applied manifest, in kubectl's words."""

    CREATED = "created"
    CONFIGURED = "configured"
    UNCHANGED = "unchanged"


async def apply(uow: UnitOfWork, given: Given, new_id: Callable[[], UUID]) -> tuple[Became, Resource]:
    """Keep what was applied and have it acted upon; applying the same again changes nothing. Raises BeingDeleted."""
    before = await storage.lock(uow, given.kind, given.namespace, given.name)
    if before is None:
        after, became = made(given, new_id(), uow.now), Became.CREATED
    elif before.deleting_since is not None:
        raise BeingDeleted(f"{given.kind} {given.namespace}/{given.name} is being deleted; `arena describe` says what it waits for.")
    else:
        after = changed(before, given)
        became = Became.UNCHANGED if after is before else Became.CONFIGURED
    if after is not before:
        await storage.save(uow, after)
        uow.schedule(RESOURCE_DUE, after.uid, uow.now)
    return became, after


async def find(uow: UnitOfWork, kind: str, namespace: str, name: str) -> Resource:
    """One resource; raises ResourceNotFound."""
    found = await storage.find(uow, kind, namespace, name)
    if found is None:
        raise not_found(kind, namespace, name)
    return found


async def delete(uow: UnitOfWork, kind: str, namespace: str, name: str) -> Resource:
    """Ask for a resource's end: it goes when its finalisers have let go. Twice is once. Raises ResourceNotFound, UnderWay."""
    before = await storage.lock(uow, kind, namespace, name)
    if before is None:
        raise not_found(kind, namespace, name)
    if before.status.get("phase") in _UNDER_WAY and before.annotations.get(ALLOW_DELETE) != "true":
        raise UnderWay(
            f"Battle {namespace}/{name} is {before.status['phase']}: to delete its resource all the same, "
            f'put the annotation {ALLOW_DELETE}: "true" into its manifest and apply it; the battle then goes on without it.'
        )
    return await let_end(uow, before)


async def let_end(uow: UnitOfWork, before: Resource) -> Resource:
    """Mark a locked resource as going, and its children with it; without finalisers it is gone at once."""
    after = moved(before, replace(before, deleting_since=before.deleting_since or uow.now))
    for child in await storage.children(uow, before.uid):
        await let_end(uow, child)
    if not after.finalizers and not await storage.children(uow, before.uid):
        await storage.remove(uow, after.uid)
        uow.unschedule(RESOURCE_DUE, after.uid)
    elif after is not before:
        await storage.save(uow, after)
        uow.schedule(RESOURCE_DUE, after.uid, uow.now)
    return after


def not_found(kind: str, namespace: str, name: str) -> ResourceNotFound:
    """The refusal, naming what is not there."""
    return ResourceNotFound(f"There is no {kind} {namespace}/{name}; `arena get battles -A` lists what there is.")
