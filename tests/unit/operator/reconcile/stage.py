"""A stage for the plan: one battle in June, a fake platform, a fake store, and a clock that the test moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from arena.contracts.battle_spec import BattleKind, WindowSpec
from arena_operator.crd.declared import BattleTerms, DeclaredBattle
from arena_operator.crd.manifest import ALLOW_DELETE, FINALIZER, battle_manifest, read_status
from arena_operator.crd.status import BattleStatus, Condition, ConditionType
from arena_operator.ports.namespace import NamespacePort
from arena_operator.ports.passes import Pass, Ports, reconcile_battle
from arena_operator.ports.testing import FakePlatform, FakeStore

MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
START, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 8, tzinfo=UTC)
GRACE, AUDIT = END + timedelta(minutes=10), END + timedelta(minutes=40)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WINDOW = WindowSpec(datetime(2026, 6, 1), datetime(2026, 6, 8), "Etc/UTC", audit_minutes=30)  # noqa: DTZ001 - civil times have no offset
TERMS = BattleTerms(BattleKind.FREE_FOR_ALL)
DECLARED = DeclaredBattle(TERMS, WINDOW)
UID = "5f0f9d4e-0000-4000-8000-000000000001"


def manifest_of(declared: DeclaredBattle = DECLARED) -> dict[str, Any]:
    """The manifest as a store would hold it."""
    metadata: dict[str, Any] = {
        "name": "june",
        "namespace": "office",
        "uid": UID,
        "generation": 1,
        "resourceVersion": "1",
        "creationTimestamp": "2026-05-01T11:59:00Z",
    }
    return {"apiVersion": "habitarena.io/v1alpha1", "kind": "Battle", "metadata": metadata, "spec": battle_manifest(declared)}


@dataclass
class Stage:
    """Moves the clock, applies, deletes, and passes."""

    now: datetime = MAY
    fence: int = 1
    platform: FakePlatform = field(default_factory=lambda: FakePlatform(MAY))
    store: FakeStore = field(default_factory=lambda: FakeStore(manifest_of()))
    shared: NamespacePort | None = None

    async def reconcile(self, at: datetime | None = None) -> Pass:
        """One pass, at this time from now on."""
        self.now = self.platform.now = at or self.now
        return await self._pass()

    async def reconcile_apart(self, skew: timedelta) -> Pass:
        """One pass whose clock is so far ahead of the platform's."""
        self.now = self.platform.now + skew
        return await self._pass()

    async def _pass(self) -> Pass:
        assert self.store.manifest is not None
        return await reconcile_battle(
            Ports(self.platform, self.store, self.shared), self.store.meta, self.store.manifest, self.now, self.fence
        )

    async def settle(self, at: datetime | None = None) -> Pass:
        """Passes until nothing is written any more, at most five; nothing to do when the resource is gone."""
        done = await self.reconcile(at)
        for _ in range(5):
            before = self.store.writes
            if self.store.manifest is None:
                return done
            done = await self.reconcile()
            if self.store.writes == before:
                return done
        raise AssertionError("it does not settle")

    def apply(self, declared: DeclaredBattle | Mapping[str, Any]) -> None:
        """Another spec."""
        assert self.store.manifest is not None
        self.store.touch()
        self.store.manifest["spec"] = battle_manifest(declared) if isinstance(declared, DeclaredBattle) else dict(declared)
        self.store.manifest["metadata"]["generation"] += 1

    def delete(self) -> None:
        """Ask for its deletion."""
        assert self.store.manifest is not None
        self.store.touch()
        self.store.manifest["metadata"]["deletionTimestamp"] = self.now.isoformat()
        if not self.store.meta.finalizers:
            self.store.manifest = None

    def allow_delete(self, said: str = "true") -> None:
        """Say that it may go while it runs."""
        assert self.store.manifest is not None
        self.store.touch()
        self.store.manifest["metadata"]["annotations"] = {ALLOW_DELETE: said}

    @property
    def gone(self) -> bool:
        return self.store.manifest is None

    @property
    def held(self) -> bool:
        return FINALIZER in self.store.meta.finalizers

    @property
    def status(self) -> BattleStatus:
        assert self.store.manifest is not None
        return read_status(self.store.manifest.get("status"))

    def condition(self, kind: ConditionType) -> Condition | None:
        return next((condition for condition in self.status.conditions if condition.type is kind), None)

    def says(self, kind: ConditionType) -> tuple[str, str] | None:
        """Status and reason of a condition."""
        found = self.condition(kind)
        return (str(found.status), found.reason) if found else None


def terms(**changed: Any) -> DeclaredBattle:
    """The battle with other terms."""
    return replace(DECLARED, terms=replace(TERMS, **changed))
