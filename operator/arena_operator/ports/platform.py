"""The platform as the operator sees it: the battles and live services over HTTP, or the same within one process."""

from typing import Protocol
from uuid import UUID

from arena_operator.crd.declared import DeclaredBattle
from arena_operator.reconcile.observed import Held, LiveView, Refused, ResourceMeta, Unavailable


class PlatformPort(Protocol):
    """Five verbs; each is safe to repeat. `fence` grows with each leader: the platform refuses what an older one still sends."""

    async def look(self, meta: ResourceMeta) -> Held:
        """The battle declared by this resource."""

    async def declare(self, meta: ResourceMeta, declared: DeclaredBattle, fence: int) -> Held | Refused:
        """Make the battle be so: drafted and opened, edited, invitations sent, or nothing if it is so already."""

    async def withdraw(self, meta: ResourceMeta, fence: int, *, cancel: bool) -> Held | Refused:
        """Forget that the resource declares a battle (NotDeclared); with `cancel` it is called off first."""

    async def watch(self, battle_id: UUID) -> LiveView | Unavailable:
        """Viewers and the top of the standings."""

    async def result(self, battle_id: UUID) -> str | Unavailable:
        """The result document with its hash, as `arena verify` takes it."""
