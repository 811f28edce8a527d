"""The plan of a `Battle`: pure and total, the same for the same observation.

Guarded steps are asked in order, and the first that wants something has it; when none does, the status is what it should be.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from arena_operator.crd.manifest import FINALIZER
from arena_operator.reconcile.actions import Action, Plan, name_of
from arena_operator.reconcile.ending import end
from arena_operator.reconcile.news import news
from arena_operator.reconcile.observed import ObservedBattle
from arena_operator.reconcile.refusals import is_stale
from arena_operator.reconcile.rhythm import look_again_at
from arena_operator.reconcile.status import readable, settled
from arena_operator.reconcile.steps import declare, hold, provide, release

Step = Callable[[ObservedBattle, datetime], tuple[Action, ...]]

LIVING: Final[tuple[Step, ...]] = (hold, declare, provide, release)
LEAVING: Final[tuple[Step, ...]] = (provide, release, end)


def plan(observed: ObservedBattle, now: datetime) -> Plan:
    """What to do now, or the settled state. Never raises; nothing that was tried in this pass is tried again."""
    found = replace(observed, status=readable(observed.status, now))
    leaving = found.meta.deleting_since is not None
    if is_stale(found) or (leaving and FINALIZER not in found.meta.finalizers):
        return Plan((), observed.status, look_again_at(found, found.status, now) if is_stale(found) else None)
    for step in LEAVING if leaving else LIVING:
        if actions := _untried(step(found, now), found):
            return Plan(actions, observed.status, now)
    status = settled(found, now)
    return Plan((), status, look_again_at(found, status, now), news(found.status, status))


def _untried(actions: tuple[Action, ...], observed: ObservedBattle) -> tuple[Action, ...]:
    return tuple(action for action in actions if name_of(action) not in observed.tried)
