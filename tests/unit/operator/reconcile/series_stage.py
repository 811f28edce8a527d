"""A stage for series: a weekly battle on Fridays in Berlin, a fake store, and a clock that the test moves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from arena.contracts.battle_spec import BattleKind
from arena_operator.crd.declared import BattleTerms, DeclaredSeries
from arena_operator.crd.manifest import read_meta, read_series_status, series_manifest, status_manifest
from arena_operator.crd.meta import ResourceMeta
from arena_operator.crd.status import SeriesStatus
from arena_operator.ports.series import SeriesPass, reconcile_series
from arena_operator.ports.store import Moved, Unmade
from arena_operator.reconcile.actions import Notice

THURSDAY = datetime(2026, 6, 4, 12, tzinfo=UTC)
FRIDAY = datetime(2026, 6, 5, 16, tzinfo=UTC)
"""18:00 in Berlin."""
WEEK, DAY, HOUR, MINUTE = timedelta(days=7), timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
WEEKLY = DeclaredSeries("0 18 * * 5", "Europe/Berlin", timedelta(hours=2), BattleTerms(BattleKind.FREE_FOR_ALL))
UID = "5f0f9d4e-0000-4000-8000-00000000000a"


@dataclass
class FakeSeriesStore:
    """One series and the battles of its namespace."""

    manifest: dict[str, Any]
    battles: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[Notice] = field(default_factory=list)
    writes: int = 0

    async def children(self, meta: ResourceMeta) -> Sequence[Mapping[str, Any]]:
        del meta
        return list(self.battles.values())

    async def create(self, meta: ResourceMeta, manifest: Mapping[str, Any]) -> None:
        del meta
        name = manifest["metadata"]["name"]
        if name in self.battles:
            raise Unmade("its name is taken.")
        self.writes += 1
        self.battles[name] = {**manifest, "metadata": {**manifest["metadata"], "uid": f"uid-of-{name}"}}

    async def delete(self, meta: ResourceMeta, name: str, uid: str) -> None:
        del meta
        assert self.battles[name]["metadata"]["uid"] == uid
        self.writes += 1
        del self.battles[name]

    async def write(
        self, meta: ResourceMeta, *, finalizers: Sequence[str] | None = None, status: SeriesStatus | None = None
    ) -> ResourceMeta:
        del finalizers
        if meta.resource_version != self.manifest["metadata"]["resourceVersion"]:
            raise Moved
        self.writes += 1
        self.manifest["metadata"]["resourceVersion"] += "+"
        self.manifest["status"] = status_manifest(status) if status else {}
        return read_meta(self.manifest)

    async def tell(self, meta: ResourceMeta, notices: Sequence[Notice]) -> None:
        del meta
        self.told += notices


def series_of(declared: DeclaredSeries) -> dict[str, Any]:
    """The manifest as a store would hold it."""
    metadata = {"name": "friday", "namespace": "office", "uid": UID, "generation": 1, "resourceVersion": "1"}
    metadata["creationTimestamp"] = "2026-06-01T00:00:00Z"
    return {"apiVersion": "habitarena.io/v1alpha1", "kind": "BattleSeries", "metadata": metadata, "spec": series_manifest(declared)}


@dataclass
class SeriesStage:
    """Moves the clock and passes."""

    now: datetime = THURSDAY
    store: FakeSeriesStore = field(default_factory=lambda: FakeSeriesStore(series_of(WEEKLY)))

    @classmethod
    def of(cls, **changed: Any) -> "SeriesStage":
        """The weekly series, changed."""
        return cls(store=FakeSeriesStore(series_of(replace(WEEKLY, **changed))))

    async def reconcile(self, at: datetime | None = None) -> SeriesPass:
        """One pass, at this time from now on."""
        self.now = at or self.now
        return await reconcile_series(self.store, read_meta(self.store.manifest), self.store.manifest, self.now)

    def apply(self, declared: DeclaredSeries) -> None:
        """Another spec."""
        self.store.manifest["spec"] = series_manifest(declared)
        self.store.manifest["metadata"]["generation"] += 1

    def phase(self, name: str, phase: str) -> None:
        """What the platform says of a battle."""
        self.store.battles[name]["status"] = {"phase": phase}

    @property
    def names(self) -> list[str]:
        return sorted(self.store.battles)

    @property
    def status(self) -> SeriesStatus:
        return read_series_status(self.store.manifest.get("status"))

    @property
    def says(self) -> list[tuple[str, str, str]]:
        return [(str(found.type), str(found.status), found.reason) for found in self.status.conditions]
