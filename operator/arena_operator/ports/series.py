"""One pass over a `BattleSeries`: look at the battles it owns, plan, make and delete some, write the status, tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from arena_operator.crd.manifest import read_series, read_series_status
from arena_operator.crd.meta import ResourceMeta
from arena_operator.crd.status import SeriesStatus
from arena_operator.ports.store import Moved, Unmade
from arena_operator.reconcile.actions import CreateBattle, Notice, SeriesAction, SeriesPlan
from arena_operator.reconcile.children import child_of, is_child
from arena_operator.reconcile.observed import ObservedSeries
from arena_operator.reconcile.series import plan_series

ROUNDS: Final = 4
SOON: Final = timedelta(seconds=1)


class SeriesStorePort(Protocol):
    """Five verbs on a series and its battles. Writes carry uid and resourceVersion; raises Moved when those have changed."""

    async def children(self, meta: ResourceMeta) -> Sequence[Mapping[str, Any]]:
        """The manifests of the battles labelled with the series' name (`habitarena.io/series`) in its namespace; owned or not."""

    async def create(self, meta: ResourceMeta, manifest: Mapping[str, object]) -> None:
        """Make a battle; raises Unmade where the store refuses it or the name is taken by one that the series does not own."""

    async def delete(self, meta: ResourceMeta, name: str, uid: str) -> None:
        """Ask for the deletion of the battle with this name and uid; one that is gone is deleted."""

    async def write(
        self, meta: ResourceMeta, *, finalizers: Sequence[str] | None = None, status: SeriesStatus | None = None
    ) -> ResourceMeta:
        """Set the status; answers the metadata with its new version."""

    async def tell(self, meta: ResourceMeta, notices: Sequence[Notice]) -> None:
        """Events for people, where the store has them."""


@dataclass(frozen=True, slots=True)
class SeriesPass:
    """What a pass came to: when to look again (None: when something wakes us), the last plan, why it broke off if it did."""

    look_again_at: datetime | None
    plan: SeriesPlan
    observed: ObservedSeries
    error: str | None = None


async def reconcile_series(store: SeriesStorePort, meta: ResourceMeta, manifest: Mapping[str, Any], now: datetime) -> SeriesPass:
    """Make the battles whose time to open has come, delete those past the history limits, and say so in the status."""
    declared, status = read_series(manifest.get("spec")), read_series_status(manifest.get("status"))
    found = [child_of(child) for child in await store.children(meta) if is_child(meta, child)]
    observed = ObservedSeries(meta, declared, status, tuple(found))
    decided = plan_series(observed, now)
    try:
        for _ in range(ROUNDS):
            for action in decided.actions:
                observed = await _applied(store, observed, action)
            if not decided.actions:
                break
            decided = plan_series(observed, now)
        if decided.actions:
            return SeriesPass(now + SOON, decided, observed, "more to do than one pass takes")
        await _tell(store, observed, decided)
    except Moved:
        return SeriesPass(now + SOON, decided, observed, "the resource moved on while it was worked on")
    return SeriesPass(decided.look_again_at, decided, observed)


async def _applied(store: SeriesStorePort, observed: ObservedSeries, action: SeriesAction) -> ObservedSeries:
    seen = replace(observed, tried=observed.tried | {action.name})
    if not isinstance(action, CreateBattle):
        await store.delete(seen.meta, action.name, action.uid)
        return replace(seen, children=tuple(child for child in seen.children if child.name != action.name))
    try:
        await store.create(seen.meta, action.manifest)
    except Unmade as refusal:
        return replace(seen, unmade={**seen.unmade, action.name: str(refusal)})
    return replace(seen, children=(*seen.children, child_of(action.manifest)))


async def _tell(store: SeriesStorePort, observed: ObservedSeries, decided: SeriesPlan) -> None:
    if decided.status == observed.status:
        return
    meta = await store.write(observed.meta, status=decided.status)
    if decided.notices:
        await store.tell(meta, decided.notices)
