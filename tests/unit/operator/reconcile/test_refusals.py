"""What the platform refuses becomes a condition, and is asked again after minutes only."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from arena.contracts.battle_spec import Phase
from arena_operator.crd.status import ConditionType
from arena_operator.ports.testing import timetable_of
from arena_operator.reconcile.observed import HeldBattle, Refused
from arena_operator.reconcile.waiting import is_slot, next_slot
from tests.unit.operator.reconcile.stage import DECLARED, HOUR, MAY, MINUTE, SECOND, START, Stage, terms

READY, STALLED, RECONCILING, ACCEPTED = (
    ConditionType.READY,
    ConditionType.STALLED,
    ConditionType.RECONCILING,
    ConditionType.ACCEPTED,
)


def declares(stage: Stage) -> int:
    return stage.platform.calls.count("declare")


@pytest.mark.parametrize(
    ("slug", "reason"),
    [
        ("window-in-past", "WindowInPast"),
        ("unknown-player", "UnknownPlayer"),
        ("declared-elsewhere", "DeclaredElsewhere"),
        ("already-running", "FrozenWhileRunning"),
        ("battle-closed", "BattleClosed"),
        ("scoring-invalid", "ScoringInvalid"),
        ("überraschung", "Berraschung"),
        ("///", "Refused"),
        ("0-0", "Refused"),
    ],
)
async def test_a_refusal_is_a_condition_with_its_slug_as_the_reason(slug: str, reason: str) -> None:
    stage = Stage()
    stage.platform.refusing = Refused(slug, "It cannot be.", "window.start")
    await stage.settle()
    assert [stage.says(kind) for kind in (READY, STALLED, ACCEPTED)] == [("False", reason), ("True", reason), ("False", reason)]
    found = stage.condition(ACCEPTED)
    assert found is not None
    assert found.message.startswith("It cannot be. (spec.window.start) ")
    assert [notice.warning for notice in stage.store.told] == [True]
    assert stage.status.phase == "Pending"


async def test_a_refused_spec_is_not_sent_again_before_its_slot() -> None:
    stage = Stage()
    stage.platform.refusing = Refused("unknown-player", "Nobody has this address.", "players[0]")
    done = await stage.settle()
    assert (declares(stage), done.look_again_at) == (1, MAY + 2 * MINUTE)
    await stage.settle(MAY + MINUTE)
    assert declares(stage) == 1
    again = await stage.reconcile(MAY + 2 * MINUTE)
    assert (declares(stage), again.look_again_at) == (2, MAY + 6 * MINUTE)


async def test_what_is_refused_again_writes_nothing() -> None:
    stage = Stage()
    stage.platform.refusing = Refused("unknown-player", "Nobody has this address.")
    await stage.settle()
    writes = stage.store.writes
    for minutes in (2, 6, 14):
        await stage.reconcile(MAY + minutes * MINUTE)
    assert (declares(stage), stage.store.writes) == (4, writes)


async def test_what_is_no_longer_refused_recovers_by_itself() -> None:
    stage = Stage()
    stage.platform.refusing = Refused("unknown-player", "Nobody has this address.")
    await stage.settle()
    stage.platform.refusing = None
    await stage.settle(MAY + 2 * MINUTE)
    assert (stage.says(ACCEPTED), stage.says(STALLED), stage.status.phase) == (("True", "Declared"), None, "Open")


async def test_another_spec_is_sent_at_once() -> None:
    stage = Stage()
    stage.platform.refusing = Refused("battle-invalid", "No.")
    await stage.settle()
    stage.platform.refusing = None
    stage.apply(terms(name="Another"))
    await stage.settle(MAY + SECOND)
    assert stage.says(READY) == ("True", "Open")


async def test_a_frozen_field_is_refused_while_the_battle_goes_on() -> None:
    stage = Stage()
    await stage.settle()
    await stage.settle(START)
    stage.apply(replace(DECLARED, window=replace(DECLARED.window, end=DECLARED.window.end + timedelta(days=1))))
    await stage.settle(START + MINUTE)
    assert (stage.says(STALLED), stage.status.phase) == (("True", "FrozenWhileRunning"), "Running")
    stage.apply(DECLARED)
    await stage.settle(START + 2 * MINUTE)
    assert (stage.says(READY), stage.says(STALLED)) == (("True", "Running"), None)


async def test_a_spec_that_cannot_be_read_names_the_field_and_keeps_the_battle_in_view() -> None:
    stage = Stage()
    await stage.settle()
    stage.apply({"kind": "FreeForAll", "window": {"start": "yesterday"}})
    await stage.settle(START)
    assert (stage.says(STALLED), stage.status.phase) == (("True", "SpecInvalid"), "Running")
    found = stage.condition(ACCEPTED)
    assert found is not None
    assert "spec.window" in found.message


@pytest.mark.parametrize("fence", [0, 1])
async def test_a_stale_leader_writes_nothing(fence: int) -> None:
    stage = Stage(fence=2)
    await stage.settle()
    stage.apply(terms(name="Another"))
    stage.fence, writes = fence, stage.store.writes
    done = await stage.reconcile()
    assert stage.store.writes == writes
    assert done.look_again_at == stage.now + 5 * SECOND


async def test_a_resource_older_than_what_the_platform_has_says_so_and_sends_nothing() -> None:
    stage = Stage()
    await stage.settle()
    (battle,) = stage.platform.battles.values()
    battle.held = replace(battle.held, generation=9)
    stage.platform.calls.clear()
    await stage.settle()
    assert (stage.says(STALLED), declares(stage)) == (("True", "Overtaken"), 0)


async def test_an_existing_battle_is_adopted() -> None:
    stage = Stage()
    number = UUID(int=77)
    stage.platform.put(HeldBattle(number, Phase.OPEN, timetable_of(DECLARED), 0, 5, 0), DECLARED, None)
    stage.apply(replace(DECLARED, battle_id=number))
    await stage.settle()
    assert (stage.status.battle_id, stage.status.participants, stage.says(READY)) == (number, 5, ("True", "Open"))


async def test_a_battle_that_another_resource_declares_is_not_adopted() -> None:
    stage = Stage()
    number = UUID(int=77)
    other = stage.platform.put(HeldBattle(number, Phase.OPEN, timetable_of(DECLARED), 1, 5, 0), DECLARED, "another-uid")
    before = other.held
    stage.apply(replace(DECLARED, battle_id=number))
    await stage.settle()
    assert stage.says(STALLED) == ("True", "DeclaredElsewhere")
    stage.delete()
    await stage.reconcile()
    assert stage.gone
    assert (other.held, other.uid) == (before, "another-uid")


async def test_a_draft_is_opened_and_asked_for_once_a_pass_while_it_stays_one() -> None:
    stage = Stage()
    battle = stage.platform.put(HeldBattle(UUID(int=77), Phase.DRAFT, timetable_of(DECLARED), 1, 0, 0), DECLARED, stage.store.meta.uid)
    await stage.settle()
    assert (battle.held.phase, stage.status.phase) == (Phase.OPEN, "Open")


async def test_too_few_at_the_start_is_a_failure_that_nobody_waits_for() -> None:
    stage = Stage()
    stage.platform.joined = 1
    await stage.settle()
    done = await stage.settle(START)
    assert (stage.status.phase, stage.says(STALLED), stage.says(ConditionType.FINALISED)) == (
        "Cancelled",
        ("True", "TooFew"),
        ("False", "TooFew"),
    )
    assert done.look_again_at is None


def test_slots_come_after_two_six_fourteen_thirty_minutes_and_then_every_hour() -> None:
    at, minutes = MAY, []
    for _ in range(8):
        at = next_slot(MAY, at)
        minutes.append((at - MAY) // MINUTE)
    assert minutes == [2, 6, 14, 30, 62, 122, 182, 242]
    year = MAY + 365 * 24 * HOUR
    assert year < next_slot(MAY, year) <= year + HOUR


def test_a_slot_is_open_for_half_a_minute() -> None:
    assert [is_slot(MAY, MAY + 6 * MINUTE + seconds * SECOND) for seconds in (-1, 0, 29, 30)] == [False, True, True, False]
