"""What the conditions say, and how the resource stands as a whole."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from arena.contracts.battle_spec import CancelReason, Phase
from arena_operator.crd.meta import SpecProblem
from arena_operator.crd.status import ConditionType, Truth
from arena_operator.reconcile.capacity_condition import capacity_condition
from arena_operator.reconcile.conditions import UNAVAILABLE, Verdict, stored_verdict
from arena_operator.reconcile.ending import hindrance
from arena_operator.reconcile.observed import HeldBattle, NotDeclared, ObservedBattle, Unavailable
from arena_operator.reconcile.refusals import stands_refused, verdict_of
from arena_operator.reconcile.results import lacks_result, result_too_large
from arena_operator.reconcile.steps import is_overtaken, is_taken
from arena_operator.reconcile.words import camel, instant

LATE: Final = timedelta(minutes=1)
"""A step of the platform so long overdue is told."""


class Standing(Enum):
    """How a resource stands, in kstatus' words: current, in progress, failed until somebody acts."""

    CURRENT = "Current"
    IN_PROGRESS = "InProgress"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Overall:
    """The standing, why, and what is known of being ready (unknown while nobody answers)."""

    standing: Standing
    reason: str
    message: str

    @property
    def ready(self) -> Truth:
        """Whether the resource is as it should be."""
        if self.standing is Standing.CURRENT:
            return Truth.TRUE
        return Truth.UNKNOWN if self.reason == UNAVAILABLE else Truth.FALSE


def verdicts(observed: ObservedBattle, now: datetime) -> dict[ConditionType, Verdict | None]:
    """Every condition; Reconciling and Stalled only while they are true."""
    accepted, capacity = _accepted(observed), _capacity(observed, now)
    overall = _overall(observed, accepted, capacity, now)
    at_work, failed = overall.standing is Standing.IN_PROGRESS, overall.standing is Standing.FAILED
    return {
        ConditionType.READY: Verdict(overall.ready, overall.reason, overall.message),
        ConditionType.RECONCILING: Verdict(Truth.TRUE, overall.reason, overall.message) if at_work else None,
        ConditionType.STALLED: Verdict(Truth.TRUE, overall.reason, overall.message) if failed else None,
        ConditionType.ACCEPTED: accepted,
        ConditionType.CAPACITY_READY: capacity,
        ConditionType.FINALISED: _finalised(observed),
    }


def due_step(held: HeldBattle) -> datetime | None:
    """When the platform takes its next step; None where it takes none by itself."""
    times = held.timetable
    steps = {Phase.OPEN: times.start, Phase.RUNNING: times.end, Phase.GRACE: times.grace_ends, Phase.AUDIT: times.audit_ends}
    return steps.get(held.phase)


def _accepted(observed: ObservedBattle) -> Verdict:
    if isinstance(observed.declared, SpecProblem):
        return Verdict(Truth.FALSE, "SpecInvalid", f"{observed.declared.field}: {observed.declared.message}. Mend it and apply it again.")
    if observed.refused is not None and observed.meta.deleting_since is None:
        return verdict_of(observed.refused)
    return _by_generation(observed) or _as_stored(observed)


def _by_generation(observed: ObservedBattle) -> Verdict | None:
    meta, held = observed.meta, observed.held
    if is_taken(observed) and isinstance(held, HeldBattle):
        return Verdict(Truth.TRUE, "Declared", f"The platform holds battle {held.battle_id} as declared.")
    if is_overtaken(observed) and isinstance(held, HeldBattle):
        words = f"The platform has generation {held.generation} of this resource, which is at {meta.generation}: was it restored?"
        return Verdict(Truth.FALSE, "Overtaken", f"{words} Change the spec until it is newer, or delete the resource and apply it again.")
    return None


def _as_stored(observed: ObservedBattle) -> Verdict:
    meta, held = observed.meta, observed.held
    kept = stored_verdict(observed.status, ConditionType.ACCEPTED, meta.generation)
    if isinstance(held, Unavailable):
        return kept or Verdict(Truth.UNKNOWN, UNAVAILABLE, held.message)
    if kept is not None and (stands_refused(observed) or meta.deleting_since is not None):
        return kept
    return Verdict(Truth.UNKNOWN, "NotTaken", "The platform has not taken the declaration yet; it is told again.")


def _capacity(observed: ObservedBattle, now: datetime) -> Verdict:
    if isinstance(observed.held, NotDeclared):
        return Verdict(Truth.UNKNOWN, "NotAccepted", "Capacity is planned once the platform has taken the battle.")
    found = capacity_condition(observed, now)
    return Verdict(found.status, found.reason, found.message)


