"""What happens to battles when people ask to be forgotten."""

from collections.abc import Collection, Sequence
from contextlib import suppress

from arena.battles.domain import lifecycle
from arena.battles.domain.battle import Battle
from arena.battles.domain.declaring import NOBODY
from arena.battles.domain.errors import AlreadyRunning, BattleClosed, NotParticipating
from arena.battles.storage import battles, declarations, erasure
from arena.battles.use_cases.recording import catch_up, record
from arena.battles.use_cases.taking_part import let_go
from arena.chassis.bus.catalogue import Recorded
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import Phase
from arena.contracts.events.identity import UserErased
from arena.contracts.ids import UserId

NAMELESS = "Battle"
"""What a battle is called whose name was given by somebody who is gone."""


async def forget(uow: UnitOfWork, erased: Sequence[Recorded[UserErased]]) -> None:
    """They leave what they can still leave, what they opened and has not begun is called off, and the rows about them go.

    A battle that a resource declares stays as that declares it, and is nobody's from now on.
    What runs goes on for the others; standings and results keep the number of somebody who is no more.
    """
    users = sorted({heard.event.user_id for heard in erased})
    held = await battles.lock_many(uow, await battles.concerning(uow, users))
    declared = await declarations.declared_among(uow, [stored.battle.id for stored in held])
    for stored in held:
        await _withdraw(uow, stored.battle, users, declared=stored.battle.id in declared)
    await erasure.disown(uow, users, declared, nobody=NOBODY)
    await erasure.erase(uow, users, name=NAMELESS)


async def _withdraw(uow: UnitOfWork, battle: Battle, users: Collection[UserId], *, declared: bool) -> None:
    battle = await catch_up(uow, battle)
    for user in users:
        with suppress(NotParticipating, BattleClosed):
            battle = await let_go(uow, battle, user)
    if battle.owner_id in users and battle.phase is Phase.OPEN and not declared:
        with suppress(AlreadyRunning, BattleClosed):
            await record(uow, battle, lifecycle.cancel(battle, battle.owner_id, uow.now))
