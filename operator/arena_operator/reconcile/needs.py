"""What has to be asked for before a plan can be made: no more than that."""

from dataclasses import dataclass
from datetime import datetime

from arena.contracts.battle_spec import Phase
from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.meta import ResourceMeta, SpecProblem
from arena_operator.crd.status import BattleStatus, ConditionType
from arena_operator.reconcile.capacity_time import asks
from arena_operator.reconcile.conditions import find
from arena_operator.reconcile.figures import wants_live
from arena_operator.reconcile.observed import Held, HeldBattle


@dataclass(frozen=True, slots=True)
class Needs:
    """Which questions this pass asks: viewers and standings, the result document (if what is owned lacks it), the owned objects."""

    live: bool
    result: bool
    owned: bool


def needs(meta: ResourceMeta, declared: DeclaredBattle | SpecProblem, status: BattleStatus, held: Held, now: datetime) -> Needs:
    """What `observe` has to ask for in this pass."""
    final = isinstance(held, HeldBattle) and held.phase is Phase.FINAL
    return Needs(
        live=isinstance(held, HeldBattle) and meta.deleting_since is None and wants_live(meta, status, held, now),
        result=final and isinstance(declared, DeclaredBattle) and declared.terms.results is not None,
        owned=meta.deleting_since is not None or _may_own(meta, declared, status),
    )


def _may_own(meta: ResourceMeta, declared: DeclaredBattle | SpecProblem, status: BattleStatus) -> bool:
    """Whether something may have been made for it: it asks for something, or this generation has not yet been seen to own nothing."""
    if not isinstance(declared, DeclaredBattle) or declared.terms.results is not None or asks(declared):
        return True
    found = find(status.conditions, ConditionType.CAPACITY_READY)
    return found is None or found.observed_generation != meta.generation
