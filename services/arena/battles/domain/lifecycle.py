"""The life of a battle, one function a step: draft → open → running → grace → audit → final, or cancelled; never back.

What a person asks is refused in the wrong phase. What a due time or an event brings about leaves a battle alone whose phase it is not,
so that a step taken late, or asked for twice, is taken once.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from arena.battles.domain.battle import OVER, Battle, places
from arena.battles.domain.errors import AlreadyRunning, BattleClosed, InvalidBattle, NotOwner
from arena.battles.domain.timetable import ParticipantDays, timetable
from arena.battles.domain.validation import valid_timetable
from arena.contracts.battle_spec import BattleSpec, CancelReason, Phase
from arena.contracts.ids import BattleId, UserId

ENOUGH = 2
"""A battle needs two."""


def create(battle_id: BattleId, owner_id: UserId, name: str, spec: BattleSpec, at: datetime) -> Battle:
    """A draft; raises InvalidBattle (or a kind of it) naming the field."""
    return Battle(battle_id, owner_id, name, spec, valid_timetable(name, spec, at))


def edit(battle: Battle, by: UserId, name: str, spec: BattleSpec, *, at: datetime, participants: Iterable[ParticipantDays]) -> Battle:
    """Another name or definition while nobody competes yet; `participants` are the days of those who have joined.

    Raises NotOwner, AlreadyRunning, BattleClosed, InvalidBattle.
    """
    _check_before_start(battle, by, at)
    valid_timetable(name, spec, at)
    if battle.joined > places(spec):
        raise InvalidBattle(f"{battle.joined} have joined already.", field="max_participants")
    return replace(battle, name=name, spec=spec, timetable=timetable(spec, participants, at))


def open_to_join(battle: Battle, by: UserId, at: datetime) -> Battle:
    """Let people join; opening twice is opening once. Raises NotOwner, AlreadyRunning, BattleClosed, WindowInPast."""
    _check_before_start(battle, by, at)
    if battle.phase is Phase.OPEN:
        return battle
    return replace(battle, phase=Phase.OPEN, timetable=valid_timetable(battle.name, battle.spec, at))


def cancel(battle: Battle, by: UserId, at: datetime) -> Battle:
    """Call the battle off before it starts; twice is once. Raises NotOwner, AlreadyRunning, BattleClosed (it is final)."""
    if battle.phase is Phase.CANCELLED and battle.owner_id == by:
        return battle
    _check_before_start(battle, by, at)
    return called_off(battle, CancelReason.OWNER)


def called_off(battle: Battle, reason: CancelReason) -> Battle:
    """The battle cancelled for this reason."""
    return replace(battle, phase=Phase.CANCELLED, cancelled_for=reason)


def start(battle: Battle) -> Battle:
    """The window begins: open → running, or cancelled if fewer than two have joined."""
    if battle.phase is not Phase.OPEN:
        return battle
    if battle.joined < ENOUGH:
        return called_off(battle, CancelReason.TOO_FEW)
    return replace(battle, phase=Phase.RUNNING)


def close(battle: Battle) -> Battle:
    """The window ends: running → grace, in which facts from before the end still arrive."""
    if battle.phase is not Phase.RUNNING:
        return battle
    return replace(battle, phase=Phase.GRACE)


def settle(battle: Battle) -> Battle:
    """No more facts: grace → audit, in which arbiters decide (if there is time for it) and the last standings are awaited."""
    if battle.phase is not Phase.GRACE:
        return battle
    return replace(battle, phase=Phase.AUDIT)


def finalise(battle: Battle, result_hash: str) -> Battle:
    """Scoring has spoken; the first word stands.

    Scoring speaks when every deadline is past, so steps that this battle's due times have not taken yet are left out.
    """
    if battle.phase not in {Phase.RUNNING, Phase.GRACE, Phase.AUDIT}:
        return battle
    return replace(battle, phase=Phase.FINAL, result_hash=result_hash)


class Transition(StrEnum):
    """The steps that a due time takes."""

    START = "start"
    CLOSE = "close"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Due:
    """The next step that needs nobody, and when."""

    at: datetime
    transition: Transition


STEPS: dict[Transition, Callable[[Battle], Battle]] = {Transition.START: start, Transition.CLOSE: close, Transition.SETTLE: settle}


def due(battle: Battle) -> Due | None:
    """What is due next; None for a draft and for what waits for a person, for scoring or for nothing."""
    match battle.phase:
        case Phase.OPEN:
            return Due(battle.timetable.start, Transition.START)
        case Phase.RUNNING:
            return Due(battle.timetable.end, Transition.CLOSE)
        case Phase.GRACE:
            return Due(battle.timetable.grace_ends, Transition.SETTLE)
        case _:
            return None


def advance(battle: Battle, at: datetime) -> Iterator[Battle]:
    """Each step that is due by now, in order: after a long night of the system there may be several."""
    while (step := due(battle)) and step.at <= at:
        battle = STEPS[step.transition](battle)
        yield battle


def has_begun(battle: Battle, at: datetime) -> bool:
    """Whether the start has passed, also if the step into `running` is late. A draft never begins."""
    return battle.phase not in {Phase.DRAFT, Phase.OPEN} or (battle.phase is Phase.OPEN and battle.timetable.start <= at)


def _check_before_start(battle: Battle, by: UserId, at: datetime) -> None:
    """Only the owner, and only before the start."""
    if battle.owner_id != by:
        raise NotOwner(battle.id)
    if battle.phase in OVER:
        raise BattleClosed(battle.id, battle.phase, "The battle is over.")
    if has_begun(battle, at):
        raise AlreadyRunning(battle.id, battle.phase)
