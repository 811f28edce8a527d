from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from arena.battles.domain.battle import Battle, Participant
from arena.battles.domain.errors import BattleClosed, BattleFull, InviteNeeded, NotParticipating, ParticipantInvalid
from arena.battles.domain.joining import check_decision, join, leave
from arena.battles.domain.lifecycle import create
from arena.battles.domain.timetable import ParticipantDays
from arena.contracts.battle_spec import BattleKind, BattleSpec, CancelReason, DayRule, Phase, WindowSpec
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.habit import Weekday
from arena.contracts.ids import BattleId, HabitId, UserId

use_tzdata_wheel()

OWNER, OTHER, THIRD = (UserId(UUID(int=n)) for n in (1, 2, 3))
BATTLE = BattleId(UUID(int=9))
MAY = datetime(2026, 5, 1, tzinfo=UTC)
START, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WINDOW = WindowSpec(datetime(2026, 6, 1), datetime(2026, 6, 8), "Etc/UTC", audit_minutes=30)  # noqa: DTZ001 - civil times have no offset
AUDIT = END + timedelta(minutes=40)


def battle(
    phase: Phase = Phase.OPEN, joined: int = 0, kind: BattleKind = BattleKind.FREE_FOR_ALL, days: DayRule = DayRule.INSTANT
) -> Battle:
    spec = BattleSpec(kind, replace(WINDOW, days=days))
    return replace(create(BATTLE, OWNER, "June", spec, MAY), phase=phase, joined=joined)


def participant(user: UserId = OTHER, zone: str = "Etc/UTC", day_start: int = 0, at: datetime = MAY) -> Participant:
    return Participant(BATTLE, user, (HabitId(UUID(int=7)),), zone, day_start, Weekday.MON, at)


def test_whoever_joins_takes_a_place_with_what_they_came_with() -> None:
    after, joined = join(battle(), participant(), invited=True)
    assert joined == participant()
    assert after == battle(joined=1)


def test_joining_twice_is_joining_once_whatever_is_said_the_second_time() -> None:
    first, known = join(battle(), participant(), invited=True)
    again, still = join(first, participant(zone="Asia/Tokyo"), invited=False, known=known)
    assert again is first
    assert still is known
    assert join(replace(first, phase=Phase.FINAL), participant(), invited=False, known=known)[1] is known


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.OPEN])
def test_nobody_joins_a_battle_that_is_not_open(phase: Phase) -> None:
    with pytest.raises(BattleClosed) as refused:
        join(battle(phase), participant(), invited=True)
    assert (refused.value.battle_id, refused.value.phase) == (BATTLE, phase)
    not_yet = "The battle is not open yet."
    assert (refused.value.detail == not_yet) == (phase is Phase.DRAFT)
    assert phase is Phase.DRAFT or refused.value.detail == "The battle has begun or is over: nobody can join any more."


def test_joining_ends_at_the_start_even_if_the_step_is_late() -> None:
    assert join(battle(), participant(at=START - SECOND), invited=True)[0].joined == 1
    with pytest.raises(BattleClosed) as refused:
        join(battle(), participant(at=START), invited=True)
    assert refused.value.phase is Phase.OPEN


def test_an_invite_is_needed_unless_the_battle_is_for_all_or_ones_own() -> None:
    with pytest.raises(InviteNeeded) as refused:
        join(battle(), participant(OTHER), invited=False)
    assert (refused.value.battle_id, refused.value.field) == (BATTLE, "invite")
    assert "by invitation" in refused.value.detail
    assert join(battle(), participant(OWNER), invited=False)[0].joined == 1
    public = replace(battle(), spec=replace(battle().spec, invite_only=False))
    assert join(public, participant(OTHER), invited=False)[0].joined == 1


def test_a_full_battle_takes_nobody_more() -> None:
    assert join(battle(kind=BattleKind.HEAD_TO_HEAD, joined=1), participant(), invited=True)[0].joined == 2
    with pytest.raises(BattleFull) as refused:
        join(battle(kind=BattleKind.HEAD_TO_HEAD, joined=2), participant(), invited=True)
    assert (refused.value.battle_id, refused.value.max_participants) == (BATTLE, 2)
    assert refused.value.detail == "All 2 places in this battle are taken."


