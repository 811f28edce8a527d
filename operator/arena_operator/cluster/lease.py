"""Who leads: a Lease of our own in the way of client-go's leader election; its transitions are the fencing token."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final

import msgspec

from arena.chassis.core.logging import get_logger
from arena.chassis.core.tasks import unless
from arena_operator.cluster.api import Api, ApiError, ApiUnreachable

_log = get_logger(__name__)
_FENCE_UNIT: Final = 10
"""Seconds. A Lease made anew counts its transitions from the time, so that its numbers stay above those of one somebody deleted."""


@dataclass(frozen=True, slots=True)
class Term:
    """For how long one may act and under which fence; `until` is of the monotonic clock."""

    fence: int
    until: float


class Lease:
    """Tried every `renew` seconds; taken over when its record did not change for `duration` seconds by our own stopwatch.

    Clocks of different machines are never compared. A leader that could not renew for two thirds of `duration` stops acting, so that
    nobody else has begun by then.
    """

    def __init__(
        self, api: Api, *, namespace: str, name: str, identity: str, duration: float, stopwatch: Callable[[], float] = monotonic
    ) -> None:
        self._api = api
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._name = name
        self._identity = identity
        self._duration = duration
        self._stopwatch = stopwatch
        self._seen: tuple[str, float] = ("", 0.0)
        self._term: Term | None = None

    @property
    def fence(self) -> int | None:
        """The fence to act under; None when we may not act."""
        term = self._term
        return term.fence if term is not None and self._stopwatch() < term.until else None

    async def run(self, stopping: asyncio.Event, changed: Callable[[], None]) -> None:
        """Try to lead until `stopping`, then let go; `changed` is called whenever leadership may have come or gone."""
        while not stopping.is_set():
            was = self.fence
            await self._round()
            if self.fence != was:
                _log.info("leader_changed", leading=self.fence is not None, fence=self.fence, identity=self._identity)
                changed()
            await unless(stopping, asyncio.sleep(self._duration / 5))
        await self._let_go()
        changed()

    async def _round(self) -> None:
        began = self._stopwatch()
        try:
            await self._try(began)
        except (ApiError, ApiUnreachable) as trouble:
            if isinstance(trouble, ApiError) and trouble.conflict:
                return
            _log.warning("lease_not_renewed", why=str(trouble))

    async def _try(self, began: float) -> None:
        """One look and, where it is ours to take or to renew, one write that carries the version looked at."""
        held = await self._read()
        if held is None:
            transitions = int(datetime.now(UTC).timestamp()) // _FENCE_UNIT
            await self._send("create", self._collection, self._record({}, transitions))
            self._term = Term(transitions, began + self._duration * 2 / 3)
            return
        spec = held.get("spec") or {}
        ours = spec.get("holderIdentity") == self._identity and self._term is not None
        if not ours and not self._free(held, spec):
            self._term = None
            return
        transitions = int(spec.get("leaseTransitions") or 0) + (not ours)
        await self._send("update", f"{self._collection}/{self._name}", self._record(held, transitions))
        self._term = Term(transitions, began + self._duration * 2 / 3)

    def _free(self, held: dict[str, Any], spec: dict[str, Any]) -> bool:
        if not spec.get("holderIdentity"):
            return True
        version, now = held["metadata"]["resourceVersion"], self._stopwatch()
        if version != self._seen[0]:
            self._seen = (version, now)
        return now - self._seen[1] >= max(self._duration, float(spec.get("leaseDurationSeconds") or 0))

    def _record(self, held: dict[str, Any], transitions: int) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        before = held.get("spec") or {}
        taken = transitions != before.get("leaseTransitions")
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": held.get("metadata") or {"name": self._name},
            "spec": {
                "holderIdentity": self._identity,
                "leaseDurationSeconds": max(1, round(self._duration)),
                "acquireTime": now if taken else before.get("acquireTime", now),
                "renewTime": now,
                "leaseTransitions": transitions,
            },
        }

    async def _read(self) -> dict[str, Any] | None:
        try:
            content = await self._api.call("get", f"{self._collection}/{self._name}", kind="Lease", seconds=self._duration / 3)
        except ApiError as refusal:
            if refusal.gone:
                return None
            raise
        found: dict[str, Any] = msgspec.json.decode(content)
        return found

    async def _send(self, verb: str, path: str, record: dict[str, Any]) -> None:
        await self._api.call(verb, path, record, kind="Lease", seconds=self._duration / 3)

    async def _let_go(self) -> None:
        """Give the Lease back, so that the next one need not wait for it to run out."""
        if self.fence is None:
            return
        self._term = None
        try:
            held = await self._read()
            if held is not None and held["spec"].get("holderIdentity") == self._identity:
                record = self._record(held, held["spec"]["leaseTransitions"])
                record["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
                await self._send("update", f"{self._collection}/{self._name}", record)
        except (ApiError, ApiUnreachable) as trouble:
            _log.warning("lease_not_given_back", why=str(trouble))
