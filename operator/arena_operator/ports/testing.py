"""In-tree fakes of the two ports: a platform whose battles move by the clock, a store that counts its writes and knows versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from arena.contracts.battle_spec import CancelReason, Phase
from arena.contracts.events.battles import Timetable
from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.manifest import battle_spec, read_meta, status_manifest
from arena_operator.crd.meta import ResourceMeta
from arena_operator.crd.status import BattleStatus, SeriesStatus
from arena_operator.ports.store import Moved, Unmade
from arena_operator.reconcile.actions import Notice, key_of
from arena_operator.reconcile.observed import Held, HeldBattle, LiveView, NotDeclared, Refused, ServingState, Unavailable

_OVER = frozenset({Phase.FINAL, Phase.CANCELLED})
_BEFORE = frozenset({Phase.DRAFT, Phase.OPEN})


@dataclass(slots=True)
class FakeBattle:
    """One battle of the fake platform."""

    held: HeldBattle
    declared: DeclaredBattle | None
    uid: str | None
    fence: int = 0


@dataclass(slots=True)
class FakePlatform:
    """Battles in UTC that move by `now`: set it. `down` makes every call fail; `refusing` answers declarations with that refusal."""

    now: datetime
    down: str | None = None
    refusing: Refused | None = None
    joined: int = 2
    view: LiveView | None = None
    document: str | None = None
    battles: dict[UUID, FakeBattle] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    async def look(self, meta: ResourceMeta) -> Held:
        """The battle declared under this uid, moved on to now."""
        self.calls.append("look")
        if self.down is not None:
            return Unavailable(self.down)
        found = self.find(meta.uid)
        return found.held if found else NotDeclared()

    async def declare(self, meta: ResourceMeta, declared: DeclaredBattle, fence: int) -> Held | Refused:
        """Make it so, or refuse as the platform does."""
        self.calls.append("declare")
        if self.down is not None:
            return Unavailable(self.down)
        if self.refusing is not None:
            return self.refusing
        found = self.find(meta.uid)
        if found is not None:
            return self._redeclared(found, meta, declared, fence)
        if declared.battle_id is not None:
            return self._adopted(declared.battle_id, meta, declared, fence)
        return self._made(meta, declared, fence)

    async def withdraw(self, meta: ResourceMeta, fence: int, *, cancel: bool) -> Held | Refused:
        """Forget the declaration."""
        self.calls.append("withdraw")
        if self.down is not None:
            return Unavailable(self.down)
        found = self.find(meta.uid)
        if found is None:
            return NotDeclared()
        if fence < found.fence:
            return Refused("declaration-stale", "A newer leader has spoken.")
        if cancel and found.held.phase not in _OVER | _BEFORE:
            return Refused("already-running", "The battle has begun: it can no longer be changed or called off.")
        if cancel and found.held.phase in _BEFORE:
            found.held = replace(found.held, phase=Phase.CANCELLED, cancelled_for=CancelReason.OWNER)
        found.uid = None
        return NotDeclared()

    async def watch(self, battle_id: UUID) -> LiveView | Unavailable:
        """What live shows."""
        del battle_id
        self.calls.append("watch")
        return Unavailable("live is down") if self.down or self.view is None else self.view

    async def result(self, battle_id: UUID) -> str | Unavailable:
        """The document, with the hash in it."""
        self.calls.append("result")
        found = self.battles.get(battle_id)
        if self.down or found is None or found.held.result_hash is None:
            return Unavailable("There is no result.")
        return self.document or f'{{"result": {{}}, "hash": "{found.held.result_hash}"}}'

    def find(self, uid: str) -> FakeBattle | None:
        """The battle declared under this uid, moved on to now."""
        found = next((battle for battle in self.battles.values() if battle.uid == uid), None)
        if found is not None:
            found.held = _moved_on(found.held, self.now)
        return found

    def put(self, held: HeldBattle, declared: DeclaredBattle | None, uid: str | None) -> FakeBattle:
        """A battle that is there already; without `uid` a person made it."""
        self.battles[held.battle_id] = FakeBattle(held, declared, uid)
        return self.battles[held.battle_id]

    def _made(self, meta: ResourceMeta, declared: DeclaredBattle, fence: int) -> Held | Refused:
        times = timetable_of(declared)
        if times.start <= self.now:
            return Refused("window-in-past", "A battle starts in the future.", "window.start")
        number = UUID(int=len(self.battles) + 1)
        held = HeldBattle(number, Phase.OPEN, times, meta.generation, self.joined, len(declared.terms.players))
        self.put(held, declared, meta.uid).fence = fence
        return held

    def _adopted(self, battle_id: UUID, meta: ResourceMeta, declared: DeclaredBattle, fence: int) -> Held | Refused:
        found = self.battles.get(battle_id)
        if found is None:
            return Refused("battle-not-found", "There is no such battle.", "adopt")
        if found.uid is not None:
            return Refused("declared-elsewhere", "It is declared by another resource.")
        found.uid = meta.uid
        return self._redeclared(found, meta, declared, fence)

    def _redeclared(self, found: FakeBattle, meta: ResourceMeta, declared: DeclaredBattle, fence: int) -> Held | Refused:
        found.held = _moved_on(found.held, self.now)
        if fence < found.fence or meta.generation < found.held.generation:
            return Refused("declaration-stale", "A newer declaration was taken.")
        changed = found.declared is not None and battle_spec(found.declared) != battle_spec(declared)
        if changed and found.held.phase in _OVER:
            return Refused("battle-closed", "The battle is over.")
        if changed and found.held.phase not in _BEFORE:
            return Refused("already-running", "The battle has begun.", "window.start")
        times = timetable_of(declared) if found.held.phase in _BEFORE else found.held.timetable
        if changed and times.start <= self.now:
            return Refused("window-in-past", "A battle starts in the future.", "window.start")
        phase = Phase.OPEN if found.held.phase is Phase.DRAFT else found.held.phase
        found.held = replace(found.held, phase=phase, timetable=times, generation=meta.generation)
        found.declared, found.fence = declared, fence
        return found.held


@dataclass(slots=True)
class FakeStore:
    """One resource as a manifest, what it owns, and how often it was written."""

    manifest: dict[str, Any] | None
    objects: dict[str, Mapping[str, object]] = field(default_factory=dict)
    serving: tuple[ServingState, ...] = ()
    unmade: dict[str, str] = field(default_factory=dict)
    told: list[Notice] = field(default_factory=list)
    writes: int = 0

    @property
    def meta(self) -> ResourceMeta:
        """The metadata; raises KeyError once the resource is gone."""
        return read_meta(self.manifest or {})

    async def owned(self, meta: ResourceMeta) -> tuple[Mapping[str, Mapping[str, object]], Sequence[ServingState]]:
        """Everything owned."""
        del meta
        return dict(self.objects), self.serving

    async def write(
        self, meta: ResourceMeta, *, finalizers: Sequence[str] | None = None, status: BattleStatus | SeriesStatus | None = None
    ) -> ResourceMeta:
        """Set finalizers or status; a resource on its way out goes with its last finaliser, and what it owns with it."""
        if self.manifest is None or (self.meta.uid, self.meta.resource_version) != (meta.uid, meta.resource_version):
            raise Moved
        self.touch()
        if finalizers is not None:
            self.manifest["metadata"]["finalizers"] = list(finalizers)
        if status is not None:
            self.manifest["status"] = status_manifest(status)
        after = self.meta
        if after.deleting_since is not None and not after.finalizers:
            self.manifest, self.objects = None, {}
        return after

    async def ensure(self, meta: ResourceMeta, manifest: Mapping[str, object]) -> None:
        """Keep the object, unless told to refuse it."""
        del meta
        key = key_of(manifest)
        if key in self.unmade:
            raise Unmade(self.unmade[key])
        self.writes += 1
        self.objects[key] = manifest

    async def remove(self, meta: ResourceMeta, kind: str, name: str) -> None:
        """Forget the object."""
        del meta
        self.writes += 1
        self.objects.pop(f"{kind}/{name}", None)

    async def tell(self, meta: ResourceMeta, notices: Sequence[Notice]) -> None:
        """Note what was told."""
        del meta
        self.told += notices

    def touch(self) -> None:
        """Another version, as if somebody had written."""
        if self.manifest is not None:
            metadata = self.manifest["metadata"]
            metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
            self.writes += 1


def timetable_of(declared: DeclaredBattle) -> Timetable:
    """The window, its civil times taken as UTC."""
    window = declared.window
    start, end = window.start.replace(tzinfo=UTC), window.end.replace(tzinfo=UTC)
    grace = end + timedelta(minutes=window.grace_minutes)
    return Timetable(start, end, grace, grace + timedelta(minutes=window.audit_minutes), "2026a")


def _moved_on(held: HeldBattle, now: datetime) -> HeldBattle:
    times = held.timetable
    if held.phase is Phase.OPEN and times.start <= now:
        enough = held.joined >= 2  # noqa: PLR2004 - a battle needs two
        held = replace(held, phase=Phase.RUNNING) if enough else replace(held, phase=Phase.CANCELLED, cancelled_for=CancelReason.TOO_FEW)
    if held.phase is Phase.RUNNING and times.end <= now:
        held = replace(held, phase=Phase.GRACE)
    if held.phase is Phase.GRACE and times.grace_ends <= now:
        held = replace(held, phase=Phase.AUDIT)
    if held.phase is Phase.AUDIT and times.audit_ends <= now:
        held = replace(held, phase=Phase.FINAL, result_hash=f"{held.battle_id.int:064x}")
    return held
