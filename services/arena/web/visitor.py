"""Whoever looks at a page: the client that speaks for them, and the answer on its way back."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from opentelemetry.propagate import inject

from arena.chassis.core.ids import new_id
from arena.chassis.http.auth import ACCESS_COOKIE, CSRF_COOKIE
from arena.chassis.http.deadlines import HEADER as DEADLINE_HEADER
from arena.chassis.http.deadlines import deadline_of
from arena.chassis.http.rate_limits import address_of
from arena.client import ArenaClient
from arena.client.models import LedgerSettings, Me
from arena.web import session
from arena.web.next_page import safe_next
from arena.web.site import Site
from arena.web.views.words import Clock

FRAGMENT_HEADER: Final = "x-fragment"
_NOWHERE: Final = "UTC"


class SignInNeeded(Exception):
    """The page is for somebody who is signed in."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in: their account, and what decides their days."""

    me: Me
    settings: LedgerSettings

    @property
    def id(self) -> UUID:
        """Their id."""
        return self.me.id


class Visitor:
    """One request by somebody; signed in or not."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.site: Site = request.app.state.site
        self.token = request.cookies.get(ACCESS_COOKIE, "")
        self.csrf = request.cookies.get(CSRF_COOKIE, "") or session.new_csrf()
        self.client = _client(request, self.site, self.token)
        self._person: Person | None = None

    @property
    def wants_fragment(self) -> bool:
        """Whether a script asks for a piece of a page."""
        return FRAGMENT_HEADER in self.request.headers

    @property
    def own_address(self) -> str:
        """The address asked for, to come back to."""
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    async def person(self) -> Person:
        """Who it is; asked for once."""
        if self._person is None:
            self._person = Person(*await asyncio.gather(self.client.identity.me(), self.client.habits.settings()))
        return self._person

    def clock(self) -> Clock:
        """Now, in the visitor's zone."""
        return Clock(self.site.now(), self._person.settings.time_zone if self._person else _NOWHERE)

    def next(self, given: str | None, otherwise: str) -> str:
        """Where to go on to."""
        return safe_next(given, otherwise)

    def show(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page (or a piece of one)."""
        known: dict[str, Any] = {
            "person": self._person,
            "signed_in": bool(self.token),
            "csrf": self.csrf,
            "clock": self.clock(),
            "path": self.request.url.path,
            "here": self.own_address,
            "new_id": new_id,
            "up_to_date": True,
        }
        response = HTMLResponse(self.site.render(template, known | context), status)
        if CSRF_COOKIE not in self.request.cookies:
            session.give_csrf(self.request, response, self.csrf)
        return response

    def go(self, path: str) -> RedirectResponse:
        """On to another page, by GET."""
        return RedirectResponse(path, 303)


def _client(request: Request, site: Site, token: str) -> ArenaClient:
    """The client of one request: as the visitor, from their address, within the page's time and trace."""
    client = ArenaClient(site.http, tries=1)
    headers = {
        "x-request-id": str(request.scope.get("arena.request_id", "")),
        "x-forwarded-for": address_of(request),
        DEADLINE_HEADER: str(int(max(0.0, deadline_of(request).remaining()) * 1000)),
    }
    inject(headers)
    client.transport.headers |= headers
    return client.as_bearer(token) if token else client


# Coroutines, as FastAPI runs a plain function in a thread.
async def _anybody(request: Request) -> Visitor:
    return Visitor(request)


async def _signed_in(request: Request) -> Visitor:
    visitor = Visitor(request)
    if not visitor.token:
        raise SignInNeeded
    return visitor


Anybody = Annotated[Visitor, Depends(_anybody)]
SignedIn = Annotated[Visitor, Depends(_signed_in)]
"""Raises SignInNeeded."""
