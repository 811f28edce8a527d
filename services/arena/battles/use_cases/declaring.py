"""What resources declare: battles made, taken over, changed, invited to and given up, each as often as one likes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from arena.battles.domain import declaring
from arena.battles.domain.battle import Battle
from arena.battles.domain.declaring import Declaration
from arena.battles.domain.errors import DeclarationStale, InvalidBattle, UnknownPlayer
from arena.battles.domain.lifecycle import has_begun
from arena.battles.domain.timetable import ParticipantDays
from arena.battles.storage import battles, declarations, invitations, participants
from arena.battles.storage.battles import StoredBattle
from arena.battles.storage.declarations import HeldDeclaration, Known
from arena.battles.use_cases.errors import BattleNotFound, DeclarationNotFound, DeclaredElsewhere, NotInvited
from arena.battles.use_cases.recording import announce, record, set_due
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import BattleSpec, DayRule, Phase
from arena.contracts.ids import BattleId, UserId


@dataclass(frozen=True, slots=True)
class Wish:
    """What a resource wants: this battle, with these players invited (None: nobody has that e-mail); `adopt` a battle that is there."""

    declaration: Declaration
    name: str
    spec: BattleSpec
    players: tuple[UserId | None, ...] = ()
    adopt: BattleId | None = None

    @property
    def known_players(self) -> frozenset[UserId]:
        """Those who are somebody."""
        return frozenset(player for player in self.players if player is not None)


class Declaring:
    """What resources ask for; `new_token` makes the secrets of a battle's links."""

    def __init__(self, new_id: Callable[[], UUID], new_token: Callable[[], str]) -> None:
        self._new_id = new_id
        self._new_token = new_token

    async def declare(self, uow: UnitOfWork, wish: Wish) -> tuple[HeldDeclaration, bool]:
        """Make it so; also answers whether the resource declared something already. What is so already is only read.

        Raises BattleNotFound, DeclarationStale, DeclaredElsewhere, AlreadyRunning, BattleClosed, InvalidBattle, UnknownPlayer.
        """
        uid = wish.declaration.uid
        known = await declarations.find(uow, uid)
        if known is None:
            made = await (self._make(uow, wish) if wish.adopt is None else _adopt(uow, wish.adopt, wish))
            if made is not None:
                return made, False
        if isinstance(known, HeldDeclaration) and _is_so(known, wish):
            return known, True
        return await _follow(uow, _still_declaring(await declarations.lock(uow, uid)), wish), True

    async def _make(self, uow: UnitOfWork, wish: Wish) -> HeldDeclaration | None:
        """A new battle; None if another request for this resource was quicker."""
        battle = declaring.make(BattleId(self._new_id()), wish.name, wish.spec, uow.now)
        _check_players(wish)
        if not await declarations.add_with(uow, wish.declaration, StoredBattle(battle, self._new_token(), self._new_token(), uow.now)):
            return None
        players = wish.known_players
        if players:
            await invitations.add(uow, battle.id, players)
        announce(uow, replace(battle, phase=Phase.DRAFT), battle)
        set_due(uow, battle)
        return HeldDeclaration(wish.declaration, battle, players, len(players))


async def withdraw(uow: UnitOfWork, uid: str, fence: int, *, cancel: bool) -> None:
    """Let the resource declare nothing any more, for good; with `cancel` its battle is called off.

    Raises DeclarationStale, AlreadyRunning.
    """
    known = await declarations.lock(uow, uid)
    if known is None:
        if await declarations.withdraw_unknown(uow, uid, fence):
            return
        known = await declarations.lock(uow, uid)
    if not isinstance(known, HeldDeclaration):
        return
    declaring.check_newer(known.declaration, fence=fence)
    if cancel:
        await record(uow, known.battle, declaring.call_off(known.battle, uow.now))
    await declarations.withdraw(uow, uid)


async def look(uow: UnitOfWork, uid: str) -> HeldDeclaration:
    """What a resource declares, and how it stands; raises DeclarationNotFound."""
    known = await declarations.find(uow, uid)
    if not isinstance(known, HeldDeclaration):
        raise DeclarationNotFound
    return known


async def decline(uow: UnitOfWork, battle_id: BattleId, user_id: UserId) -> None:
    """Turn an invitation down; twice is once. Raises NotInvited."""
    if not await invitations.decline(uow, battle_id, user_id):
        raise NotInvited


async def _adopt(uow: UnitOfWork, battle_id: BattleId, wish: Wish) -> HeldDeclaration | None:
    """A battle that is there, with its owner; None if another request for this resource was quicker."""
    found = await battles.lock(uow, battle_id)
    if found is None:
        raise BattleNotFound("There is no battle with this id to take over.", field="adopt")
    holder = await declarations.holder(uow, battle_id)
    if holder is not None and holder.uid != wish.declaration.uid:
        raise DeclaredElsewhere(holder.resource)
    if not await declarations.add(uow, wish.declaration, battle_id):
        return None
    return await _follow(uow, await look(uow, wish.declaration.uid), wish, newer=True)


async def _follow(uow: UnitOfWork, held: HeldDeclaration, wish: Wish, *, newer: bool = False) -> HeldDeclaration:
    """Bring a battle that is held to where it is wanted; what is so already is not written. `newer`: this is the resource's first word."""
    _check_follows(held, wish)
    # Whom one invites must be somebody; that an account is gone later is no fault of what was declared.
    if (newer or wish.declaration.generation > held.declaration.generation) and not has_begun(held.battle, uow.now):
        _check_players(wish)
    if _is_so(held, wish):
        return held
    before = held.battle
    days = await _days(uow, before, wish.spec)
    await record(uow, before, declaring.reshape(before, wish.name, wish.spec, at=uow.now, participants=days))
    await declarations.save(uow, wish.declaration)
    if held.players != wish.known_players:
        await invitations.set_players(uow, before.id, wish.known_players)
    return await look(uow, wish.declaration.uid)


def _check_follows(held: HeldDeclaration, wish: Wish) -> None:
    declaring.check_newer(held.declaration, fence=wish.declaration.fence, generation=wish.declaration.generation)
    if wish.adopt not in {None, held.battle.id}:
        raise InvalidBattle("This resource declares another battle already; make another resource for that one.", field="adopt")


def _check_players(wish: Wish) -> None:
    if None in wish.players:
        raise UnknownPlayer(wish.players.index(None))


def _is_so(held: HeldDeclaration, wish: Wish) -> bool:
    return (
        held.declaration == wish.declaration
        and wish.adopt in {None, held.battle.id}
        and held.battle.phase is not Phase.DRAFT
        and declaring.changed_field(held.battle, wish.name, wish.spec) is None
        and held.players == wish.known_players
    )


def _still_declaring(known: Known) -> HeldDeclaration:
    if not isinstance(known, HeldDeclaration):
        raise DeclarationStale("This resource has withdrawn its declaration, for good: make a new resource to declare a battle again.")
    return known


async def _days(uow: UnitOfWork, battle: Battle, spec: BattleSpec) -> Sequence[ParticipantDays]:
    """The days of those who have joined, where they matter."""
    return await participants.days(uow, battle.id) if spec.window.days is DayRule.OWN else ()
