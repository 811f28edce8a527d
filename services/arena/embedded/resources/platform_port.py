"""The platform port within one process: the same routes the operator calls, without a socket."""

from typing import Any, Final
from uuid import UUID

from arena.chassis.core.errors import UpstreamUnavailable
from arena.chassis.core.resilience import Deadline
from arena.chassis.http.idempotency import HEADER as IDEMPOTENCY_KEY
from arena.chassis.http.outbound import Outbound
from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.manifest import declaration_body
from arena_operator.ports import answers
from arena_operator.reconcile.observed import Held, LiveView, Refused, ResourceMeta, Unavailable

_SECONDS: Final = 10.0


class LocalPlatform:
    """Battles and live, asked as one of the installation's own services; `fence` stays 1, as one process has no rivals."""

    def __init__(self, platform: Outbound) -> None:
        self._platform = platform

    async def look(self, meta: ResourceMeta) -> Held:
        """The battle declared by this resource."""
        found = await self._ask("GET", _declaration(meta))
        if isinstance(found, Unavailable):
            return found
        told = answers.held(*found)
        return Unavailable(told.message) if isinstance(told, Refused) else told

    async def declare(self, meta: ResourceMeta, declared: DeclaredBattle, fence: int) -> Held | Refused:
        """Make the battle be so."""
        found = await self._ask("PUT", _declaration(meta), json=declaration_body(meta, declared, fence))
        return found if isinstance(found, Unavailable) else answers.held(*found)

    async def withdraw(self, meta: ResourceMeta, fence: int, *, cancel: bool) -> Held | Refused:
        """Forget the declaration."""
        key = {IDEMPOTENCY_KEY: f"{meta.uid}-withdraw-{'cancel' if cancel else 'retain'}"}
        found = await self._ask("POST", f"{_declaration(meta)}/withdraw", headers=key, json={"fence": fence, "cancel": cancel})
        return found if isinstance(found, Unavailable) else answers.held(*found)

    async def watch(self, battle_id: UUID) -> LiveView | Unavailable:
        """Viewers and the top of the standings."""
        found = await self._ask("GET", f"/api/live/battles/{battle_id}/summary")
        return found if isinstance(found, Unavailable) else answers.live(*found)

    async def result(self, battle_id: UUID) -> str | Unavailable:
        """The result document with its hash."""
        found = await self._ask("GET", f"/api/battles/{battle_id}/result")
        return found if isinstance(found, Unavailable) else answers.document(*found)

    async def _ask(self, method: str, path: str, **content: Any) -> tuple[int, bytes] | Unavailable:
        try:
            answer = await self._platform.request(method, path, deadline=Deadline.after(_SECONDS), **content)
        except UpstreamUnavailable as trouble:
            return Unavailable(trouble.detail)
        return answer.status_code, answer.content


def _declaration(meta: ResourceMeta) -> str:
    return f"/api/battles/declarations/{meta.uid}"
