"""When to look again, if nothing wakes us before."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from arena.contracts.battle_spec import Phase
from arena_operator.crd.status import BattleStatus, ConditionType, Truth
from arena_operator.reconcile.capacity_time import capacity_due
from arena_operator.reconcile.conditions import find
from arena_operator.reconcile.ending import hindrance
from arena_operator.reconcile.figures import LIVELY, lacks_last
from arena_operator.reconcile.judgement import due_step
from arena_operator.reconcile.observed import HeldBattle, ObservedBattle, Unavailable
from arena_operator.reconcile.refusals import is_stale, stands_refused
from arena_operator.reconcile.waiting import MINUTE, growing, next_slot, poll

NEAR: Final = timedelta(hours=1)
"""From so long before the start the participants are counted every minute, before that every five."""
BRIEFLY: Final = timedelta(seconds=5)


def look_again_at(observed: ObservedBattle, status: BattleStatus, now: datetime) -> datetime | None:
    """The earliest of all that time alone brings about; None for what is done, or waits for a person only."""
    if is_stale(observed):
        return now + BRIEFLY
    return min(_instants(observed, status, now), default=None)


def _instants(observed: ObservedBattle, status: BattleStatus, now: datetime) -> Iterator[datetime]:
    held = observed.held
    working = find(status.conditions, ConditionType.RECONCILING)
    if working is not None:
        yield growing(working.since, now)
    if (capacity := capacity_due(observed, now)) is not None:
        yield capacity
    if isinstance(held, Unavailable):
        return
    accepted = find(status.conditions, ConditionType.ACCEPTED)
    if accepted is not None and accepted.status is Truth.FALSE and (stands_refused(observed) or observed.refused is not None):
        yield next_slot(accepted.since, now)
    if isinstance(held, HeldBattle):
        yield from _of_battle(observed, held, status, now)


def _of_battle(observed: ObservedBattle, held: HeldBattle, status: BattleStatus, now: datetime) -> Iterator[datetime]:
    if (due := due_step(held)) is not None:
        yield poll(due, now)
    if held.phase is Phase.OPEN:
        yield now + (MINUTE if held.timetable.start - now <= NEAR else 5 * MINUTE)
    if held.phase in LIVELY or lacks_last(status, held, now):
        yield now + MINUTE
    if observed.meta.deleting_since is not None and hindrance(observed) is not None:
        yield now + MINUTE
