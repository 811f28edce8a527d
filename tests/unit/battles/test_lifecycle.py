"""A battle's life: example by example, then any sequence of commands and due steps."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.battles.domain.battle import OVER, Battle, Participant, places
from arena.battles.domain.errors import AlreadyRunning, BattleClosed, BattleError, InvalidBattle, NotOwner, ScoringInvalid, WindowInPast
from arena.battles.domain.joining import join, leave
from arena.battles.domain.lifecycle import (
    Due,
    Transition,
    advance,
    called_off,
    cancel,
    close,
    create,
    due,
    edit,
    finalise,
    open_to_join,
    settle,
    start,
)
from arena.battles.domain.timetable import ParticipantDays
from arena.contracts.battle_spec import BattleKind, BattleSpec, CancelReason, DayRule, Phase, ScoringSpec, WindowSpec
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.habit import Weekday
from arena.contracts.ids import BattleId, HabitId, UserId

use_tzdata_wheel()

OWNER, OTHER = UserId(UUID(int=1)), UserId(UUID(int=2))
BATTLE = BattleId(UUID(int=3))
MAY = datetime(2026, 5, 1, tzinfo=UTC)
START, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 8, tzinfo=UTC)
GRACE, AUDIT = END + timedelta(minutes=10), END + timedelta(minutes=40)
SECOND = timedelta(seconds=1)
WINDOW = WindowSpec(datetime(2026, 6, 1), datetime(2026, 6, 8), "Etc/UTC", audit_minutes=30)  # noqa: DTZ001 - civil times have no offset
SPEC = BattleSpec(BattleKind.FREE_FOR_ALL, WINDOW)
ORDER = [Phase.DRAFT, Phase.OPEN, Phase.RUNNING, Phase.GRACE, Phase.AUDIT, Phase.FINAL]


def in_phase(phase: Phase, joined: int = 2) -> Battle:
    return replace(create(BATTLE, OWNER, "June", SPEC, MAY), phase=phase, joined=joined)


def test_a_new_battle_is_a_draft_that_knows_its_times() -> None:
    battle = create(BATTLE, OWNER, "June", SPEC, MAY)
    assert battle == Battle(BATTLE, OWNER, "June", SPEC, battle.timetable, Phase.DRAFT, 0, None, None)
    times = battle.timetable
    assert (times.start, times.end, times.grace_ends, times.audit_ends) == (START, END, GRACE, AUDIT)


def test_a_definition_that_breaks_a_rule_makes_no_battle() -> None:
    with pytest.raises(ScoringInvalid):
        create(BATTLE, OWNER, "June", replace(SPEC, scoring=ScoringSpec(points=0)), MAY)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (BattleSpec(BattleKind.HEAD_TO_HEAD, WINDOW), 2),
        (SPEC, 10_000),
        (replace(SPEC, max_participants=5), 5),
        (BattleSpec(BattleKind.HEAD_TO_HEAD, WINDOW, max_participants=2), 2),
    ],
)
def test_places_are_two_head_to_head_and_else_the_limit_named_or_ten_thousand(spec: BattleSpec, expected: int) -> None:
    assert places(spec) == expected
    assert replace(in_phase(Phase.OPEN), spec=spec).places == expected


def test_the_due_steps_lead_from_open_to_audit() -> None:
    battle = in_phase(Phase.OPEN)
    seen = [due(battle)]
    for step in (start, close, settle):
        battle = step(battle)
        seen.append(due(battle))
    assert seen == [Due(START, Transition.START), Due(END, Transition.CLOSE), Due(GRACE, Transition.SETTLE), None]
    assert battle.phase is Phase.AUDIT


@pytest.mark.parametrize("phase", [Phase.DRAFT, Phase.AUDIT, Phase.FINAL, Phase.CANCELLED])
def test_nothing_is_due_where_a_person_or_scoring_is_awaited(phase: Phase) -> None:
    assert due(in_phase(phase)) is None


@pytest.mark.parametrize(("step", "before", "after"), [(start, "open", "running"), (close, "running", "grace"), (settle, "grace", "audit")])
@pytest.mark.parametrize("phase", list(Phase))
def test_a_step_moves_a_battle_of_its_phase_and_leaves_every_other_alone(
    step: Callable[[Battle], Battle], before: str, after: str, phase: Phase
) -> None:
    battle = in_phase(phase)
    moved = step(battle)
    assert moved == (replace(battle, phase=Phase(after)) if phase == before else battle)
    assert step(moved) == moved


@pytest.mark.parametrize(("joined", "phase", "reason"), [(0, "cancelled", "too_few"), (1, "cancelled", "too_few"), (2, "running", None)])
def test_a_battle_starts_with_two_and_is_called_off_with_fewer(joined: int, phase: str, reason: str | None) -> None:
    started = start(in_phase(Phase.OPEN, joined))
    assert (started.phase, started.cancelled_for) == (phase, reason)


@pytest.mark.parametrize(
    ("at", "phases"),
    [
        (START - SECOND, []),
        (START, ["running"]),
        (END - SECOND, ["running"]),
        (END, ["running", "grace"]),
        (GRACE - SECOND, ["running", "grace"]),
        (GRACE, ["running", "grace", "audit"]),
        (GRACE + timedelta(days=99), ["running", "grace", "audit"]),
    ],
)
def test_after_a_night_without_the_system_every_step_due_is_taken_in_order(at: datetime, phases: list[str]) -> None:
    assert [battle.phase for battle in advance(in_phase(Phase.OPEN), at)] == phases


def test_a_battle_called_off_at_its_start_advances_no_further() -> None:
    assert [battle.phase for battle in advance(in_phase(Phase.OPEN, joined=1), AUDIT)] == [Phase.CANCELLED]


@pytest.mark.parametrize("phase", list(Phase))
def test_the_first_result_stands_and_comes_only_to_a_battle_that_has_begun(phase: Phase) -> None:
    battle = in_phase(phase)
    scored = finalise(battle, "first")
    if phase in {Phase.RUNNING, Phase.GRACE, Phase.AUDIT}:
        assert scored == replace(battle, phase=Phase.FINAL, result_hash="first")
    else:
        assert scored == battle
    assert finalise(scored, "second") == scored


def test_opening_is_for_the_owner_before_the_start_and_twice_is_once() -> None:
    draft = in_phase(Phase.DRAFT, 0)
    opened = open_to_join(draft, OWNER, START - SECOND)
    assert opened == replace(draft, phase=Phase.OPEN)
    assert open_to_join(opened, OWNER, START - SECOND) is opened
    with pytest.raises(NotOwner):
        open_to_join(draft, OTHER, MAY)
    with pytest.raises(WindowInPast):
        open_to_join(draft, OWNER, START)
    with pytest.raises(AlreadyRunning):
        open_to_join(opened, OWNER, START)


def test_calling_off_is_for_the_owner_before_the_start_and_twice_is_once() -> None:
    called = cancel(in_phase(Phase.OPEN), OWNER, START - SECOND)
    assert (called.phase, called.cancelled_for) == (Phase.CANCELLED, CancelReason.OWNER)
    assert cancel(called, OWNER, AUDIT) is called
    with pytest.raises(NotOwner) as refused:
        cancel(called, OTHER, MAY)
    assert (refused.value.battle_id, refused.value.detail) == (BATTLE, "Only the owner of this battle may do this.")
    assert cancel(in_phase(Phase.DRAFT), OWNER, AUDIT).phase is Phase.CANCELLED, "a draft never starts"


def test_a_battle_whose_start_is_due_is_running_even_if_the_step_is_late() -> None:
    for command in (cancel, open_to_join):
        with pytest.raises(AlreadyRunning) as refused:
            command(in_phase(Phase.OPEN), OWNER, START)
        assert (refused.value.battle_id, refused.value.phase) == (BATTLE, Phase.OPEN)
        assert refused.value.detail == "The battle has begun: it can no longer be changed or called off."


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.GRACE, Phase.AUDIT])
def test_a_battle_under_way_can_be_neither_changed_nor_called_off(phase: Phase) -> None:
    with pytest.raises(AlreadyRunning):
        cancel(in_phase(phase), OWNER, MAY)
    with pytest.raises(AlreadyRunning):
        edit(in_phase(phase), OWNER, "July", SPEC, at=MAY, participants=())


@pytest.mark.parametrize("phase", sorted(OVER))
def test_a_battle_that_is_over_cannot_be_changed(phase: Phase) -> None:
    with pytest.raises(BattleClosed) as refused:
        edit(in_phase(phase), OWNER, "July", SPEC, at=MAY, participants=())
    assert (refused.value.battle_id, refused.value.phase, refused.value.detail) == (BATTLE, phase, "The battle is over.")
    with pytest.raises(BattleClosed):
        cancel(replace(in_phase(Phase.FINAL), result_hash="h"), OWNER, MAY)


def test_an_edit_gives_another_name_and_definition_and_resolves_the_times_with_those_who_joined() -> None:
    own = replace(SPEC, window=replace(WINDOW, days=DayRule.OWN))
    edited = edit(in_phase(Phase.OPEN), OWNER, "July", own, at=MAY, participants=[ParticipantDays("Pacific/Kiritimati", 0)])
    assert (edited.name, edited.spec, edited.phase, edited.joined) == ("July", own, Phase.OPEN, 2)
    assert edited.timetable.start == START - timedelta(hours=14)


def test_an_edit_is_held_to_the_same_rules_as_a_new_battle() -> None:
    battle = in_phase(Phase.OPEN)
    with pytest.raises(NotOwner):
        edit(battle, OTHER, "July", SPEC, at=MAY, participants=())
    with pytest.raises(InvalidBattle, match="name"):
        edit(battle, OWNER, " ", SPEC, at=MAY, participants=())
    with pytest.raises(InvalidBattle, match="3 have joined already") as refused:
        edit(replace(battle, joined=3), OWNER, "July", replace(SPEC, max_participants=2), at=MAY, participants=())
    assert refused.value.field == "max_participants"
    assert edit(battle, OWNER, "July", replace(SPEC, max_participants=2), at=MAY, participants=()).places == 2
    with pytest.raises(WindowInPast):
        edit(in_phase(Phase.DRAFT), OWNER, "July", SPEC, at=START, participants=())


def test_a_battle_is_called_off_for_a_reason() -> None:
    assert called_off(in_phase(Phase.RUNNING), CancelReason.EVERYONE_LEFT).cancelled_for is CancelReason.EVERYONE_LEFT


def someone(user: int, at: datetime) -> Participant:
    return Participant(BATTLE, UserId(UUID(int=user)), (HabitId(UUID(int=user)),), "Asia/Tokyo", 180, Weekday.MON, at)


class World:
    """One battle and those in it; every command and step goes through the domain, refusals change nothing."""

    def __init__(self, spec: BattleSpec) -> None:
        self.battle = create(BATTLE, OWNER, "June", spec, MAY)
        self.people: dict[int, Participant] = {}

    def act(self, verb: str, user: int, at: datetime) -> None:
        with suppress(BattleError):
            getattr(self, verb)(user, at)

    def open(self, user: int, at: datetime) -> None:
        self.battle = open_to_join(self.battle, UserId(UUID(int=user)), at)

    def cancel(self, user: int, at: datetime) -> None:
        self.battle = cancel(self.battle, UserId(UUID(int=user)), at)

    def join(self, user: int, at: datetime) -> None:
        known = self.people.get(user)
        self.battle, self.people[user] = join(self.battle, someone(user, at), invited=True, known=known)

    def leave(self, user: int, at: datetime) -> None:
        others = [known.days for number, known in self.people.items() if number != user and known.left_at is None]
        known = self.people.get(user)
        self.battle, left = leave(self.battle, UserId(UUID(int=user)), known, others, at)
        if left:
            self.people[user] = left
        else:
            del self.people[user]

    def step(self, user: int, _at: datetime) -> None:
        """A due step that comes out of turn: asked for twice, or for a phase that is over."""
        self.battle = (start, close, settle)[user % 3](self.battle) if self.battle.phase is not Phase.OPEN else self.battle

    def night(self, _user: int, at: datetime) -> None:
        self.battle = [self.battle, *advance(self.battle, at)][-1]

    def score(self, user: int, at: datetime) -> None:
        if at >= AUDIT:
            self.battle = finalise(self.battle, f"hash {user}")


EVENING = START - timedelta(hours=20)
moments = st.sampled_from([EVENING, START - SECOND, START, END - SECOND, END, GRACE - SECOND, GRACE, AUDIT, AUDIT + SECOND])
verbs = st.sampled_from(["open", "cancel", "join", "join", "join", "leave", "step", "night", "night", "score"])


@settings(max_examples=300, deadline=None)
@given(acts=st.lists(st.tuples(verbs, st.integers(1, 4), moments), max_size=30), days=st.sampled_from(list(DayRule)), opened=st.booleans())
def test_whatever_is_asked_in_whatever_order_phases_only_move_forward(
    acts: list[tuple[str, int, datetime]], days: DayRule, *, opened: bool
) -> None:
    world = World(replace(SPEC, window=replace(WINDOW, days=days)))
    if opened:
        world.open(1, MAY)
    for verb, user, at in sorted(acts, key=lambda act: act[2]):
        before = world.battle
        world.act(verb, user, at)
        after = world.battle
        if before.phase in OVER:
            assert after == before
        elif after.phase is not Phase.CANCELLED:
            assert ORDER.index(after.phase) >= ORDER.index(before.phase)
        present = sum(known.left_at is None for known in world.people.values())
        assert after.joined == present
        assert (after.cancelled_for is not None) == (after.phase is Phase.CANCELLED)
        assert (after.result_hash is not None) == (after.phase is Phase.FINAL)
        if before.phase in {Phase.RUNNING, Phase.GRACE, Phase.AUDIT}:
            assert after.timetable == before.timetable, "once running, the times stand"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([START - SECOND, START, END, GRACE - SECOND, GRACE, AUDIT]), max_size=8).map(sorted))
def test_how_often_and_how_late_the_due_runner_comes_makes_no_difference(visits: list[datetime]) -> None:
    lived = [in_phase(Phase.OPEN)]
    for at in visits:
        lived += advance(lived[-1], at)
    assert lived == [in_phase(Phase.OPEN), *advance(in_phase(Phase.OPEN), max(visits, default=MAY))]
