"""The plan of a `BattleSeries`: pure and total.

`last_schedule` is the newest run that was decided about; that a battle of a run's name exists decides as well, so nothing is made twice
when a status was lost.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from arena_operator.crd.declared import DeclaredSeries
from arena_operator.crd.meta import SpecProblem
from arena_operator.crd.status import ConditionType, SeriesStatus, Truth
from arena_operator.reconcile.actions import Notice, SeriesPlan
from arena_operator.reconcile.children import NAME_LENGTH
from arena_operator.reconcile.conditions import Verdict, find, merged, sound
from arena_operator.reconcile.history import is_active, past_limits
from arena_operator.reconcile.observed import ObservedSeries
from arena_operator.reconcile.runs import Decisions, decide
from arena_operator.reconcile.schedule import NoSchedule, runs_after
from arena_operator.reconcile.waiting import growing
from arena_operator.reconcile.words import instant, plain

_SLACK: Final = timedelta(hours=1)
"""No two clocks are so far apart: a run decided about further ahead than it could be was decided by a clock that jumped."""


def plan_series(observed: ObservedSeries, now: datetime) -> SeriesPlan:
    """What to do now, or the settled state. Never raises."""
    found = replace(observed, status=_readable(observed, now))
    declared = found.declared
    if found.meta.deleting_since is not None:
        return SeriesPlan((), observed.status, None)
    if isinstance(declared, SpecProblem):
        return _stalled(found, "SpecInvalid", f"{declared.field}: {declared.message}. Mend it and apply it again.", now)
    if len(found.meta.name) > NAME_LENGTH:
        words = f"A series' name has at most {NAME_LENGTH} characters, because its battles' names add the start. Use a shorter one."
        return _stalled(found, "NameTooLong", words, now)
    try:
        return _planned(found, declared, now)
    except NoSchedule as trouble:
        return _stalled(found, "ScheduleInvalid", f"{trouble.field}: {trouble.message} Mend it and apply it again.", now)


def _planned(observed: ObservedSeries, declared: DeclaredSeries, now: datetime) -> SeriesPlan:
    decided = decide(observed, declared, now)
    wanted = (*decided.actions, *past_limits(declared, observed.children, now))
    if actions := tuple(action for action in wanted if action.name not in observed.tried):
        return SeriesPlan(actions, observed.status, now)
    following = next(runs_after(declared, now), None)
    if following is None:
        return _stalled(observed, "NeverDue", "spec.schedule: it names no time in the next 50 years. Mend it and apply it again.", now)
    counted = replace(
        observed.status,
        last_schedule=decided.newest,
        next_schedule=None if declared.suspend else following,
        missed=observed.status.missed + decided.missed,
    )
    status = _with_conditions(observed, counted, _verdict(observed, declared, following), now)
    working = find(status.conditions, ConditionType.RECONCILING)
    instants = (following, decided.next_opening, growing(working.since, now) if working else None)
    return SeriesPlan((), status, min(at for at in instants if at is not None), _news(observed, status, decided))


def _verdict(observed: ObservedSeries, declared: DeclaredSeries, following: datetime) -> tuple[Truth, Verdict]:
    """Ready or not, and what the other condition, if any, says."""
    if observed.unmade:
        name, why = next(iter(sorted(observed.unmade.items())))
        return Truth.FALSE, Verdict(Truth.TRUE, "BattleRefused", f"Battle {name} could not be made: {why} It is tried again by itself.")
    if declared.suspend:
        return Truth.TRUE, Verdict(Truth.TRUE, "Suspended", "No further battle is made while spec.suspend is true.")
    return Truth.TRUE, Verdict(Truth.TRUE, "Scheduled", f"The next battle starts at {instant(following)}.")


def _with_conditions(observed: ObservedSeries, status: SeriesStatus, verdict: tuple[Truth, Verdict], now: datetime) -> SeriesStatus:
    ready, other = verdict
    working = ready is Truth.FALSE and bool(observed.unmade)
    stalled = ready is Truth.FALSE and not working
    verdicts = {
        ConditionType.READY: replace(other, status=ready),
        ConditionType.RECONCILING: other if working else None,
        ConditionType.STALLED: other if stalled else None,
    }
    generation = observed.meta.generation
    active = sorted(child.name for child in observed.children if is_active(child, now))
    conditions = merged(observed.status.conditions, verdicts, generation, now)
    return replace(status, observed_generation=generation, active=tuple(active), conditions=conditions)


def _stalled(observed: ObservedSeries, reason: str, message: str, now: datetime) -> SeriesPlan:
    verdict = Verdict(Truth.TRUE, reason, message)
    status = _with_conditions(observed, replace(observed.status, next_schedule=None), (Truth.FALSE, verdict), now)
    before = find(observed.status.conditions, ConditionType.STALLED)
    notices = () if before and before.reason == reason else (Notice(reason, plain(message), warning=True),)
    return SeriesPlan((), status, None, notices)


def _news(observed: ObservedSeries, status: SeriesStatus, decided: Decisions) -> tuple[Notice, ...]:
    """What was made and what was skipped; battles tell the rest themselves."""
    made = sorted(set(status.active) - set(observed.status.active))
    created = tuple(Notice("BattleCreated", f"Battle {name} stands.") for name in made[:10])
    skipped = tuple(Notice("RunSkipped", words, warning=True) for words in decided.skipped[:10])
    refused = tuple(Notice("BattleRefused", plain(why), warning=True) for why in list(observed.unmade.values())[:1])
    return (*created, *skipped, *refused)


def _readable(observed: ObservedSeries, now: datetime) -> SeriesStatus:
    """The stored status without what no clock of ours can have stamped."""
    status = observed.status
    lead = timedelta() if isinstance(observed.declared, SpecProblem) else observed.declared.open_before
    last = status.last_schedule
    if last is not None and (last.tzinfo is None or last - now > lead + _SLACK):
        last = None
    following = status.next_schedule if status.next_schedule and status.next_schedule.tzinfo else None
    return replace(
        status,
        last_schedule=last,
        next_schedule=following,
        missed=max(status.missed, 0),
        conditions=sound(status.conditions, now),
    )
