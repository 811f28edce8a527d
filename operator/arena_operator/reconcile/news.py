"""What is told as events: changes only, each once."""

from collections.abc import Iterator

from arena_operator.crd.status import PENDING, BattleStatus, ConditionType, Truth
from arena_operator.reconcile.actions import Notice
from arena_operator.reconcile.capacity_shared import STARTING
from arena_operator.reconcile.conditions import UNAVAILABLE, find

_PHASES = {
    "Open": ("Opened", "The platform holds the battle; people can join."),
    "Running": ("Started", "The battle has begun."),
    "Grace": ("Closed", "The window is over; facts from before its end are still taken."),
    "Audit": ("Settled", "No more facts are taken."),
    "Final": ("Finalised", "The result stands."),
}


def news(before: BattleStatus, after: BattleStatus) -> tuple[Notice, ...]:
    """The events of a change of status."""
    return (*_phase(before, after), *_trouble(before, after), *_capacity(before, after))


def _phase(before: BattleStatus, after: BattleStatus) -> Iterator[Notice]:
    if after.phase != before.phase and after.phase in _PHASES:
        yield Notice(*_PHASES[after.phase])


def _trouble(before: BattleStatus, after: BattleStatus) -> Iterator[Notice]:
    """A warning when it begins or changes its reason, a word when it is over; what is merely under way is no news."""
    was, now = find(before.conditions, ConditionType.STALLED), find(after.conditions, ConditionType.STALLED)
    if now is not None and (was is None or was.reason != now.reason):
        yield Notice(now.reason, now.message, warning=True)
    elif was is not None and now is None and after.phase != PENDING:
        yield Notice("Recovered", f"No longer {was.reason}.")
    lost, back = _is_unavailable(before), _is_unavailable(after)
    if back and not lost:
        yield Notice(UNAVAILABLE, "The platform does not answer; it is asked again by itself.", warning=True)
    elif lost and not back:
        yield Notice("PlatformAnswers", "The platform answers again.")


def _capacity(before: BattleStatus, after: BattleStatus) -> Iterator[Notice]:
    was, now = find(before.conditions, ConditionType.CAPACITY_READY), find(after.conditions, ConditionType.CAPACITY_READY)
    if now is None or (was is not None and (was.status, was.reason) == (now.status, now.reason)):
        return
    if now.status is Truth.FALSE:
        yield Notice(now.reason, now.message, warning=now.reason != STARTING)
    elif now.status is Truth.TRUE and was is not None and was.status is Truth.FALSE:
        yield Notice("CapacityReady", now.message)


def _is_unavailable(status: BattleStatus) -> bool:
    found = find(status.conditions, ConditionType.READY)
    return found is not None and found.reason == UNAVAILABLE
