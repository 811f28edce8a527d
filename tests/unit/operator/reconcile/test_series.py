"""A series makes its battles in time, once each, and keeps no more than it should."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from arena.contracts.civil import use_tzdata_wheel
from arena_operator.crd.declared import ConcurrencyPolicy, DeclaredBattle, MissedRunPolicy, Results
from arena_operator.crd.manifest import read_battle
from arena_operator.reconcile.children import bounds
from tests.unit.operator.reconcile.series_stage import DAY, FRIDAY, HOUR, MINUTE, THURSDAY, WEEK, WEEKLY, SeriesStage

use_tzdata_wheel()

FIRST, SECOND, THIRD = "friday-202606051600", "friday-202606121600", "friday-202606191600"


def windows(stage: SeriesStage) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Start and end of each battle, in UTC."""
    read = {name: read_battle(battle["spec"]) for name, battle in stage.store.battles.items()}
    return {name: bounds(found.window) for name, found in read.items() if isinstance(found, DeclaredBattle)}


async def test_a_battle_is_made_when_its_time_to_open_has_come() -> None:
    stage = SeriesStage()
    early = await stage.reconcile(THURSDAY)
    assert stage.names == []
    assert early.look_again_at == FRIDAY - DAY
    done = await stage.reconcile(FRIDAY - DAY)
    assert windows(stage) == {FIRST: (FRIDAY, FRIDAY + 2 * HOUR)}
    assert done.look_again_at == FRIDAY
    status = stage.status
    assert (status.active, status.last_schedule, status.next_schedule, status.missed) == ((FIRST,), FRIDAY, FRIDAY, 0)
    assert stage.says == [("Ready", "True", "Scheduled")]
    assert [notice.reason for notice in stage.store.told] == ["BattleCreated"]


async def test_a_battle_carries_owner_labels_and_names_of_its_own() -> None:
    terms = replace(WEEKLY.terms, results=Results("friday-result"))
    stage = SeriesStage.of(terms=terms)
    await stage.reconcile(FRIDAY - HOUR)
    made = stage.store.battles[FIRST]
    assert made["metadata"]["labels"]["habitarena.io/series"] == "friday"
    assert made["metadata"]["ownerReferences"][0]["kind"] == "BattleSeries"
    assert (made["spec"]["name"], made["spec"]["results"]["configMap"]) == ("friday", "friday-result-202606051600")


async def test_nothing_is_written_while_nothing_is_due() -> None:
    stage = SeriesStage()
    await stage.reconcile(FRIDAY - DAY)
    writes = stage.store.writes
    for minutes in range(3):
        await stage.reconcile(FRIDAY - DAY + minutes * MINUTE)
    assert stage.store.writes == writes


async def test_a_lost_status_makes_no_battle_twice() -> None:
    stage = SeriesStage()
    await stage.reconcile(FRIDAY - DAY)
    stage.store.manifest["status"] = {"lastSchedule": "nonsense", "missed": -3}
    await stage.reconcile()
    assert stage.names == [FIRST]
    assert (stage.status.last_schedule, stage.status.missed) == (FRIDAY, 0)


async def test_a_battle_that_somebody_deleted_is_not_made_again() -> None:
    stage = SeriesStage()
    await stage.reconcile(FRIDAY - DAY)
    del stage.store.battles[FIRST]
    await stage.reconcile(FRIDAY - HOUR)
    assert stage.names == []


async def test_missed_runs_are_skipped_and_counted() -> None:
    stage = SeriesStage()
    await stage.reconcile(FRIDAY + 2 * WEEK + HOUR)
    assert stage.names == []
    assert (stage.status.missed, stage.status.last_schedule) == (3, FRIDAY + 2 * WEEK)
    await stage.reconcile(FRIDAY + 2 * WEEK + 2 * HOUR)
    assert stage.status.missed == 3


async def test_under_run_once_the_newest_missed_run_is_made_up_for_once() -> None:
    stage = SeriesStage.of(missed_run_policy=MissedRunPolicy.RUN_ONCE)
    late = FRIDAY + 2 * WEEK + 3 * HOUR
    await stage.reconcile(late)
    await stage.reconcile(late + MINUTE)
    assert windows(stage) == {THIRD: (late + HOUR + 2 * MINUTE, late + 3 * HOUR + 2 * MINUTE)}
    assert stage.status.missed == 2


async def test_of_many_missed_runs_one_is_made_up_for_whatever_may_run_at_once() -> None:
    stage = SeriesStage.of(
        schedule="0 * * * *",
        duration=MINUTE,
        open_before=timedelta(),
        concurrency_policy=ConcurrencyPolicy.ALLOW,
        missed_run_policy=MissedRunPolicy.RUN_ONCE,
    )
    done = await stage.reconcile(THURSDAY)
    assert done.error is None
    await stage.reconcile(THURSDAY + MINUTE)
    assert stage.names == ["friday-202606041200"]


@pytest.mark.parametrize("policy", [ConcurrencyPolicy.FORBID, ConcurrencyPolicy.REPLACE])
async def test_a_missed_run_that_would_get_in_the_way_of_the_next_is_not_made_up_for(policy: ConcurrencyPolicy) -> None:
    daily = {"schedule": "0 18 * * *", "duration": timedelta(hours=23), "concurrency_policy": policy}
    stage = SeriesStage.of(missed_run_policy=MissedRunPolicy.RUN_ONCE, **daily)
    await stage.reconcile(FRIDAY + 12 * HOUR)
    assert [start for start, _ in windows(stage).values()] == [FRIDAY + DAY]


