"""HTTP of live: who asks, which screen, the answer that is encoded already."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response

from arena.chassis.core.errors import Forbidden
from arena.chassis.http.auth import CSRF_HEADER, CurrentPlatform, CurrentPrincipal, PrincipalKind
from arena.chassis.http.door import ReadUnitOfWork
from arena.chassis.http.route import Router
from arena.contracts.ids import BattleId, UserId
from arena.live.domain import Line
from arena.live.neighbours import Neighbours
from arena.live.schemas import CurvesOut, StandingsOut, SummaryOut, SummaryRow
from arena.live.stream import StandingsStream
from arena.live.use_cases import Screen, Screens
from arena.live.viewing import Viewing

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


async def _mine(battle_id: UUID, principal: CurrentPrincipal, request: Request, screens: ScreensDep, neighbours: NeighboursDep) -> Screen:
    """A battle the asker may see; the platform is not shown names without consent."""
    if principal.kind is PrincipalKind.PLATFORM:
        raise Forbidden(f"The standings have names: the platform asks for /api/live/battles/{battle_id}/summary.")
    return await _seen(battle_id, request, screens, neighbours)


async def _overseen(battle_id: UUID, _: CurrentPlatform, request: Request, screens: ScreensDep, neighbours: NeighboursDep) -> Screen:
    return await _seen(battle_id, request, screens, neighbours)


async def _seen(battle_id: UUID, request: Request, screens: Screens, neighbours: Neighbours) -> Screen:
    """Battles decides who sees what, by the asker's own credentials."""
    credentials = {name: request.headers[name] for name in _CREDENTIALS if name in request.headers}
    battle = await neighbours.battle(BattleId(battle_id), credentials)
    return await screens.open(battle.battle_id, battle.phase)


async def _spectated(token: str, screens: ScreensDep, neighbours: NeighboursDep) -> Screen:
    """The battle of a spectator link."""
    battle = await neighbours.spectated(token)
    return await screens.open(battle.battle_id, battle.phase)


async def _viewing(request: Request) -> Viewing:
    viewing: Viewing = request.app.state.viewing
    return viewing


OverseenScreen = Annotated[Screen, Depends(_overseen)]


async def _best(screen: OverseenScreen, screens: ScreensDep) -> list[Line]:
    """Names are asked for before the unit of work of the route is opened."""
    return await screens.best(screen)


MyScreen = Annotated[Screen, Depends(_mine)]
SpectatedScreen = Annotated[Screen, Depends(_spectated)]
SixUsers = Annotated[list[UUID] | None, Query(max_length=6, description="Whose; the first six.")]
LastSeen = Annotated[int | None, Header(ge=0, description="The revision seen last, as browsers send it when they come back.")]
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "Events `standings`; id is the revision."}
}


@router.get("/battles/{battle_id}/standings", summary="The standings now", response_model=StandingsOut)
async def get_standings(screen: MyScreen) -> Response:
    """Rank, name and score of everybody in the battle."""
    return _body(screen)


@router.get("/battles/{battle_id}/stream", summary="The standings as they change (SSE)", responses=_STREAM, response_class=Response)
async def stream(screen: MyScreen, screens: ScreensDep, last_event_id: LastSeen = None) -> Response:
    """The whole standings at once and after every change; a client that comes back goes on with the newest, never with older ones."""
    return StandingsStream(screens, screen, last_event_id)


@router.get("/battles/{battle_id}/history", summary="Score over time", response_model=CurvesOut)
async def history(screen: MyScreen, neighbours: NeighboursDep, users: SixUsers = None) -> Any:
    """For the chart; at most six curves."""
    return await _curves(screen, neighbours, users)


@router.get("/battles/{battle_id}/summary", summary="How a battle goes, for the platform")
async def get_summary(
    screen: OverseenScreen,
    best: Annotated[list[Line], Depends(_best)],
    viewing: Annotated[Viewing, Depends(_viewing)],
    uow: ReadUnitOfWork,
) -> SummaryOut:
    """Viewers and the first five lines; names only of those who agreed to it."""
    viewers = await viewing.count(uow, screen.board.battle_id)
    return SummaryOut(viewers=viewers, top=[SummaryRow(**line._asdict()) for line in best], as_of=screen.board.as_of or uow.now)


@router.get("/spectate/{token}/standings", summary="The standings now, for spectators", response_model=StandingsOut)
async def get_spectated(screen: SpectatedScreen) -> Response:
    """The link is the permission."""
    return _body(screen)


@router.get(
    "/spectate/{token}/stream", summary="The standings as they change, for spectators (SSE)", responses=_STREAM, response_class=Response
)
async def spectate(screen: SpectatedScreen, screens: ScreensDep, last_event_id: LastSeen = None) -> Response:
    """The link is the permission."""
    return StandingsStream(screens, screen, last_event_id)


@router.get("/spectate/{token}/history", summary="Score over time, for spectators", response_model=CurvesOut)
async def spectated_history(screen: SpectatedScreen, neighbours: NeighboursDep, users: SixUsers = None) -> Any:
    """The link is the permission."""
    return await _curves(screen, neighbours, users)


async def _curves(screen: Screen, neighbours: Neighbours, users: list[UUID] | None) -> Any:
    wanted = users or [row.user_id for row in screen.board.rows[:6]]
    return await neighbours.curves(screen.board.battle_id, [UserId(user) for user in wanted])


def _body(screen: Screen) -> Response:
    return Response(screen.body, media_type="application/json")
