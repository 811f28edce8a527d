"""What an owner does: draft a battle, change it, open it, call it off, hand out new links."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from arena.battles.domain import lifecycle
from arena.battles.domain.battle import Battle
from arena.battles.domain.errors import NotOwner
from arena.battles.domain.timetable import ParticipantDays
from arena.battles.storage import battles, declarations, participants
from arena.battles.storage.battles import StoredBattle
from arena.battles.storage.views import SeenBattle
from arena.battles.use_cases.errors import DeclaredElsewhere
from arena.battles.use_cases.recording import record
from arena.battles.use_cases.viewing import Viewer, check_visible, see
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import BattleSpec, DayRule
from arena.contracts.ids import BattleId, UserId


@dataclass(frozen=True, slots=True)
class BattleEdit:
    """What is to change of a battle, by name of the field; what is not named stays. `spec` is for what is in neither window nor scoring."""

    name: str | None = None
    spec: dict[str, Any] = field(default_factory=dict)
    window: dict[str, Any] = field(default_factory=dict)
    scoring: dict[str, Any] = field(default_factory=dict)

    def of(self, spec: BattleSpec) -> BattleSpec:
        """The definition with the changes."""
        window, scoring = replace(spec.window, **self.window), replace(spec.scoring, **self.scoring)
        return replace(spec, window=window, scoring=scoring, **self.spec)


class Link(StrEnum):
    """The two links of a battle."""

    INVITE = "invite"
    SPECTATOR = "spectator"


class Hosting:
    """What can be done with a battle of one's own; `new_token` makes the secrets of its links."""

    def __init__(self, new_id: Callable[[], UUID], new_token: Callable[[], str]) -> None:
        self._new_id = new_id
        self._new_token = new_token

    async def create(self, uow: UnitOfWork, owner_id: UserId, name: str, spec: BattleSpec) -> StoredBattle:
        """Draft a battle; nobody else hears of it yet. Raises InvalidBattle (or a kind of it) naming the field."""
        battle = lifecycle.create(BattleId(self._new_id()), owner_id, name, spec, uow.now)
        stored = StoredBattle(battle, self._new_token(), self._new_token(), uow.now)
        await battles.add(uow, stored)
        return stored

    async def edit(self, uow: UnitOfWork, battle_id: BattleId, by: UserId, changes: BattleEdit) -> SeenBattle:
        """Change a battle that has not begun.

        Raises BattleNotFound, DeclaredElsewhere, NotOwner, AlreadyRunning, BattleClosed, InvalidBattle.
        """
        before = await self._own(uow, battle_id, by)
        spec = changes.of(before.spec)
        days: list[ParticipantDays] = []
        if spec.window.days is DayRule.OWN:
            days = await participants.days(uow, battle_id)
        after = lifecycle.edit(before, by, changes.name or before.name, spec, at=uow.now, participants=days)
        await record(uow, before, after)
        return await see(uow, battle_id, Viewer(by))

    async def open(self, uow: UnitOfWork, battle_id: BattleId, by: UserId) -> SeenBattle:
        """Let people join. Raises BattleNotFound, DeclaredElsewhere, NotOwner, AlreadyRunning, BattleClosed, WindowInPast."""
        before = await self._own(uow, battle_id, by)
        await record(uow, before, lifecycle.open_to_join(before, by, uow.now))
        return await see(uow, battle_id, Viewer(by))

    async def cancel(self, uow: UnitOfWork, battle_id: BattleId, by: UserId) -> SeenBattle:
        """Call a battle off that has not begun. Raises BattleNotFound, DeclaredElsewhere, NotOwner, AlreadyRunning, BattleClosed."""
        before = await self._own(uow, battle_id, by)
        await record(uow, before, lifecycle.cancel(before, by, uow.now))
        return await see(uow, battle_id, Viewer(by))

    async def renew(self, uow: UnitOfWork, battle_id: BattleId, by: UserId, link: Link) -> SeenBattle:
        """Replace a link; the one given out so far leads nowhere. Who has joined stays. Raises BattleNotFound, NotOwner."""
        stored = await self._held(uow, battle_id, by)
        if stored.battle.owner_id != by:
            raise NotOwner(battle_id)
        renewed = replace(stored, invite=self._new_token()) if link is Link.INVITE else replace(stored, spectator=self._new_token())
        await battles.set_links(uow, battle_id, renewed.invite, renewed.spectator)
        return await see(uow, battle_id, Viewer(by))

    async def _own(self, uow: UnitOfWork, battle_id: BattleId, by: UserId) -> Battle:
        """A battle that no resource declares; whose it is, the domain checks."""
        stored = await self._held(uow, battle_id, by)
        holder = await declarations.holder(uow, battle_id)
        if holder is not None:
            raise DeclaredElsewhere(holder.resource)
        return stored.battle

    async def _held(self, uow: UnitOfWork, battle_id: BattleId, by: UserId) -> StoredBattle:
        return await check_visible(uow, await battles.lock(uow, battle_id), Viewer(by))