def test_what_somebody_joins_with_is_checked() -> None:
    with pytest.raises(ParticipantInvalid):
        join(battle(), replace(participant(), habits=()), invited=True)


def test_own_days_of_who_joins_move_the_window_and_instants_do_not() -> None:
    far_east = participant(zone="Pacific/Kiritimati")
    assert join(battle(), far_east, invited=True)[0].timetable == battle().timetable
    own = battle(days=DayRule.OWN)
    assert join(own, far_east, invited=True)[0].timetable.start == START - timedelta(hours=14)


def test_leaving_before_the_start_leaves_no_trace() -> None:
    own = battle(days=DayRule.OWN)
    joined, known = join(join(own, participant(OWNER), invited=True)[0], participant(OTHER, "Pacific/Kiritimati"), invited=True)
    after, left = leave(joined, OTHER, known, [participant(OWNER).days], MAY)
    assert left is None
    assert after == join(own, participant(OWNER), invited=True)[0]
    with pytest.raises(NotParticipating) as refused:
        leave(after, OTHER, None, [], MAY)
    assert (refused.value.battle_id, refused.value.user_id, refused.value.detail) == (BATTLE, OTHER, "You are not in this battle.")


def test_who_leaves_can_come_back_before_the_start() -> None:
    joined, known = join(battle(), participant(), invited=True)
    back, again = join(leave(joined, OTHER, known, [], MAY)[0], participant(at=START - SECOND), invited=True)
    assert back.joined == 1
    assert again.joined_at == START - SECOND


def test_leaving_while_it_runs_forfeits_and_twice_is_once() -> None:
    running = battle(Phase.RUNNING, joined=3)
    after, left = leave(running, OTHER, participant(), [], START)
    assert left == replace(participant(), left_at=START)
    assert after == replace(running, joined=2)
    assert leave(after, OTHER, left, [], END + SECOND) == (after, left)


def test_leaving_at_the_start_forfeits_even_if_the_step_is_late() -> None:
    own = battle(days=DayRule.OWN, joined=2)
    after, left = leave(own, OTHER, participant(), [ParticipantDays("Pacific/Pago_Pago", 0)], START)
    assert left == replace(participant(), left_at=START)
    assert after == replace(own, phase=Phase.RUNNING, joined=1), "the times stand once it runs"
    with pytest.raises(BattleClosed):
        leave(battle(joined=1), OTHER, participant(), [], START)
    assert leave(battle(joined=2), OTHER, participant(), [], START - SECOND)[1] is None


def test_when_the_last_one_leaves_the_battle_is_called_off() -> None:
    after, left = leave(battle(Phase.RUNNING, joined=1), OTHER, participant(), [], END - SECOND)
    assert (after.phase, after.cancelled_for, after.joined) == (Phase.CANCELLED, CancelReason.EVERYONE_LEFT, 0)
    assert left == replace(participant(), left_at=END - SECOND)


def test_nobody_leaves_after_the_window_even_if_the_step_is_late() -> None:
    for phase in (Phase.RUNNING, Phase.GRACE, Phase.AUDIT, Phase.FINAL, Phase.CANCELLED):
        with pytest.raises(BattleClosed) as refused:
            leave(battle(phase, joined=2), OTHER, participant(), [], END)
        assert (refused.value.battle_id, refused.value.phase) == (BATTLE, phase)
        assert "nobody can leave" in refused.value.detail


def test_who_forfeited_does_not_come_back() -> None:
    gone = replace(participant(), left_at=START)
    with pytest.raises(BattleClosed):
        join(battle(Phase.RUNNING, joined=1), participant(at=START + SECOND), invited=True, known=gone)


def test_arbiters_decide_from_the_start_to_the_end_of_the_audit() -> None:
    for phase in (Phase.RUNNING, Phase.GRACE, Phase.AUDIT):
        check_decision(battle(phase), AUDIT - SECOND)
        with pytest.raises(BattleClosed) as refused:
            check_decision(battle(phase), AUDIT)
        assert (refused.value.battle_id, refused.value.phase) == (BATTLE, phase)
    for phase in (Phase.DRAFT, Phase.OPEN, Phase.FINAL, Phase.CANCELLED):
        with pytest.raises(BattleClosed, match="Arbiters decide"):
            check_decision(battle(phase), AUDIT - SECOND)
