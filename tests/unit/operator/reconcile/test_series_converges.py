"""A series under any schedule, policy, clock and damage: total, no run made twice, and at rest between its runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from arena.contracts.battle_spec import DayRule
from arena.contracts.civil import use_tzdata_wheel
from arena_operator.crd.declared import ConcurrencyPolicy, DeclaredSeries, MissedRunPolicy, SeriesWindow
from arena_operator.crd.meta import ResourceMeta, SpecProblem
from arena_operator.crd.status import SeriesStatus
from arena_operator.reconcile.children import bounds
from arena_operator.reconcile.observed import ChildBattle, ObservedSeries
from arena_operator.reconcile.schedule import NoSchedule, runs_after, window_of
from arena_operator.reconcile.series import plan_series
from tests.unit.operator.reconcile.series_stage import DAY, HOUR, MINUTE, UID, WEEKLY, FakeSeriesStore, SeriesStage, series_of
from tests.unit.operator.reconcile.test_converges import any_instant, conditions, damaged

use_tzdata_wheel()

zones = st.sampled_from(["Europe/Berlin", "Etc/UTC", "America/St_Johns", "Pacific/Apia", "Africa/Cairo", "Australia/Lord_Howe"])
schedules = st.sampled_from(["0 18 * * 5", "30 2 * * *", "0 0 * * *", "*/20 * * * *", "0 * * * *", "0 0 29 2 *", "0 12 1 * *"])
changes = st.sampled_from(
    [datetime(2026, month, day, hour, tzinfo=UTC) for month in (3, 4, 9, 10) for day in (1, 25, 29) for hour in (0, 13)]
)
declared_series = st.builds(
    replace,
    st.just(WEEKLY),
    schedule=schedules,
    time_zone=zones,
    duration=st.sampled_from([MINUTE, 90 * MINUTE, DAY, 36 * HOUR, 7 * DAY]),
    open_before=st.sampled_from([timedelta(), HOUR, 5 * HOUR]),
    concurrency_policy=st.sampled_from(ConcurrencyPolicy),
    missed_run_policy=st.sampled_from(MissedRunPolicy),
    suspend=st.booleans(),
    window=st.builds(SeriesWindow, st.sampled_from(DayRule)),
    finished_battles_history_limit=st.integers(0, 3),
)
children = st.builds(
    ChildBattle,
    st.text(max_size=9),
    st.text(max_size=9),
    st.sampled_from(["Pending", "Open", "Running", "Final", "Cancelled", "?"]),
    st.none() | changes,
    st.none() | changes,
    st.booleans(),
)
statuses = st.builds(
    SeriesStatus,
    st.integers(-1, 3),
    st.lists(st.text(max_size=9), max_size=3).map(tuple),
    st.none() | any_instant,
    st.none() | any_instant,
    st.integers(-3, 9),
    st.lists(conditions, max_size=4).map(tuple),
)
metas = st.builds(
    lambda name, created, deleting: ResourceMeta("BattleSeries", "office", name, UID, 1, "1", created, deleting),
    st.sampled_from(["friday", "f" * 250]),
    changes,
    st.none() | changes,
)


@given(
    metas,
    declared_series | st.builds(replace, declared_series, schedule=st.text(max_size=12)) | st.just(SpecProblem("spec", "it is none")),
    statuses,
    st.lists(children, max_size=4).map(tuple),
    changes,
)
@settings(max_examples=80, deadline=None)
def test_a_plan_of_a_series_is_total_and_the_same_for_the_same_observation(
    meta: ResourceMeta, declared: DeclaredSeries | SpecProblem, status: SeriesStatus, found: tuple[ChildBattle, ...], now: datetime
) -> None:
    observed = ObservedSeries(meta, declared, status, found)
    decided = plan_series(observed, now)
    assert plan_series(observed, now) == decided
    assert decided.look_again_at is None or decided.look_again_at >= now


@given(declared_series, damaged, changes)
@settings(max_examples=25, deadline=None)
async def test_a_series_comes_to_rest_and_makes_no_run_twice(declared: DeclaredSeries, status: object, now: datetime) -> None:
    manifest = series_of(declared)
    manifest["metadata"]["creationTimestamp"] = (now - 3 * DAY).isoformat()
    manifest["status"] = status
    stage = SeriesStage(now, FakeSeriesStore(manifest))
    for _ in range(10):
        before = stage.store.writes
        await stage.reconcile()
        if stage.store.writes == before:
            break
    writes, names = stage.store.writes, stage.names
    for _ in range(3):
        await stage.reconcile()
    assert (stage.store.writes, stage.names) == (writes, names)


@given(declared_series, changes)
@settings(max_examples=80, deadline=None)
def test_the_window_of_a_run_begins_with_it_and_lasts_as_declared(declared: DeclaredSeries, now: datetime) -> None:
    run = next(runs_after(declared, now))
    try:
        window = window_of(declared, run)
    except NoSchedule:
        assert declared.window.days is DayRule.OWN
        return
    start, end = bounds(window)
    assert start is not None
    assert end is not None
    if declared.window.days is DayRule.INSTANT:
        assert start == run
    slack = timedelta(hours=25) if declared.duration % DAY == timedelta() else timedelta()
    assert abs(end - start - declared.duration) <= slack
    assert window.end - window.start == declared.duration or declared.duration % DAY
