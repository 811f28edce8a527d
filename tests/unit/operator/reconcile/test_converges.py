"""From any reachable or damaged status, whatever the platform holds and whatever the clock says, it settles and then writes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.contracts.battle_spec import CancelReason, Phase
from arena_operator.crd.declared import DeclaredBattle, DeletionPolicy, Results
from arena_operator.crd.manifest import FINALIZER, battle_manifest
from arena_operator.crd.meta import ResourceMeta, SpecProblem
from arena_operator.crd.status import BattleStatus, Condition, ConditionType, ResolvedWindow, StandingLine, Truth
from arena_operator.ports.passes import Pass, Ports, reconcile_battle
from arena_operator.ports.testing import FakePlatform, FakeStore, timetable_of
from arena_operator.reconcile.battle import plan
from arena_operator.reconcile.explain import explain
from arena_operator.reconcile.observed import HeldBattle, LiveView, NotDeclared, ObservedBattle, Refused, Unavailable
from tests.unit.operator.reconcile.stage import AUDIT, DECLARED, END, GRACE, MAY, MINUTE, START, TERMS, UID, manifest_of

BATTLE = UUID(int=7)
ROUNDS = 400
"""Passes, each when the one before asked for it, in which a battle may go from a draft to its end."""
QUIET = 5
EDGES = (START, END, GRACE, AUDIT, END + timedelta(days=1), GRACE + timedelta(days=1), AUDIT + timedelta(days=1))
OVER = AUDIT + timedelta(days=1, hours=3)

moments = st.sampled_from(
    [at + timedelta(seconds=seconds) for at in (MAY, START, END, AUDIT) for seconds in (-3600, -1, 0, 1, 30, 3600)]
    + [MAY + timedelta(days=days) for days in (-4000, 4000)]
)
aware = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are given without a zone
instants = moments | aware
any_instant = instants | st.datetimes()
words = st.text(max_size=12) | st.sampled_from(["Open", "Running", "Final", "Cancelled", "PlatformUnavailable", "WindowInPast", "Declared"])
conditions = st.builds(
    Condition,
    st.sampled_from(ConditionType),
    st.sampled_from(Truth),
    words,
    st.text(max_size=20),
    st.integers(-1, 3),
    any_instant,
)
lines = st.builds(StandingLine, st.uuids(), st.integers(-1, 9), st.integers(), st.none() | st.text(max_size=60))
windows = st.builds(ResolvedWindow, any_instant, any_instant, any_instant, any_instant, st.text(max_size=9))
statuses = st.builds(
    BattleStatus,
    observed_generation=st.integers(-1, 4),
    phase=words,
    battle_id=st.none() | st.just(BATTLE) | st.uuids(),
    window=st.none() | windows,
    participants=st.integers(-1, 9),
    viewers=st.integers(-1, 9),
    leader=st.text(max_size=9),
    standings=st.lists(lines, max_size=3).map(tuple),
    standings_at=st.none() | any_instant,
    result_hash=st.none() | st.text(max_size=9),
    replicas=st.integers(-1, 9),
    conditions=st.lists(conditions, max_size=6).map(tuple),
)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
damaged = st.dictionaries(
    st.sampled_from(["phase", "conditions", "window", "standingsAt", "battleId", "participants", "standings", "observedGeneration"])
    | st.text(),
    json
    | st.lists(
        st.fixed_dictionaries(
            {
                "type": st.sampled_from(["Ready", "Accepted", "Stalled", "Reconciling", "Finalised", "?"]),
                "status": st.sampled_from(["True", "False", "Unknown", "maybe", None]),
                "reason": words | st.none(),
                "message": st.text(max_size=9) | st.none(),
                "observedGeneration": st.integers(0, 3) | st.none(),
                "lastTransitionTime": st.sampled_from(["2026-05-01T00:00:00Z", "2099-01-01T00:00:00Z", "yesterday", None, 7]),
            }
        ),
        max_size=4,
    ),
    max_size=5,
)
specs = st.builds(
    lambda policy, results, protect, far: replace(
        DECLARED,
        terms=replace(TERMS, deletion_policy=policy, results=results, protect=protect),
        window=replace(DECLARED.window, end=DECLARED.window.end + far),
    ),
    st.sampled_from(DeletionPolicy),
    st.none() | st.just(Results("june-result")),
    st.booleans(),
    st.sampled_from([timedelta(0), timedelta(days=1)]),
)
spec_manifests = specs.map(battle_manifest) | json


def held_battles() -> st.SearchStrategy[HeldBattle]:
    return st.builds(
        lambda phase, generation, joined, why, digest: HeldBattle(
            BATTLE, phase, timetable_of(DECLARED), generation, joined, 0, why if phase is Phase.CANCELLED else None, digest
        ),
        st.sampled_from(Phase),
        st.integers(0, 3),
        st.integers(0, 5),
        st.none() | st.sampled_from(CancelReason),
        st.none() | st.just("f" * 64),
    )


refusals = st.builds(Refused, st.sampled_from(["already-running", "declaration-stale", "unknown-player", "", "§"]), st.text(max_size=9))
views = st.builds(LiveView, st.integers(0, 9), st.lists(lines, max_size=5).map(tuple), aware)


@st.composite
def observations(draw: st.DrawFn) -> ObservedBattle:
    """Anything that can be observed, damaged or not."""
    finalizers = draw(st.sampled_from([(), (FINALIZER,), ("example.org/other",), (FINALIZER, "example.org/other")]))
    annotations = draw(st.sampled_from([{}, {"habitarena.io/allow-delete": "true"}, {"habitarena.io/allow-delete": "yes"}]))
    deleting = draw(st.none() | aware)
    meta = ResourceMeta("Battle", "office", "june", UID, draw(st.integers(0, 3)), "1", draw(aware), deleting, finalizers, annotations)
    return ObservedBattle(
        meta,
        draw(specs | st.builds(SpecProblem, st.text(max_size=9), st.text(max_size=9))),
        draw(statuses),
        draw(held_battles() | st.just(NotDeclared()) | st.builds(Unavailable, st.text(max_size=9))),
        refused=draw(st.none() | refusals),
        live=draw(st.none() | views),
        result=draw(st.none() | st.text(max_size=9)),
        owned=draw(
            st.dictionaries(st.sampled_from(["ConfigMap/june-result", "Deployment/x", "nonsense"]), st.just({"kind": 1}), max_size=2)
        ),
        serves_pods=draw(st.booleans()),
        tried=draw(st.frozensets(st.sampled_from(["Hold", "Declare", "LetGo", "Release", "CallOff"]))),
    )


@given(observations(), instants)
@settings(max_examples=150, deadline=None)
def test_a_plan_is_total_and_the_same_for_the_same_observation(observed: ObservedBattle, now: datetime) -> None:
    decided = plan(observed, now)
    assert plan(observed, now) == decided
    assert decided.look_again_at is None or decided.look_again_at >= now
    assert not (decided.actions and decided.notices)
    explain(observed, decided, now)


@given(observations(), instants)
@settings(max_examples=100, deadline=None)
def test_a_settled_status_is_settled(observed: ObservedBattle, now: datetime) -> None:
    decided = plan(observed, now)
    if not decided.actions:
        again = plan(replace(observed, status=decided.status), now)
        assert again.actions == ()
        assert again.status == decided.status
        assert again.notices == ()


class World:
    """A resource, a platform with another battle in it, and a clock that goes to where each pass asked to be called again."""

    def __init__(self, manifest: dict[str, Any], platform: FakePlatform, now: datetime, skew: timedelta) -> None:
        self.store = FakeStore(manifest)
        self.platform, self.now, self.skew = platform, now, skew
        self.other = platform.put(HeldBattle(UUID(int=8), Phase.OPEN, timetable_of(DECLARED), 1, 2, 0), DECLARED, "another-uid")
        self.before = self.other.held

    async def reconcile(self) -> Pass:
        self.platform.now = self.now - self.skew
        assert self.store.manifest is not None
        return await reconcile_battle(Ports(self.platform, self.store), self.store.meta, self.store.manifest, self.now, 5)

    async def run(self) -> None:
        """Until it is gone, nothing more happens by itself, or nothing is written any more when all is over."""
        quiet = 0
        for _ in range(ROUNDS):
            before = self.store.writes
            done = await self.reconcile()
            quiet = quiet + 1 if self.store.writes == before and self.now > OVER else 0
            if self.store.manifest is None or done.look_again_at is None or quiet > QUIET:
                return
            self.now = self._hop(done.look_again_at)
        raise AssertionError(f"it does not come to rest: {self.store.manifest}")

    def _hop(self, at: datetime) -> datetime:
        """When it asked to be called; but where nothing happens for long, shortly before something does."""
        edge = next((edge + self.skew for edge in EDGES if edge + self.skew > at), at)
        return max(at, edge - 2 * MINUTE)


skews = st.sampled_from([timedelta(0), 90 * timedelta(seconds=1), -90 * timedelta(seconds=1), 20 * MINUTE])


def world(spec: object, status: object, held: HeldBattle | None, now: datetime, skew: timedelta, *, deleting: bool, allowed: bool) -> World:
    manifest = manifest_of()
    manifest["spec"], manifest["status"] = spec, status
    manifest["metadata"]["finalizers"] = [FINALIZER] if held or deleting else []
    if allowed:
        manifest["metadata"]["annotations"] = {"habitarena.io/allow-delete": "true"}
    if deleting:
        manifest["metadata"]["deletionTimestamp"] = MAY.isoformat()
    platform = FakePlatform(now)
    if held is not None:
        platform.put(held, DECLARED, UID)
    return World(manifest, platform, now, skew)


ordinary = st.sampled_from([at + timedelta(seconds=seconds) for at in (MAY, START, END, AUDIT) for seconds in (-1, 0, 1, 30, 3600)])


@given(spec_manifests, damaged, st.none() | held_battles(), ordinary, skews, st.booleans(), st.booleans())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_whatever_is_found_comes_to_rest_and_then_nothing_is_written(
    spec: object,
    status: object,
    held: HeldBattle | None,
    now: datetime,
    skew: timedelta,
    deleting: bool,  # noqa: FBT001 - drawn
    allowed: bool,  # noqa: FBT001 - drawn
) -> None:
    found = world(spec, status, held, now, skew, deleting=deleting, allowed=allowed)
    await found.run()
    assert found.other.held == found.before
    if found.store.manifest is not None:
        writes = found.store.writes
        for _ in range(3):
            await found.reconcile()
            found.now += 10 * MINUTE
        assert found.store.writes == writes


@given(specs, damaged, held_battles(), ordinary, skews, st.booleans())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_a_deletion_ends_and_leaves_nothing_behind(
    declared: DeclaredBattle,
    status: object,
    held: HeldBattle,
    now: datetime,
    skew: timedelta,
    allowed: bool,  # noqa: FBT001 - drawn
) -> None:
    found = world(battle_manifest(declared), status, held, now, skew, deleting=True, allowed=allowed)
    await found.run()
    assert found.store.manifest is None
    assert found.store.objects == {}
    assert found.platform.find(UID) is None
    assert found.platform.find("another-uid") is not None


@given(specs, damaged, ordinary, st.lists(st.sampled_from(["down", "refuse", "up"]), max_size=6))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_what_goes_wrong_on_the_way_changes_nothing_of_the_end(
    declared: DeclaredBattle, status: object, now: datetime, troubles: list[str]
) -> None:
    found = world(battle_manifest(declared), status, None, now, timedelta(0), deleting=False, allowed=False)
    for trouble in troubles:
        found.platform.down = "Away." if trouble == "down" else None
        found.platform.refusing = Refused("unknown-player", "Nobody.") if trouble == "refuse" else None
        done = await found.reconcile()
        found.now = done.look_again_at or found.now
    found.platform.down = found.platform.refusing = None
    await found.run()
    status_after = found.store.manifest["status"] if found.store.manifest else {}
    if found.platform.find(UID) is not None:
        assert (status_after["phase"], found.platform.find(UID).held.phase) == ("Final", Phase.FINAL)  # type: ignore[union-attr] # found
    else:
        reasons = {condition["type"]: condition["reason"] for condition in status_after["conditions"]}
        assert reasons["Stalled"] == "WindowInPast"
