"""Which battles of a series still go on, and which are past what is kept."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from arena_operator.crd.declared import DeclaredSeries
from arena_operator.reconcile.actions import DeleteBattle
from arena_operator.reconcile.observed import ChildBattle

FINISHED: Final = "Final"
CANCELLED: Final = "Cancelled"
BEFORE_START: Final = frozenset({"Pending", "Draft", "Open"})

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def is_active(child: ChildBattle, now: datetime) -> bool:
    """Whether the battle is still to come or goes on."""
    return not child.deleting and child.phase not in {FINISHED, CANCELLED} and not is_void(child, now)


def is_void(child: ChildBattle, now: datetime) -> bool:
    """Whether the platform never took the battle, and its window is over: it counts as cancelled."""
    return child.phase == "Pending" and child.end is not None and child.end <= now


def past_limits(declared: DeclaredSeries, children: tuple[ChildBattle, ...], now: datetime) -> Iterator[DeleteBattle]:
    """The oldest of those that are over, beyond the numbers to keep."""
    finished = [child for child in children if child.phase == FINISHED]
    cancelled = [child for child in children if child.phase == CANCELLED or is_void(child, now)]
    yield from _oldest(finished, declared.finished_battles_history_limit, "finishedBattlesHistoryLimit")
    yield from _oldest(cancelled, declared.cancelled_battles_history_limit, "cancelledBattlesHistoryLimit")


def _oldest(children: list[ChildBattle], keep: int, field: str) -> Iterator[DeleteBattle]:
    newest_first = sorted(
        (child for child in children if not child.deleting), key=lambda child: (child.start or _NEVER, child.name), reverse=True
    )
    return (DeleteBattle(child.name, child.uid, f"{field} is {keep}") for child in newest_first[max(keep, 0) :])
