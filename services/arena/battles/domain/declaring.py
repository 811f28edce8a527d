"""What a resource brings about by declaring a battle: the battle is as declared, or the declaration is refused; never something between.

Pure: whether a declaration is older than the one known, what of a battle would change, and what no longer can.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from arena.battles.domain import lifecycle
from arena.battles.domain.battle import OVER, Battle
from arena.battles.domain.errors import AlreadyRunning, BattleClosed, DeclarationStale
from arena.battles.domain.timetable import ParticipantDays
from arena.contracts.battle_spec import BattleSpec, Phase
from arena.contracts.ids import BattleId, UserId

NOBODY: Final = UserId(uuid5(NAMESPACE_URL, "https://habitarena.io/nobody"))
"""Who owns a battle that a resource made: nobody ever has this id, as accounts have ids of version 7."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What declares a battle, as people know it."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """`Battle games/november`."""
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Declaration:
    """A resource's word on one battle.

    `generation` grows with each edit of the resource, `fence` with each leader of the operator. `protect`: what serves the battle is not to
    be disturbed while it runs.
    """

    uid: str
    resource: Resource
    generation: int
    fence: int
    protect: bool


def make(battle_id: BattleId, name: str, spec: BattleSpec, at: datetime) -> Battle:
    """A battle of nobody's, open to join; raises InvalidBattle (or a kind of it) naming the field."""
    return replace(lifecycle.create(battle_id, NOBODY, name, spec, at), phase=Phase.OPEN)


def reshape(battle: Battle, name: str, spec: BattleSpec, *, at: datetime, participants: Iterable[ParticipantDays]) -> Battle:
    """The battle as declared, and open; the same battle if it is so already, whatever its phase.

    Raises AlreadyRunning (naming the field), BattleClosed, InvalidBattle.
    """
    field = changed_field(battle, name, spec)
    if field is not None:
        _check_open_to_change(battle, field, at)
        battle = lifecycle.edit(battle, battle.owner_id, name, spec, at=at, participants=participants)
    return lifecycle.open_to_join(battle, battle.owner_id, at) if battle.phase is Phase.DRAFT else battle


def call_off(battle: Battle, at: datetime) -> Battle:
    """The battle cancelled, unless it is over anyway; raises AlreadyRunning."""
    return battle if battle.phase in OVER else lifecycle.cancel(battle, battle.owner_id, at)


def check_newer(known: Declaration, *, fence: int, generation: int | None = None) -> None:
    """Refuse what comes late; raises DeclarationStale."""
    if fence < known.fence or (generation is not None and generation < known.generation):
        raise DeclarationStale(
            f"A newer word of this resource was taken already (generation {known.generation}, fence {known.fence}); read it again."
        )


def changed_field(battle: Battle, name: str, spec: BattleSpec) -> str | None:
    """The first field (dotted) in which the battle is not as declared."""
    return "name" if name != battle.name else _difference(battle.spec, spec)


def _difference(before: Any, after: Any, prefix: str = "") -> str | None:
    for part in fields(before):
        old, new = getattr(before, part.name), getattr(after, part.name)
        if old != new:
            return _difference(old, new, f"{part.name}.") if is_dataclass(old) else prefix + part.name
    return None


def _check_open_to_change(battle: Battle, field: str, at: datetime) -> None:
    if battle.phase in OVER:
        raise BattleClosed(battle.id, battle.phase, f"The battle is over ({battle.phase}): {field} can no longer be changed.", field=field)
    if lifecycle.has_begun(battle, at):
        raise AlreadyRunning(battle.id, battle.phase, field)