def _finalised(observed: ObservedBattle) -> Verdict:
    held = observed.held
    if isinstance(held, Unavailable):
        generation = observed.meta.generation
        return stored_verdict(observed.status, ConditionType.FINALISED, generation) or Verdict(Truth.UNKNOWN, UNAVAILABLE, held.message)
    if isinstance(held, NotDeclared):
        return Verdict(Truth.FALSE, "NoBattle", "There is no battle yet.")
    if held.phase is Phase.FINAL:
        return Verdict(Truth.TRUE, "ResultStands", f"The result stands; SHA-256 {held.result_hash or 'not told'}.")
    if held.phase is Phase.CANCELLED:
        return Verdict(Truth.FALSE, _called_off(held)[0], "The battle was called off, so there is no result.")
    return Verdict(Truth.FALSE, "NotOver", f"The result stands after {instant(held.timetable.audit_ends)}.")


def _overall(observed: ObservedBattle, accepted: Verdict, capacity: Verdict, now: datetime) -> Overall:
    held = observed.held
    if observed.meta.deleting_since is not None:
        return _leaving(observed)
    if isinstance(held, Unavailable) and not isinstance(observed.declared, SpecProblem):
        return Overall(Standing.IN_PROGRESS, UNAVAILABLE, f"The platform does not answer: {held.message} It is asked again by itself.")
    if accepted.status is Truth.FALSE:
        return Overall(Standing.FAILED, accepted.reason, accepted.message)
    if accepted.status is Truth.UNKNOWN or not isinstance(held, HeldBattle):
        return Overall(Standing.IN_PROGRESS, accepted.reason, accepted.message)
    if held.phase is Phase.CANCELLED:
        return Overall(Standing.FAILED, *_called_off(held))
    return _unfinished(observed, held, capacity, now) or Overall(Standing.CURRENT, camel(held.phase), _goes_on(held))


def _leaving(observed: ObservedBattle) -> Overall:
    if (hindered := hindrance(observed)) is not None:
        return Overall(Standing.FAILED, hindered.reason, hindered.message)
    if isinstance(observed.held, Unavailable):
        words = f"The platform does not answer, so it cannot let the battle go: {observed.held.message} It is asked again by itself."
        return Overall(Standing.IN_PROGRESS, UNAVAILABLE, words)
    return Overall(Standing.IN_PROGRESS, "Deleting", "The battle is being let go.")


def _unfinished(observed: ObservedBattle, held: HeldBattle, capacity: Verdict, now: datetime) -> Overall | None:
    if observed.unmade:
        key, why = next(iter(sorted(observed.unmade.items())))
        return Overall(Standing.IN_PROGRESS, "ObjectRefused", f"{key} could not be made: {why} It is tried again by itself.")
    if capacity.status is Truth.FALSE:
        return Overall(Standing.IN_PROGRESS, capacity.reason, capacity.message)
    if (too_large := result_too_large(observed)) is not None:
        return Overall(Standing.FAILED, "ResultTooLarge", too_large)
    if lacks_result(observed):
        return Overall(Standing.IN_PROGRESS, "ResultAwaited", "The battle is final; its result document is not written down yet.")
    due = due_step(held)
    if due is not None and now - due >= LATE:
        words = f"The battle should have moved on from {camel(held.phase)} at {instant(due)}; the platform is waited for."
        return Overall(Standing.IN_PROGRESS, "PlatformLate", words)
    return None


def _called_off(held: HeldBattle) -> tuple[str, str]:
    match held.cancelled_for:
        case CancelReason.TOO_FEW:
            return "TooFew", "Fewer than two had joined at the start, so the battle was called off. Make another one under a new name."
        case CancelReason.EVERYONE_LEFT:
            return "EveryoneLeft", "The last participant left, so the battle was called off. Make another one under a new name."
        case _:
            return "CalledOff", "The battle was called off. Delete the resource; make another one under a new name."


def _goes_on(held: HeldBattle) -> str:
    times = held.timetable
    match held.phase:
        case Phase.RUNNING:
            return f"Facts count until {instant(times.end)}."
        case Phase.GRACE:
            return f"Facts from before the end are taken until {instant(times.grace_ends)}."
        case Phase.AUDIT:
            return f"Arbiters decide until {instant(times.audit_ends)}; then the result stands when everything is counted."
        case Phase.FINAL:
            return "The result stands."
        case _:
            return f"People can join until it starts, {instant(times.start)}."
