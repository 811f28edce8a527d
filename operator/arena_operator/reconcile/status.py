"""The status that a resource should have."""

from dataclasses import replace
from datetime import datetime

from arena_operator.crd.status import PENDING, BattleStatus, ResolvedWindow
from arena_operator.reconcile.capacity import replicas_held
from arena_operator.reconcile.conditions import merged, sound
from arena_operator.reconcile.figures import figures
from arena_operator.reconcile.judgement import verdicts
from arena_operator.reconcile.observed import HeldBattle, NotDeclared, ObservedBattle, Unavailable
from arena_operator.reconcile.words import camel


def settled(observed: ObservedBattle, now: datetime) -> BattleStatus:
    """What the status is to say when nothing is left to do; equal to the stored one if nothing has changed."""
    generation = observed.meta.generation
    facts = _facts(observed, now)
    seen = min(facts.observed_generation, generation) if isinstance(observed.held, Unavailable) else generation
    replicas = 0 if isinstance(observed.held, NotDeclared) else replicas_held(observed, now)
    conditions = merged(observed.status.conditions, verdicts(observed, now), generation, now)
    return replace(facts, observed_generation=seen, replicas=replicas, conditions=conditions)


def readable(status: BattleStatus, now: datetime) -> BattleStatus:
    """The stored status without what no clock can have stamped: instants without a zone, conditions from a far future."""
    window, at = status.window, status.standings_at
    instants = (window.start, window.end, window.grace_ends, window.audit_ends) if window else ()
    return replace(
        status,
        window=window if all(instant.tzinfo is not None for instant in instants) else None,
        standings_at=at if at is None or at.tzinfo is not None else None,
        conditions=sound(status.conditions, now),
    )


def _facts(observed: ObservedBattle, now: datetime) -> BattleStatus:
    """All but generation and conditions: what the platform says, or, while it does not answer, what it said last."""
    held, stored = observed.held, observed.status
    if isinstance(held, Unavailable):
        return stored
    if not isinstance(held, HeldBattle):
        return BattleStatus(phase=PENDING)
    numbers, times = figures(observed, held, now), held.timetable
    return BattleStatus(
        phase=camel(held.phase),
        battle_id=held.battle_id,
        window=ResolvedWindow(times.start, times.end, times.grace_ends, times.audit_ends, times.tzdata[:64]),
        participants=numbers.participants,
        viewers=numbers.viewers,
        leader=numbers.leader,
        standings=numbers.standings,
        standings_at=numbers.at,
        result_hash=held.result_hash[:128] if held.result_hash else None,
    )
