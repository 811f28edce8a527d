"""Why a battle's resource is as it is, and what comes next, in sentences for `arena explain battle NAME`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from arena.contracts.battle_spec import Phase
from arena_operator.crd.declared import DeclaredBattle, DeletionPolicy
from arena_operator.crd.manifest import FINALIZER
from arena_operator.crd.status import BattleStatus, ConditionType
from arena_operator.reconcile.actions import Action, CallOff, Declare, Ensure, Hold, LetGo, Plan, Release, Remove, key_of
from arena_operator.reconcile.capacity_time import asks, capacity_due, is_cancelled, term_of
from arena_operator.reconcile.conditions import find
from arena_operator.reconcile.observed import HeldBattle, NotDeclared, ObservedBattle, Unavailable
from arena_operator.reconcile.refusals import stands_refused
from arena_operator.reconcile.status import readable
from arena_operator.reconcile.waiting import next_slot
from arena_operator.reconcile.words import camel, instant

_UNITS: Final = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"), (timedelta(seconds=1), "s"))
_DONE: Final[Mapping[type, str]] = {
    Hold: "the finaliser is put on the resource",
    LetGo: "the finaliser is taken off, and the resource goes",
    Declare: "the battle is declared to the platform",
    CallOff: "the battle is called off",
    Release: "the platform is told that the battle is declared no more",
}
_TOLD: Final = (ConditionType.READY, ConditionType.ACCEPTED, ConditionType.CAPACITY_READY, ConditionType.FINALISED)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Sentences: what holds and why; what will happen, with its time, in order."""

    why: tuple[str, ...]
    next: tuple[str, ...]


def explain(observed: ObservedBattle, plan: Plan, now: datetime) -> Explanation:
    """The words for what was observed and the plan made of it (nothing is done by asking)."""
    found, status = replace(observed, status=readable(observed.status, now)), readable(plan.status, now)
    return Explanation((*_held(found), *_conditions(status)), (*_at_once(plan), *_later(found, plan, now)))


def _held(observed: ObservedBattle) -> Iterator[str]:
    meta, held = observed.meta, observed.held
    match held:
        case HeldBattle():
            people = f"{held.joined} have joined" + (f", {held.invited} are invited" if held.invited else "")
            yield f"The platform holds battle {held.battle_id} in phase {camel(held.phase)}: {people}."
            if held.generation != meta.generation:
                yield f"It has generation {held.generation} of the spec; the resource is at {meta.generation}."
        case NotDeclared():
            yield "The platform holds no battle for this resource."
        case Unavailable():
            yield f"The platform does not answer, so this is what it said last: {held.message}"
    if meta.deleting_since is not None:
        waits = "its finaliser keeps it until the battle is let go" if FINALIZER in meta.finalizers else "nothing of ours keeps it"
        yield f"Its deletion was asked for at {instant(meta.deleting_since)}; {waits}."


def _conditions(status: BattleStatus) -> Iterator[str]:
    for kind in _TOLD:
        found = find(status.conditions, kind)
        if found is not None:
            yield f"{kind} is {found.status} since {instant(found.since)} ({found.reason}): {found.message}"


def _at_once(plan: Plan) -> Iterator[str]:
    for action in plan.actions:
        yield f"Now: {_words(action)}, because {action.because}."


def _words(action: Action) -> str:
    match action:
        case Ensure(manifest=manifest):
            return f"{key_of(manifest)} is made"
        case Remove(kind=kind, name=name):
            return f"{kind}/{name} is deleted"
        case _:
            return _DONE[type(action)]


def _later(observed: ObservedBattle, plan: Plan, now: datetime) -> Iterator[str]:
    events = [*_asking(observed, plan, now), *_capacity(observed, now), *_phases(observed)]
    yield from (f"{_at(at, now)}: {words}" for at, words in sorted(events) if at > now)
    if plan.look_again_at is None and not plan.actions:
        yield "Nothing more happens by itself."


def _asking(observed: ObservedBattle, plan: Plan, now: datetime) -> Iterator[tuple[datetime, str]]:
    accepted = find(observed.status.conditions, ConditionType.ACCEPTED)
    if accepted is not None and stands_refused(observed):
        yield next_slot(accepted.since, now), "the platform is asked again, unless the spec changes before."
    elif plan.look_again_at is not None and not plan.actions:
        yield plan.look_again_at, "it is looked at again, or before if something changes."


def _phases(observed: ObservedBattle) -> Iterator[tuple[datetime, str]]:
    held, declared = observed.held, observed.declared
    if not isinstance(held, HeldBattle) or held.phase in {Phase.FINAL, Phase.CANCELLED}:
        return
    times = held.timetable
    yield times.start, f"the battle begins if two have joined ({held.joined} so far); otherwise it is called off."
    yield times.end, "the window ends; facts from before may still arrive."
    yield times.grace_ends, "no more facts are taken; arbiters decide, and everything is counted."
    writes = isinstance(declared, DeclaredBattle) and declared.terms.results is not None
    yield times.audit_ends, "the result stands as soon as everything is counted" + (", and is written down." if writes else ".")
    if observed.meta.deleting_since is not None and isinstance(declared, DeclaredBattle):
        goes = "is called off or let go" if declared.terms.deletion_policy is DeletionPolicy.CANCEL else "is let go"
        yield times.end, f"the battle {goes}, and the resource with it."


def _capacity(observed: ObservedBattle, now: datetime) -> Iterator[tuple[datetime, str]]:
    term, declared = term_of(observed), observed.declared
    if not observed.serves_pods or term is None or is_cancelled(observed) or not isinstance(declared, DeclaredBattle) or not asks(declared):
        return
    yield (
        term.begins,
        f"capacity is made ready for {declared.terms.load.viewers} viewers, {declared.terms.load.logs_per_second} logs a second.",
    )
    if capacity_due(observed, now) is not None:
        yield term.ends, "capacity is given back."


def _at(at: datetime, now: datetime) -> str:
    """`2026-06-01 00:00:00 UTC (in 3d 2h)`."""
    left, words = max(at - now, timedelta()), []
    for unit, name in _UNITS:
        count, left = divmod(left, unit)
        if count:
            words.append(f"{count}{name}")
    return f"{instant(at)} (in {' '.join(words[:2]) or '0s'})"
