"""The room put together: its schema, and the due times at which resources are looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from arena.chassis.bus.consumer import Consumer
from arena.chassis.bus.due import DueHandler
from arena.chassis.core.ids import new_id
from arena.chassis.db.provision import ServiceSchema
from arena.chassis.db.unit_of_work import UnitOfWork, Units
from arena.chassis.http.outbound import Outbound
from arena.embedded.resources import storage
from arena.embedded.resources.objects import manifest
from arena.embedded.resources.platform_port import LocalPlatform
from arena.embedded.resources.series_store import LocalSeriesStore
from arena.embedded.resources.storage import RESOURCE_DUE, Resource
from arena.embedded.resources.store import LocalStore
from arena_operator.crd.manifest import read_meta
from arena_operator.ports.passes import Ports, reconcile_battle
from arena_operator.ports.platform import PlatformPort
from arena_operator.ports.series import reconcile_series

SCHEMA: Final = ServiceSchema("resources", Path(__file__).with_name("migrations"))
_FENCE: Final = 1
_SOON: Final = timedelta(milliseconds=200)


@dataclass(frozen=True, slots=True)
class LocalResources:
    """What `arena up` runs of this room; it has no routes, as whoever runs the installation writes to the tables."""

    units: Units
    due: Mapping[str, DueHandler]
    consumers: tuple[Consumer, ...] = field(default=())


def assemble(units: Units, platform: Outbound) -> LocalResources:
    """Construct the room; `platform` reaches the services as one of the installation's own."""
    port = LocalPlatform(platform)

    async def look(uow: UnitOfWork, keys: Sequence[str]) -> None:
        for key in keys:
            await _look(uow, port, UUID(key))

    return LocalResources(units, {RESOURCE_DUE: look})


async def _look(uow: UnitOfWork, platform: PlatformPort, uid: UUID) -> None:
    """One pass over one resource; its next look, status and finalisers are committed together."""
    resource = await storage.take(uow, uid)
    if resource is None:
        if await storage.is_there(uow, uid):  # somebody applies or deletes it right now, and waits for our due row
            uow.schedule(RESOURCE_DUE, uid, uow.now + _SOON)
        return
    again = await _reconcile(uow, platform, resource)
    if again is not None and await storage.is_there(uow, uid):
        uow.schedule(RESOURCE_DUE, uid, again)


async def _reconcile(uow: UnitOfWork, platform: PlatformPort, resource: Resource) -> datetime | None:
    """The pass of its kind; answers when to look again."""
    whole = manifest(resource)
    meta = read_meta(whole)
    if resource.kind == "BattleSeries":
        return (await reconcile_series(LocalSeriesStore(uow, new_id), meta, whole, uow.now)).look_again_at
    return (await reconcile_battle(Ports(platform, LocalStore(uow)), meta, whole, uow.now, _FENCE)).look_again_at
