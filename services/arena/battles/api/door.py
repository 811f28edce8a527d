"""What the routes ask for: the constructed parts, who looks, and the ledger's word before the unit of work of the route is opened."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request

from arena.battles.neighbours import AccountsPort, LedgerPort
from arena.battles.schemas.requests import JoinIn
from arena.battles.use_cases.deciding import Deciding
from arena.battles.use_cases.declaring import Declaring
from arena.battles.use_cases.hosting import Hosting
from arena.battles.use_cases.taking_part import Application
from arena.battles.use_cases.viewing import Viewer
from arena.chassis.http.auth import CSRF_HEADER, CurrentPrincipal, CurrentUser, OptionalPrincipal, Principal, PrincipalKind
from arena.chassis.http.deadlines import RequestDeadline
from arena.contracts.ids import BattleId, UserId

PREFIX: Final = "/api/battles"
ARBITER: Final = "arbiter"
_OVERSEERS: Final = frozenset({ARBITER, "admin"})
_CREDENTIALS: Final = ("authorization", "cookie", CSRF_HEADER.lower())


@dataclass(frozen=True, slots=True)
class Parts:
    """The service's parts, on `app.state.battles`."""

    hosting: Hosting
    deciding: Deciding
    declaring: Declaring
    ledger: LedgerPort
    accounts: AccountsPort


async def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.battles
    return parts


BattlesDep = Annotated[Parts, Depends(_parts)]


def me(user: Principal) -> UserId:
    """The id of whoever asks."""
    return UserId(user.user_id)


def _viewer_of(principal: Principal | None, invite: str | None = None) -> Viewer:
    if principal is None:
        return Viewer(None)
    oversees = principal.kind is not PrincipalKind.USER or bool(principal.roles & _OVERSEERS)
    return Viewer(me(principal), oversees, invite)


async def _viewer(
    principal: CurrentPrincipal,
    invite: Annotated[str | None, Query(max_length=100, description="The token of the invite link, for who has not joined yet.")] = None,
) -> Viewer:
    return _viewer_of(principal, invite)


async def _anybody(principal: OptionalPrincipal) -> Viewer:
    return _viewer_of(principal)


CurrentViewer = Annotated[Viewer, Depends(_viewer)]
AnyViewer = Annotated[Viewer, Depends(_anybody)]


async def _battle_id(battle_id: UUID) -> BattleId:
    return BattleId(battle_id)


ThisBattle = Annotated[BattleId, Depends(_battle_id)]


async def _application(request: Request, user: CurrentUser, body: JoinIn, parts: BattlesDep, deadline: RequestDeadline) -> Application:
    """Ask the ledger with the asker's own credentials; no transaction waits for it."""
    credentials = {name: request.headers[name] for name in _CREDENTIALS if name in request.headers}
    terms = await parts.ledger.terms(credentials, body.wanted, deadline)
    return Application(me(user), body.wanted, terms, body.time_zone, body.invite)


Applying = Annotated[Application, Depends(_application)]