@pytest.mark.parametrize(
    ("policy", "names"),
    [
        (ConcurrencyPolicy.ALLOW, ["friday-202606041600", "friday-202606051600"]),
        (ConcurrencyPolicy.FORBID, ["friday-202606041600"]),
        (ConcurrencyPolicy.REPLACE, ["friday-202606041600"]),
    ],
)
async def test_a_battle_that_has_begun_gets_in_the_way_as_the_policy_says(policy: ConcurrencyPolicy, names: list[str]) -> None:
    stage = SeriesStage.of(schedule="0 18 * * *", duration=timedelta(hours=30), concurrency_policy=policy)
    stage.store.manifest["metadata"]["creationTimestamp"] = "2026-06-04T15:00:00Z"
    await stage.reconcile(THURSDAY + 3 * HOUR)
    stage.phase("friday-202606041600", "Running")
    await stage.reconcile(FRIDAY - 30 * MINUTE)
    assert stage.names == names


async def test_under_replace_no_battle_gives_way_to_the_next_of_its_own_schedule() -> None:
    stage = SeriesStage.of(schedule="0 * * * *", duration=timedelta(minutes=90), concurrency_policy=ConcurrencyPolicy.REPLACE)
    await stage.reconcile(THURSDAY + MINUTE)
    await stage.reconcile(THURSDAY + 2 * MINUTE)
    assert stage.names == ["friday-202606041300"]


async def test_replace_removes_a_battle_of_the_schedule_before_that_has_not_begun() -> None:
    stage = SeriesStage.of(concurrency_policy=ConcurrencyPolicy.REPLACE)
    await stage.reconcile(FRIDAY - HOUR)
    stage.phase(FIRST, "Open")
    stage.apply(replace(WEEKLY, schedule="0 19 * * 5", concurrency_policy=ConcurrencyPolicy.REPLACE))
    await stage.reconcile()
    assert stage.names == ["friday-202606051700"]


async def test_weeks_that_follow_each_other_do_not_overlap_when_the_clock_goes_forward() -> None:
    stage = SeriesStage.of(schedule="0 0 * * 1", duration=timedelta(days=7), open_before=timedelta(days=10))
    stage.store.manifest["metadata"]["creationTimestamp"] = "2026-03-20T00:00:00Z"
    await stage.reconcile(datetime(2026, 3, 20, 12, tzinfo=UTC))
    switched = datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert list(windows(stage).values()) == [(datetime(2026, 3, 22, 23, tzinfo=UTC), switched), (switched, switched + WEEK)]
    assert stage.status.missed == 0


async def test_nothing_is_made_while_suspended_and_nothing_made_up_for_later() -> None:
    stage = SeriesStage.of(suspend=True, missed_run_policy=MissedRunPolicy.RUN_ONCE)
    done = await stage.reconcile(FRIDAY - HOUR)
    assert done.look_again_at == FRIDAY
    assert (stage.says, stage.status.next_schedule) == ([("Ready", "True", "Suspended")], None)
    await stage.reconcile(FRIDAY)
    stage.apply(replace(WEEKLY, missed_run_policy=MissedRunPolicy.RUN_ONCE))
    await stage.reconcile(FRIDAY + HOUR)
    assert (stage.names, stage.status.missed) == ([], 0)


async def test_what_is_over_is_kept_up_to_the_limits() -> None:
    stage = SeriesStage.of(schedule="0 18 * * *", finished_battles_history_limit=2, cancelled_battles_history_limit=0)
    for day in range(5):
        await stage.reconcile(FRIDAY - HOUR + day * DAY)
        stage.phase(f"friday-2026060{5 + day}1600", "Cancelled" if day == 4 else "Final")
    await stage.reconcile()
    assert stage.names == ["friday-202606071600", "friday-202606081600"]


async def test_a_clock_that_jumped_ahead_costs_no_run_once_it_is_right_again() -> None:
    stage = SeriesStage()
    await stage.reconcile(FRIDAY + 52 * WEEK - HOUR)
    await stage.reconcile(FRIDAY - HOUR)
    assert FIRST in stage.names


@pytest.mark.parametrize(
    ("changed", "reason", "word"),
    [
        ({"schedule": "0 18 30 2 *"}, "SpecInvalid", "schedule"),
        ({"schedule": "0 18 29 2 MON#1"}, "Scheduled", "next"),
        ({"schedule": "61 * * * *"}, "SpecInvalid", "schedule"),
        ({"schedule": "0 0 0 18 * * 5"}, "SpecInvalid", "schedule"),
        ({"time_zone": "Europe/Atlantis"}, "SpecInvalid", "timeZone"),
    ],
)
async def test_a_schedule_that_cannot_be_followed_is_told(changed: dict[str, str], reason: str, word: str) -> None:
    stage = SeriesStage.of(**changed)
    await stage.reconcile()
    found = stage.status.conditions[0]
    assert (found.reason, word in found.message) == (reason, True)
    assert [condition.type for condition in stage.status.conditions] == ["Ready"] + ["Stalled"] * (reason == "SpecInvalid")


async def test_a_name_that_is_taken_is_told_and_tried_again() -> None:
    stage = SeriesStage()
    stage.store.battles[FIRST] = {"metadata": {"name": FIRST, "uid": "somebody-else"}, "spec": {}}
    done = await stage.reconcile(FRIDAY - DAY)
    assert stage.says == [("Ready", "False", "BattleRefused"), ("Reconciling", "True", "BattleRefused")]
    assert done.look_again_at is not None
    del stage.store.battles[FIRST]
    await stage.reconcile(done.look_again_at)
    assert stage.names == [FIRST]
    assert stage.says == [("Ready", "True", "Scheduled")]
