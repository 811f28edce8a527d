"""HTTP of live: who asks, which screen, the answer that is encoded already."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from arena.chassis.http.auth import CSRF_HEADER, CurrentPrincipal
from arena.chassis.http.route import Router
from arena.contracts.ids import BattleId, UserId
from arena.live.neighbours import Neighbours
from arena.live.schemas import CurvesOut, StandingsOut
from arena.live.stream import StandingsStream
from arena.live.use_cases import Screen, Screens

router = Router("/api/live", tags=["live"])
_CREDENTIALS = ("authorization", "cookie", CSRF_HEADER.lower())


async def _screens(request: Request) -> Screens:
    screens: Screens = request.app.state.screens
    return screens


async def _neighbours(request: Request) -> Neighbours:
    neighbours: Neighbours = request.app.state.neighbours
    return neighbours


ScreensDep = Annotated[Screens, Depends(_screens)]
NeighboursDep = Annotated[Neighbours, Depends(_neighbours)]


async def _mine(battle_id: UUID, _: CurrentPrincipal, request: Request, screens: ScreensDep, neighbours: NeighboursDep) -> Screen:
    """A battle the asker may see: battles decides, by the asker's own credentials."""
    credentials = {name: request.headers[name] for name in _CREDENTIALS if name in request.headers}
    battle = await neighbours.battle(BattleId(battle_id), credentials)
    return await screens.open(battle.battle_id, battle.phase)


async def _spectated(token: str, screens: ScreensDep, neighbours: NeighboursDep) -> Screen:
    """The battle of a spectator link."""
    battle = await neighbours.spectated(token)
    return await screens.open(battle.battle_id, battle.phase)


MyScreen = Annotated[Screen, Depends(_mine)]
SpectatedScreen = Annotated[Screen, Depends(_spectated)]
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "Events `standings`; id is the revision."}
}


@router.get("/battles/{battle_id}/standings", summary="The standings now", response_model=StandingsOut)
async def get_standings(screen: MyScreen) -> Response:
    """Rank, name and score of everybody in the battle."""
    return _body(screen)


@router.get("/battles/{battle_id}/stream", summary="The standings as they change (SSE)", responses=_STREAM, response_class=Response)
async def stream(screen: MyScreen, screens: ScreensDep) -> Response:
    """The whole standings at once and after every change; a reconnecting client gets the newest, so none is missed."""
    return StandingsStream(screens, screen)


@router.get("/battles/{battle_id}/history", summary="Score over time", response_model=CurvesOut)
async def history(
    screen: MyScreen,
    neighbours: NeighboursDep,
    users: Annotated[list[UUID] | None, Query(max_length=6, description="Whose; the first six.")] = None,
) -> Any:
    """For the chart; at most six curves."""
    wanted = users or [row.user_id for row in screen.board.rows[:6]]
    return await neighbours.curves(screen.board.battle_id, [UserId(user) for user in wanted])


@router.get("/spectate/{token}/standings", summary="The standings now, for spectators", response_model=StandingsOut)
async def get_spectated(screen: SpectatedScreen) -> Response:
    """The link is the permission."""
    return _body(screen)


@router.get(
    "/spectate/{token}/stream", summary="The standings as they change, for spectators (SSE)", responses=_STREAM, response_class=Response
)
async def spectate(screen: SpectatedScreen, screens: ScreensDep) -> Response:
    """The link is the permission."""
    return StandingsStream(screens, screen)


def _body(screen: Screen) -> Response:
    return Response(screen.body, media_type="application/json")
