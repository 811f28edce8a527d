"""The guarded steps of a battle's life: each says what it wants done, or nothing."""

from datetime import datetime

from arena.contracts.battle_spec import Phase
from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.manifest import FINALIZER
from arena_operator.reconcile.actions import Action, Declare, Hold
from arena_operator.reconcile.capacity import obsolete_objects, unmet_objects
from arena_operator.reconcile.capacity import release as all_capacity
from arena_operator.reconcile.ending import hindrance
from arena_operator.reconcile.observed import HeldBattle, NotDeclared, ObservedBattle, Unavailable
from arena_operator.reconcile.refusals import may_ask
from arena_operator.reconcile.results import wrong_results


def hold(observed: ObservedBattle, now: datetime) -> tuple[Action, ...]:
    """Our finaliser comes before anything that would have to be taken back."""
    due = isinstance(observed.held, HeldBattle) or _is_to_declare(observed, now)
    return (Hold("its end must not be missed"),) if due and FINALIZER not in observed.meta.finalizers else ()


def declare(observed: ObservedBattle, now: datetime) -> tuple[Action, ...]:
    """The platform is told what it has not taken yet."""
    if isinstance(observed.declared, DeclaredBattle) and _is_to_declare(observed, now):
        return (Declare(observed.declared, _because(observed)),)
    return ()


def provide(observed: ObservedBattle, now: datetime) -> tuple[Action, ...]:
    """What serves the battle, and its result, is made, and made again where it is not as wanted; not for one that is just leaving."""
    leaves = observed.meta.deleting_since is not None and isinstance(observed.held, HeldBattle) and hindrance(observed) is None
    return () if leaves or isinstance(observed.held, NotDeclared) else unmet_objects(observed, now)


def release(observed: ObservedBattle, now: datetime) -> tuple[Action, ...]:
    """What was made for the battle and is wanted no more goes; while the platform does not answer, the clock alone decides."""
    if isinstance(observed.held, NotDeclared):
        return (*all_capacity(observed), *wrong_results(observed))
    return (*obsolete_objects(observed, now), *wrong_results(observed))


def is_taken(observed: ObservedBattle) -> bool:
    """Whether the platform holds what this generation of the spec says."""
    held = observed.held
    return isinstance(held, HeldBattle) and held.generation == observed.meta.generation and held.phase is not Phase.DRAFT


def is_overtaken(observed: ObservedBattle) -> bool:
    """Whether the platform has taken a newer generation than the one we see."""
    return isinstance(observed.held, HeldBattle) and observed.held.generation > observed.meta.generation


def _is_to_declare(observed: ObservedBattle, now: datetime) -> bool:
    if isinstance(observed.held, Unavailable) or is_taken(observed) or is_overtaken(observed):
        return False
    return isinstance(observed.declared, DeclaredBattle) and observed.refused is None and may_ask(observed, now)


def _because(observed: ObservedBattle) -> str:
    if isinstance(observed.held, HeldBattle):
        return f"the platform has generation {observed.held.generation}, the resource {observed.meta.generation}"
    return "the platform does not know it yet"
