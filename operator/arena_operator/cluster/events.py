"""Kubernetes events (events.k8s.io/v1) without spam: the same news again counts up one event, and a resource has a budget."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from arena.chassis.core.logging import get_logger
from arena.chassis.core.telemetry import counter
from arena_operator.cluster.api import Api, ApiError, ApiUnreachable
from arena_operator.cluster.kinds import EVENT
from arena_operator.crd.manifest import API_VERSION
from arena_operator.crd.meta import ResourceMeta
from arena_operator.reconcile.actions import Notice

_log = get_logger(__name__)
_CONTROLLER: Final = "habitarena.io/arena-operator"
_KEPT: Final = 2000
"""Resources of whose events we know; of others the budget begins anew."""
_BURST: Final = 20.0
_REFILL: Final = 300.0
"""Seconds for one more event of a resource."""
_SERIES: Final = 360.0
"""Seconds after which the same news is a new event (as client-go does it)."""
_NOTE: Final = 1000
"""Bytes of a note; the API takes 1,024."""


@dataclass(slots=True)
class _Told:
    name: str
    since: float
    count: int = 1


class _Budget:
    """What was told of one resource lately, and how much more may be."""

    __slots__ = ("at", "left", "told")

    def __init__(self, now: float) -> None:
        self.left = _BURST
        self.at = now
        self.told: dict[tuple[str, str], _Told] = {}

    def spend(self, now: float) -> bool:
        self.left = min(_BURST, self.left + (now - self.at) / _REFILL)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Events:
    """Tells people; nothing depends on it, so what cannot be told is logged and dropped.

    Args:
        api: the client.
        instance: which operator tells.
        now: the wall clock.
    """

    def __init__(self, api: Api, instance: str, now: Callable[[], datetime]) -> None:
        self._api = api
        self._instance = instance[:128]
        self._now = now
        self._budgets: OrderedDict[str, _Budget] = OrderedDict()

    async def tell(self, meta: ResourceMeta, notices: Sequence[Notice]) -> None:
        """One event each, or one more in the series of an event."""
        for notice in notices:
            try:
                await self._tell(meta, notice)
            except (ApiError, ApiUnreachable) as trouble:
                if isinstance(trouble, ApiError) and trouble.conflict:
                    continue  # an attempt whose answer was lost has told it
                counter("arena.operator.events.dropped").add(1, {"why": "refused"})
                _log.warning("event_not_told", reason=notice.reason, resource=f"{meta.kind} {meta.namespace}/{meta.name}", why=str(trouble))

    async def _tell(self, meta: ResourceMeta, notice: Notice) -> None:
        at = self._now()
        now = at.timestamp()
        budget = self._budget(meta.uid, now)
        if not budget.spend(now):
            counter("arena.operator.events.dropped").add(1, {"why": "budget"})
            return
        key = (notice.reason, notice.message)
        told = budget.told.get(key)
        if told is not None and now - told.since < _SERIES and await self._count(meta, told, at):
            told.since = now
            return
        name = _name(meta, notice, at)
        await self._api.call("create", EVENT.path(meta.namespace), self._event(meta, notice, name, at), kind=EVENT.name)
        budget.told = {key: old for key, old in budget.told.items() if now - old.since < _SERIES} | {key: _Told(name, now)}

    async def _count(self, meta: ResourceMeta, told: _Told, at: datetime) -> bool:
        """Add to the series; False when its event is gone."""
        body = {"series": {"count": told.count + 1, "lastObservedTime": _micro(at)}}
        try:
            await self._api.call("patch", EVENT.path(meta.namespace, told.name), body, kind=EVENT.name)
        except ApiError as refusal:
            if refusal.gone:
                return False
            raise
        told.count += 1
        return True

    def _budget(self, uid: str, now: float) -> _Budget:
        budget = self._budgets.setdefault(uid, _Budget(now))
        self._budgets.move_to_end(uid)
        if len(self._budgets) > _KEPT:
            self._budgets.popitem(last=False)
        return budget

    def _event(self, meta: ResourceMeta, notice: Notice, name: str, at: datetime) -> Mapping[str, Any]:
        return {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": meta.namespace},
            "eventTime": _micro(at),
            "type": "Warning" if notice.warning else "Normal",
            "reason": notice.reason[:128],
            "note": notice.message.encode("utf-8", "replace")[:_NOTE].decode("utf-8", "ignore"),
            "action": "Reconcile",
            "reportingController": _CONTROLLER,
            "reportingInstance": self._instance,
            "regarding": {
                "apiVersion": API_VERSION,
                "kind": meta.kind,
                "namespace": meta.namespace,
                "name": meta.name,
                "uid": meta.uid,
                "resourceVersion": meta.resource_version,
            },
        }


def _name(meta: ResourceMeta, notice: Notice, at: datetime) -> str:
    """Unique for this news at this instant, so that sending it again is a conflict, not a second event."""
    digest = sha256(f"{meta.uid} {notice.reason} {notice.message} {at.isoformat()}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{meta.name[:200].rstrip('-.')}.{digest}"


def _micro(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
