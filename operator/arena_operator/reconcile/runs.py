"""What becomes of the runs of a series: each is decided about once, when its time to open has come."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Final

from arena_operator.crd.declared import ConcurrencyPolicy, DeclaredSeries, MissedRunPolicy
from arena_operator.reconcile.actions import CreateBattle, DeleteBattle, SeriesAction
from arena_operator.reconcile.children import bounds, child_manifest, name_at
from arena_operator.reconcile.history import BEFORE_START, is_active
from arena_operator.reconcile.observed import ChildBattle, ObservedSeries
from arena_operator.reconcile.schedule import runs_after, runs_before, window_of
from arena_operator.reconcile.words import instant

RUNS: Final = 100
"""Runs decided about in one pass; further ones wait for the next."""
ACTIVE: Final = 100
"""Battles of a series that are not over; while there are so many, no further one is made."""
JOINING: Final = timedelta(hours=1)
"""A missed run that is made up for starts after `open_before`, at most so much, so that people can join."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What became of them: battles to make and delete, runs skipped (in words) and their number, the newest run decided about.

    `next_opening`: when the next one is to be decided about; None if there is none.
    """

    newest: datetime | None
    actions: tuple[SeriesAction, ...] = ()
    skipped: tuple[str, ...] = ()
    missed: int = 0
    next_opening: datetime | None = None


def decide(observed: ObservedSeries, declared: DeclaredSeries, now: datetime) -> Decisions:
    """Past runs first, then those whose time to open has come; raises NoSchedule."""
    until = _decided_until(observed, now)
    past = list(islice(takewhile(lambda run: run > until, runs_before(declared, now)), RUNS))
    newest = past[0] if past else observed.status.last_schedule
    if declared.suspend:
        return Decisions(newest)
    undone = [run for run in past if not _is_there(observed, run)]
    made_up = _made_up(observed, declared, undone, now) if undone[:1] == past[:1] else ()
    missed = len(undone) - len(made_up)
    words = (f"{missed} missed up to {instant(past[0])}",) if missed else ()
    return _upcoming(observed, declared, Decisions(newest, made_up, words, missed), now)


def _decided_until(observed: ObservedSeries, now: datetime) -> datetime:
    """Runs up to then need no decision: by the status; where that was lost, by what is there; never before the series was made."""
    begun = [child.start for child in observed.children if child.start is not None and child.start <= now]
    return max([observed.meta.created, *begun, *([observed.status.last_schedule] if observed.status.last_schedule else [])])


def _made_up(observed: ObservedSeries, declared: DeclaredSeries, undone: list[datetime], now: datetime) -> tuple[SeriesAction, ...]:
    """The newest missed run, under RunOnce, if it does not get in the way of one that stands or of the next."""
    if declared.missed_run_policy is not MissedRunPolicy.RUN_ONCE or not undone or name_at(observed.meta.name, undone[0]) in observed.tried:
        return ()
    start = (now + min(declared.open_before, JOINING) + timedelta(minutes=2)).replace(second=0, microsecond=0)
    window = window_of(declared, start)
    stands = [child for child in observed.children if is_active(child, now)]
    following = next(runs_after(declared, now), None)
    ends = bounds(window)[1]
    meets_next = following and ends and following < ends and declared.concurrency_policy is not ConcurrencyPolicy.ALLOW
    if meets_next or _in_the_way(declared, start, ends, stands):
        return ()
    return (CreateBattle(child_manifest(observed.meta, declared, undone[0], window), f"it makes up for {instant(undone[0])}"),)


def _upcoming(observed: ObservedSeries, declared: DeclaredSeries, decided: Decisions, now: datetime) -> Decisions:
    standing = [child for child in observed.children if is_active(child, now)]
    until = max(now, _decided_until(observed, now))
    before = next(runs_before(declared, until), None)
    for count, run in enumerate(runs_after(declared, until)):
        opens = _opening(declared, run, before)
        if opens > now:
            return replace(decided, next_opening=opens)
        if count >= RUNS or len(standing) >= ACTIVE:
            return replace(decided, next_opening=now + timedelta(seconds=1 if count >= RUNS else 60))
        if name_at(observed.meta.name, run) in observed.unmade:
            return decided
        before, decided = run, _one(observed, declared, decided, run, standing)
    return decided


def _opening(declared: DeclaredSeries, run: datetime, before: datetime | None) -> datetime:
    """When a run is decided about. Under Replace not before the run before it has begun: no run would ever be played otherwise."""
    opens = run - declared.open_before
    return max(opens, before) if before and declared.concurrency_policy is ConcurrencyPolicy.REPLACE else opens


def _one(observed: ObservedSeries, declared: DeclaredSeries, decided: Decisions, run: datetime, standing: list[ChildBattle]) -> Decisions:
    """Decide about one run; `standing` are the battles that are not over, and follows what is decided."""
    if _is_there(observed, run):
        return replace(decided, newest=run)
    window = window_of(declared, run)
    start, end = bounds(window)
    obstacles = _in_the_way(declared, run, end, standing)
    if obstacles and (_forbids(declared) or any(child.phase not in BEFORE_START for child in obstacles)):
        why = f"{instant(run)}: {obstacles[0].name} still goes on"
        return replace(decided, newest=run, missed=decided.missed + 1, skipped=(*decided.skipped, why))
    replaced = tuple(DeleteBattle(child.name, child.uid, f"the run of {instant(run)} replaces it") for child in obstacles)
    standing[:] = [
        *(child for child in standing if child not in obstacles),
        ChildBattle(name_at(observed.meta.name, run), "", "Pending", start, end),
    ]
    made = CreateBattle(child_manifest(observed.meta, declared, run, window), f"it starts at {instant(run)}")
    return replace(decided, newest=run, actions=(*decided.actions, *replaced, made))


def _in_the_way(declared: DeclaredSeries, start: datetime, end: datetime | None, standing: list[ChildBattle]) -> list[ChildBattle]:
    """The battles whose windows overlap; one that ends when the other starts does not."""
    if declared.concurrency_policy is ConcurrencyPolicy.ALLOW or end is None:
        return []
    return [child for child in standing if child.start and child.end and child.start < end and start < child.end]


def _forbids(declared: DeclaredSeries) -> bool:
    return declared.concurrency_policy is ConcurrencyPolicy.FORBID


def _is_there(observed: ObservedSeries, run: datetime) -> bool:
    name = name_at(observed.meta.name, run)
    return any(child.name == name for child in observed.children)
