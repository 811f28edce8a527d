"""Who sees what: a battle is there for its owner, who takes part, who is invited, and anybody if it is open to all."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from arena.battles.domain.battle import Participant
from arena.battles.domain.errors import NotParticipating
from arena.battles.storage import invitations, participants, results, views
from arena.battles.storage.battles import StoredBattle
from arena.battles.storage.views import SeenBattle
from arena.battles.use_cases.errors import BattleNotFound, ResultNotReady
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import Phase
from arena.contracts.ids import BattleId, UserId


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks: nobody in particular (None), a person, or somebody who `oversees` all battles (arbiters, admins, services)."""

    user_id: UserId | None
    oversees: bool = False
    invite: str | None = None


def invited(stored: StoredBattle, invite: str | None) -> bool:
    """Whether this is the battle's invite."""
    return invite is not None and hmac.compare_digest(stored.invite.encode(), invite.encode())


def may_see(stored: StoredBattle, viewer: Viewer, me: Participant | None, *, by_name: bool = False) -> bool:
    """Drafts are for the owner and for who holds the link; a battle without invitations is for all from its opening on.

    `by_name`: whoever looks was invited by name and has not declined.
    """
    battle = stored.battle
    if viewer.oversees or me is not None or by_name or viewer.user_id == battle.owner_id or invited(stored, viewer.invite):
        return True
    return viewer.user_id is not None and not battle.spec.invite_only and battle.phase is not Phase.DRAFT


async def see(uow: UnitOfWork, battle_id: BattleId, viewer: Viewer) -> SeenBattle:
    """A battle as the viewer may see it; raises BattleNotFound."""
    seen = await views.find(uow, battle_id, viewer.user_id)
    if seen is None or not may_see(seen.stored, viewer, seen.me, by_name=seen.by_name):
        raise BattleNotFound
    return seen


async def check_visible(uow: UnitOfWork, stored: StoredBattle | None, viewer: Viewer) -> StoredBattle:
    """The battle, if it is there for the viewer; raises BattleNotFound."""
    if stored is None:
        raise BattleNotFound
    if viewer.user_id == stored.battle.owner_id:
        return stored
    me = await participants.find(uow, stored.battle.id, viewer.user_id) if viewer.user_id else None
    if may_see(stored, viewer, me) or await invited_by_name(uow, stored.battle.id, viewer.user_id):
        return stored
    raise BattleNotFound


async def invited_by_name(uow: UnitOfWork, battle_id: BattleId, user_id: UserId | None) -> bool:
    """Whether somebody is invited by name and has not declined."""
    return user_id is not None and await invitations.stands(uow, battle_id, user_id)


async def see_by_invite(uow: UnitOfWork, token: str, viewer: Viewer) -> SeenBattle:
    """What an invite leads to, for whoever holds it; raises BattleNotFound."""
    return _there(await views.find_by_invite(uow, token, viewer.user_id))


async def see_by_spectator(uow: UnitOfWork, token: str, viewer: Viewer) -> SeenBattle:
    """What a spectator link leads to, for whoever holds it; raises BattleNotFound."""
    return _there(await views.find_by_spectator(uow, token, viewer.user_id))


class Which(StrEnum):
    """Lists of battles: those I own or take part in, those anybody may join, those I am invited to by name and can join."""

    MINE = "mine"
    PUBLIC = "public"
    INVITED = "invited"


_READ = {Which.MINE: views.mine, Which.PUBLIC: views.open_to_all, Which.INVITED: views.invited}


@dataclass(frozen=True, slots=True)
class Listing:
    """Which battles are asked for, newest first; all phases where none is named."""

    which: Which
    phases: frozenset[Phase]
    before: BattleId | None
    limit: int


async def listing(uow: UnitOfWork, viewer: UserId, wanted: Listing) -> list[SeenBattle]:
    """The viewer's battles, or those they might join."""
    return await _READ[wanted.which](uow, viewer, phases=wanted.phases, before=wanted.before, limit=wanted.limit)


async def who_takes_part(
    uow: UnitOfWork, battle_id: BattleId, viewer: Viewer, *, after: tuple[datetime, UserId] | None, limit: int
) -> list[Participant]:
    """The participants in the order of joining; raises BattleNotFound."""
    await see(uow, battle_id, viewer)
    return await participants.listing(uow, battle_id, after=after, limit=limit)


async def my_part(uow: UnitOfWork, battle_id: BattleId, user_id: UserId) -> Participant:
    """With what somebody competes; raises BattleNotFound, NotParticipating."""
    seen = await see(uow, battle_id, Viewer(user_id))
    if seen.me is None:
        raise NotParticipating(battle_id, user_id)
    return seen.me


async def result(uow: UnitOfWork, battle_id: BattleId, viewer: Viewer) -> tuple[str, str]:
    """The result document (canonical JSON) and its hash; raises BattleNotFound, ResultNotReady."""
    await see(uow, battle_id, viewer)
    found = await results.find(uow, battle_id)
    if found is None:
        raise ResultNotReady
    return found


def _there(seen: SeenBattle | None) -> SeenBattle:
    if seen is None:
        raise BattleNotFound
    return seen
