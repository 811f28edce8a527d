"""What live asks of other services: who may see a battle, its standings so far, names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from arena.chassis.core.errors import UpstreamUnavailable
from arena.chassis.core.resilience import Deadline
from arena.chassis.http.outbound import Outbound
from arena.contracts.battle_spec import Phase
from arena.contracts.events.scoring import StandingsChanged
from arena.contracts.ids import BattleId, UserId
from arena.live.domain import BattleUnknown

_OK = 200
_NOT_FOUND = 404
_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class BattleView:
    """What battles says of a battle to somebody who may see it."""

    battle_id: BattleId
    phase: Phase


@dataclass(frozen=True, slots=True)
class Known:
    """What identity says of somebody; `share_name` is their consent to be named in the status of declared battles."""

    display_name: str
    share_name: bool = False


class Neighbours(Protocol):
    """The services beside this one."""

    async def battle(self, battle_id: BattleId, credentials: Mapping[str, str]) -> BattleView:
        """The battle as whoever has these credentials may see it; raises BattleUnknown."""

    async def spectated(self, token: str) -> BattleView:
        """The battle behind a spectator link; raises BattleUnknown."""

    async def standings(self, battle_id: BattleId) -> StandingsChanged | None:
        """The standings as scoring keeps them; None before it has heard of the battle."""

    async def curves(self, battle_id: BattleId, users: Sequence[UserId]) -> Any:
        """Score over time, as scoring tells it."""

    async def profiles(self, users: Sequence[UserId]) -> Mapping[UserId, Known]:
        """Display names and consents; who is erased is missing."""


class HttpNeighbours:
    """Asks over HTTP: on behalf of the asker where access is decided, as a service elsewhere."""

    def __init__(self, battles: Outbound, scoring: Outbound, identity: Outbound) -> None:
        self._battles = battles
        self._scoring = scoring
        self._identity = identity

    async def battle(self, battle_id: BattleId, credentials: Mapping[str, str]) -> BattleView:
        """Battles decides who sees what."""
        answer = await self._battles.request("GET", f"/api/battles/{battle_id}", deadline=Deadline.after(_SECONDS), headers=credentials)
        return _view(answer.status_code, answer.content)

    async def spectated(self, token: str) -> BattleView:
        """The link is the credential."""
        answer = await self._battles.request("GET", f"/api/battles/spectate/{token}", deadline=Deadline.after(_SECONDS))
        return _view(answer.status_code, answer.content)

    async def standings(self, battle_id: BattleId) -> StandingsChanged | None:
        """Scoring's snapshot."""
        answer = await self._scoring.request("GET", f"/api/scoring/battles/{battle_id}/standings", deadline=Deadline.after(_SECONDS))
        if answer.status_code == _NOT_FOUND:
            return None
        _expect_ok(answer.status_code, "scoring")
        return msgspec.json.decode(answer.content, type=StandingsChanged)

    async def curves(self, battle_id: BattleId, users: Sequence[UserId]) -> Any:
        """Scoring's history."""
        answer = await self._scoring.request(
            "GET",
            f"/api/scoring/battles/{battle_id}/history",
            deadline=Deadline.after(_SECONDS),
            params=[("users", str(user)) for user in users],
        )
        if answer.status_code == _NOT_FOUND:
            raise BattleUnknown(f"there is no battle {battle_id}")
        _expect_ok(answer.status_code, "scoring")
        return msgspec.json.decode(answer.content)

    async def profiles(self, users: Sequence[UserId]) -> Mapping[UserId, Known]:
        """Identity's public profiles."""
        ids = ",".join(map(str, users))
        answer = await self._identity.request("GET", "/api/identity/profiles", deadline=Deadline.after(_SECONDS), params={"ids": ids})
        _expect_ok(answer.status_code, "identity")
        found = msgspec.json.decode(answer.content, type=_Profiles).items
        return {profile.id: Known(profile.display_name, profile.share_name) for profile in found}


class _Profile(msgspec.Struct):
    id: UserId
    display_name: str
    share_name: bool = False


class _Profiles(msgspec.Struct):
    items: list[_Profile]


class _Battle(msgspec.Struct):
    id: BattleId
    phase: Phase


def _view(status: int, content: bytes) -> BattleView:
    if status != _OK:
        raise BattleUnknown("there is no such battle, or it is not yours to see")
    battle = msgspec.json.decode(content, type=_Battle)
    return BattleView(battle.id, battle.phase)


def _expect_ok(status: int, service: str) -> None:
    if status != _OK:
        raise UpstreamUnavailable(f"{service} answered {status}", retry_after=1.0)
