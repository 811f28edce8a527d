"""Participants, viewers and standings of a status: refreshed at most once a minute, and not at all while nothing moves."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from arena.contracts.battle_spec import Phase
from arena_operator.crd.meta import ResourceMeta
from arena_operator.crd.status import BattleStatus, ConditionType, StandingLine, Truth
from arena_operator.reconcile.conditions import find
from arena_operator.reconcile.observed import HeldBattle, LiveView, ObservedBattle
from arena_operator.reconcile.waiting import MINUTE
from arena_operator.reconcile.words import NAME_LENGTH, camel, plain

LIVELY: Final = frozenset({Phase.RUNNING, Phase.GRACE, Phase.AUDIT})
"""Phases in which standings move."""
PATIENCE: Final = timedelta(hours=1)
"""So long after a battle's end its last standings are asked for; then the result document has to do."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of a status, and when they were last changed."""

    participants: int
    viewers: int
    leader: str
    standings: tuple[StandingLine, ...]
    at: datetime | None


def are_due(meta: ResourceMeta, status: BattleStatus, held: HeldBattle, now: datetime) -> bool:
    """Whether the figures may be written: the battle moved on, or those that stand are a minute old (or from no clock of ours)."""
    if status.phase != camel(held.phase) or status.battle_id != held.battle_id or status.observed_generation != meta.generation:
        return True
    return status.standings_at is None or abs(now - status.standings_at) >= MINUTE


def lacks_last(status: BattleStatus, held: HeldBattle, now: datetime) -> bool:
    """Whether a final battle's last standings are still to be had."""
    if held.phase is not Phase.FINAL:
        return False
    final = find(status.conditions, ConditionType.FINALISED)
    if final is None or final.status is not Truth.TRUE or status.phase != camel(held.phase):
        return True
    return (status.standings_at is None or status.standings_at < final.since) and now - final.since < PATIENCE


def wants_live(meta: ResourceMeta, status: BattleStatus, held: HeldBattle, now: datetime) -> bool:
    """Whether live is to be asked."""
    return lacks_last(status, held, now) or (held.phase in LIVELY and are_due(meta, status, held, now))


def figures(observed: ObservedBattle, held: HeldBattle, now: datetime) -> Figures:
    """What the status is to say."""
    stored = observed.status
    before = Figures(stored.participants, stored.viewers, stored.leader, stored.standings, stored.standings_at)
    awaited = lacks_last(stored, held, now)
    if not awaited and not are_due(observed.meta, stored, held, now):
        return before
    after = _now(replace(before, participants=held.joined), held, observed.live)
    if awaited and observed.live is None:
        return after  # stamped with an older time, so that it still shows what is missing
    return replace(after, at=_stamp(stored, now)) if awaited or after != before else before


def _now(before: Figures, held: HeldBattle, live: LiveView | None) -> Figures:
    if held.phase not in LIVELY | {Phase.FINAL}:
        return replace(before, viewers=0, leader="", standings=())
    if live is None:
        return before if held.phase is not Phase.FINAL else replace(before, viewers=0)
    top = tuple(
        replace(line, display_name=plain(line.display_name, NAME_LENGTH) or None if line.display_name else None) for line in live.top
    )
    return replace(before, viewers=live.viewers if held.phase in LIVELY else 0, leader=_leader(top), standings=top)


def _leader(top: tuple[StandingLine, ...]) -> str:
    """The first line in words; nobody leads while nobody has scored."""
    if not top or top[0].score <= 0:
        return ""
    return f"{top[0].display_name}, {top[0].score}" if top[0].display_name else str(top[0].score)


def _stamp(stored: BattleStatus, now: datetime) -> datetime:
    """Now, in whole seconds; the last standings are never older than the end they belong to, whatever the clocks say."""
    at = now.replace(microsecond=0)
    final = find(stored.conditions, ConditionType.FINALISED)
    return max(at, final.since) if final and final.status is Truth.TRUE else at
