"""What serves all battles of a namespace: where floors and budgets are kept."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from arena_operator.reconcile.floors import Demand
from arena_operator.reconcile.observed import SharedServing


class NamespacePort(Protocol):
    """Four verbs on a namespace. Patches of what was looked at carry uid and resourceVersion; raises Moved when those have changed."""

    async def demands(self, namespace: str) -> Sequence[Demand]:
        """What the battles of the namespace ask for (`floors.demand_of` each); from caches."""

    async def serving(self, namespace: str) -> SharedServing:
        """What serves them; from caches."""

    async def patch(self, namespace: str, manifest: Mapping[str, object]) -> None:
        """Server-side apply, force: make the fields of `manifest` be so."""

    async def remove(self, namespace: str, kind: str, name: str) -> None:
        """Delete an object of ours; one that is gone is removed."""
