"""What a resource brings about: example by example, then any sequence of declarations, people and time."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.battles.domain.battle import OVER, Battle
from arena.battles.domain.declaring import NOBODY, Declaration, Resource, call_off, changed_field, check_newer, make, reshape
from arena.battles.domain.errors import AlreadyRunning, BattleClosed, BattleError, DeclarationStale, ScoringInvalid, WindowInPast
from arena.battles.domain.lifecycle import advance, create, finalise
from arena.contracts.battle_spec import BattleKind, BattleSpec, CancelReason, Phase, ScoringSpec, WindowSpec
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.ids import BattleId, UserId

use_tzdata_wheel()

OWNER = UserId(UUID(int=1))
BATTLE = BattleId(UUID(int=3))
MAY = datetime(2026, 5, 1, tzinfo=UTC)
START, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 8, tzinfo=UTC)
WINDOW = WindowSpec(datetime(2026, 6, 1), datetime(2026, 6, 8), "Etc/UTC", audit_minutes=30)  # noqa: DTZ001 - civil times have no offset
SPEC = BattleSpec(BattleKind.FREE_FOR_ALL, WINDOW)
KNOWN = Declaration("uid", Resource("Battle", "games", "june"), generation=3, fence=7, protect=False)
BEGUN = [Phase.RUNNING, Phase.GRACE, Phase.AUDIT]


def in_phase(phase: Phase, joined: int = 2) -> Battle:
    return replace(create(BATTLE, OWNER, "June", SPEC, MAY), phase=phase, joined=joined)


def as_declared(battle: Battle, at: datetime = MAY, name: str = "June", spec: BattleSpec = SPEC) -> Battle:
    return reshape(battle, name, spec, at=at, participants=())


def test_a_battle_that_a_resource_makes_is_open_and_nobody_s() -> None:
    battle = make(BATTLE, "June", SPEC, MAY)
    assert (battle.owner_id, battle.phase, battle.joined) == (NOBODY, Phase.OPEN, 0)
    assert battle.owner_id.version == 5, "accounts have ids of version 7"


def test_what_breaks_a_rule_makes_no_battle() -> None:
    with pytest.raises(ScoringInvalid):
        make(BATTLE, "June", replace(SPEC, scoring=ScoringSpec(points=0)), MAY)
    with pytest.raises(WindowInPast):
        make(BATTLE, "June", SPEC, END)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.DRAFT])
def test_what_is_as_declared_stays_the_same_in_every_phase_and_at_any_time(phase: Phase) -> None:
    battle = in_phase(phase)
    for at in (MAY, START, END + timedelta(days=365)):
        assert as_declared(battle, at) is battle


def test_a_draft_is_opened_if_there_is_still_time() -> None:
    assert as_declared(in_phase(Phase.DRAFT, 0)).phase is Phase.OPEN
    with pytest.raises(WindowInPast):
        as_declared(in_phase(Phase.DRAFT, 0), START)


@pytest.mark.parametrize(
    ("name", "spec", "changed"),
    [
        ("July", SPEC, "name"),
        ("June", replace(SPEC, kind=BattleKind.HEAD_TO_HEAD), "kind"),
        ("June", replace(SPEC, window=replace(WINDOW, time_zone="America/New_York")), "window.time_zone"),
        ("June", replace(SPEC, window=replace(WINDOW, grace_minutes=11)), "window.grace_minutes"),
        ("June", replace(SPEC, scoring=ScoringSpec(points=5)), "scoring.points"),
        ("June", replace(SPEC, max_participants=9), "max_participants"),
        ("June", replace(SPEC, invite_only=False), "invite_only"),
    ],
)
def test_another_definition_is_followed_before_the_start_and_refused_by_field_from_then_on(
    name: str, spec: BattleSpec, changed: str
) -> None:
    battle = in_phase(Phase.OPEN)
    assert changed_field(battle, name, spec) == changed
    after = as_declared(battle, START - timedelta(seconds=1), name, spec)
    assert (after.name, after.spec, after.phase, after.owner_id) == (name, spec, Phase.OPEN, OWNER)
    for late in (in_phase(phase) for phase in BEGUN):
        with pytest.raises(AlreadyRunning, match=changed) as refused:
            as_declared(late, MAY, name, spec)
        assert refused.value.field == changed
    with pytest.raises(AlreadyRunning):
        as_declared(battle, START, name, spec)
    for over in (in_phase(phase) for phase in OVER):
        with pytest.raises(BattleClosed, match=changed):
            as_declared(over, MAY, name, spec)


def test_every_field_of_a_battle_is_one_that_can_change() -> None:
    others: dict[str, Any] = {"window": replace(WINDOW, audit_minutes=1), "scoring": ScoringSpec(points=5), "kind": BattleKind.HEAD_TO_HEAD}
    others |= {"max_participants": 7, "invite_only": False}
    assert set(others) == {part.name for part in fields(BattleSpec)}
    for name, value in others.items():
        assert (changed_field(in_phase(Phase.OPEN), "June", replace(SPEC, **{name: value})) or "").partition(".")[0] == name


def test_what_has_not_begun_is_called_off_and_what_is_over_stays_as_it_is() -> None:
    for phase in (Phase.DRAFT, Phase.OPEN):
        assert call_off(in_phase(phase), MAY).cancelled_for is CancelReason.OWNER
    for phase in OVER:
        assert call_off(in_phase(phase), MAY) == in_phase(phase)
    for phase in BEGUN:
        with pytest.raises(AlreadyRunning):
            call_off(in_phase(phase), MAY)
    with pytest.raises(AlreadyRunning):
        call_off(in_phase(Phase.OPEN), START)


@pytest.mark.parametrize(("fence", "generation"), [(6, 3), (7, 2), (6, 99), (99, 2), (6, None)])
def test_an_older_generation_or_fence_is_late(fence: int, generation: int | None) -> None:
    with pytest.raises(DeclarationStale):
        check_newer(KNOWN, fence=fence, generation=generation)


@pytest.mark.parametrize(("fence", "generation"), [(7, 3), (8, 3), (7, 4), (8, 4), (7, None), (9, None)])
def test_the_same_and_newer_ones_are_not(fence: int, generation: int | None) -> None:
    check_newer(KNOWN, fence=fence, generation=generation)


def test_a_resource_is_named_as_people_know_it() -> None:
    assert str(KNOWN.resource) == "Battle games/june"


@dataclass
class World:
    """One battle, what its resource last said, and what was so when it began."""

    at: datetime = MAY
    battle: Battle | None = None
    known: Declaration | None = None

    def declare(self, generation: int, fence: int, points: int, days: int) -> None:
        wish = Declaration("uid", KNOWN.resource, generation, fence, protect=bool(points % 2))
        spec = replace(SPEC, scoring=ScoringSpec(points=points), window=replace(WINDOW, end=WINDOW.end + timedelta(days=days)))
        if self.known is None:
            self.battle = make(BATTLE, "June", spec, self.at)
        else:
            check_newer(self.known, fence=fence, generation=generation)
            assert self.battle
            self.battle = reshape(self.battle, "June", spec, at=self.at, participants=())
        self.known = wish

    def join(self) -> None:
        if self.battle and self.battle.phase is Phase.OPEN and self.at < self.battle.timetable.start:
            self.battle = replace(self.battle, joined=self.battle.joined + 1)

    def pass_time(self, hours: int) -> None:
        self.at += timedelta(hours=hours)
        for step in advance(self.battle, self.at) if self.battle else ():
            self.battle = step

    def score(self) -> None:
        if self.battle and self.battle.phase is Phase.AUDIT:
            self.battle = finalise(self.battle, "hash")

    def call_off(self, fence: int) -> None:
        if self.battle and self.known:
            check_newer(self.known, fence=fence)
            self.battle = call_off(self.battle, self.at)


def steps() -> st.SearchStrategy[Callable[[World], None]]:
    small = st.integers(0, 4)
    declare = st.tuples(small, small, st.integers(1, 3), st.integers(0, 2)).map(lambda given: lambda world: world.declare(*given))
    hours = st.sampled_from([1, 24, 24 * 30, 24 * 31, 24 * 40]).map(lambda given: lambda world: world.pass_time(given))
    off = small.map(lambda given: lambda world: world.call_off(given))
    return st.one_of(declare, declare, hours, off, st.just(World.join), st.just(World.score))


@settings(max_examples=300)
@given(st.lists(steps(), max_size=25))
def test_whatever_is_declared_nothing_is_edited_after_the_start_and_nothing_goes_back(
    script: list[Callable[[World], None]],
) -> None:
    world = World()
    order = list(Phase)
    for step in script:
        before = (world.battle, world.known)
        try:
            step(world)
        except BattleError:
            assert (world.battle, world.known) == before, "what is refused changes nothing"
        battle = world.battle
        if battle is None:
            continue
        assert battle.phase is not Phase.DRAFT
        if before[0]:
            assert order.index(battle.phase) >= order.index(before[0].phase)
        if before[1] and world.known:
            assert world.known.generation >= before[1].generation
            assert world.known.fence >= before[1].fence
        if world.at >= battle.timetable.start and before[0] and before[0].timetable.start <= world.at:
            assert battle.spec == before[0].spec
    if settled := world.battle:
        assert reshape(settled, settled.name, settled.spec, at=world.at, participants=()) is settled
