"""The end of a resource: what becomes of its battle, and what the end waits for."""

from dataclasses import dataclass
from datetime import datetime

from arena.contracts.battle_spec import Phase
from arena_operator.crd.declared import DeclaredBattle, DeletionPolicy
from arena_operator.crd.manifest import ALLOW_DELETE, FINALIZER
from arena_operator.reconcile.actions import Action, CallOff, LetGo, Release
from arena_operator.reconcile.observed import HeldBattle, NotDeclared, ObservedBattle
from arena_operator.reconcile.refusals import BEGUN, reason_of
from arena_operator.reconcile.words import instant


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a resource that is to be deleted stays: a word for programs, a sentence that says what to do."""

    reason: str
    message: str


def end(observed: ObservedBattle, _: datetime) -> tuple[Action, ...]:
    """Take the battle out of the platform's list of declared ones, called off before if so declared and not begun; then let go."""
    if isinstance(observed.held, NotDeclared):
        return (LetGo("the platform holds nothing of it"),) if FINALIZER in observed.meta.finalizers else ()
    if not isinstance(observed.held, HeldBattle) or hindrance(observed) is not None:
        return ()
    if _calls_off(observed.declared) and observed.held.phase in {Phase.DRAFT, Phase.OPEN}:
        return (CallOff("its deletionPolicy is Cancel and it has not begun"),)
    return (Release("its resource is being deleted"),)


def hindrance(observed: ObservedBattle) -> Hindrance | None:
    """What the deletion waits for, if for a person or for the end of the battle."""
    held = observed.held
    if not isinstance(held, HeldBattle):
        return None
    begun = observed.refused is not None and observed.refused.slug == BEGUN
    if held.phase is Phase.RUNNING or begun:
        return _while_running(observed, held.timetable.end)
    if observed.refused is not None:
        return Hindrance(reason_of(observed.refused), f"The platform does not let it go: {observed.refused.message}")
    return None


def _while_running(observed: ObservedBattle, ends: datetime) -> Hindrance | None:
    until = f"or wait until it is over ({instant(ends)})"
    if observed.meta.annotations.get(ALLOW_DELETE) != "true":
        where = f"battle {observed.meta.name} -n {observed.meta.namespace}"
        return Hindrance(
            "DeletionBlocked",
            f"The battle is running, so its resource stays. `kubectl annotate {where} {ALLOW_DELETE}=true` lets it go, {until}.",
        )
    if _calls_off(observed.declared):
        return Hindrance(
            "CannotCallOff",
            "A battle that has begun is not called off. Set spec.deletionPolicy to Retain to let the resource go while the battle goes on, "
            f"{until}.",
        )
    return None


def _calls_off(declared: object) -> bool:
    """Whether the policy is Cancel; a spec that cannot be read calls nothing off."""
    return isinstance(declared, DeclaredBattle) and declared.terms.deletion_policy is DeletionPolicy.CANCEL
