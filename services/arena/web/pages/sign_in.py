"""Sign up, sign in, go on, sign out."""

import asyncio
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse

from arena.client import ApiProblem, ArenaClient
from arena.contracts.civil import is_zone
from arena.web import session
from arena.web.forms import Form, Submitted, refused
from arena.web.next_page import HOME, safe_next
from arena.web.routing import page_router
from arena.web.visitor import Anybody

router = page_router()
Next = Annotated[str, Query(alias="next", max_length=1000)]
_SIGN_UP_INPUTS = {"email": "email", "password": "password", "display_name": "display_name", "invite": "invite"}
_SIGN_IN_INPUTS = {"username": "email", "password": "password"}


@router.get("/sign-in")
async def sign_in_form(visitor: Anybody, then: Next = HOME) -> Response:
    """Who are you."""
    return visitor.show("sign_in.html", form=Form(), then=safe_next(then))


@router.post("/sign-in")
async def sign_in(visitor: Anybody, sent: Submitted) -> Response:
    """In, and on to where they wanted to go."""
    then = safe_next(sent.text("next"))
    try:
        tokens = await visitor.client.identity.sign_in(sent.text("email"), sent.secret("password"))
    except ApiProblem as problem:
        return visitor.show("sign_in.html", problem.status, form=refused(sent, problem, _SIGN_IN_INPUTS), then=then)
    answer = visitor.go(then)
    session.begin(visitor.request, answer, tokens)
    return answer


@router.get("/sign-up")
async def sign_up_form(visitor: Anybody, then: Next = HOME, invite: str = "") -> Response:
    """A new account."""
    return visitor.show("sign_up.html", form=Form.of(invite=invite), then=safe_next(then), registration=visitor.site.registration.value)


@router.post("/sign-up")
async def sign_up(visitor: Anybody, sent: Submitted) -> Response:
    """Make the account and go in; the browser's time zone, if it said one, decides their days from the first."""
    then = safe_next(sent.text("next"))
    email, password = sent.text("email"), sent.secret("password")
    try:
        await visitor.client.identity.register(email, password, sent.text("display_name"), invite=sent.text("invite") or None)
        tokens = await visitor.client.identity.sign_in(email, password)
    except ApiProblem as problem:
        form = refused(sent, problem, _SIGN_UP_INPUTS)
        return visitor.show("sign_up.html", problem.status, form=form, then=then, registration=visitor.site.registration.value)
    await _settle(visitor.client.as_bearer(tokens.access_token), sent.text("time_zone"))
    answer = visitor.go(then)
    session.begin(visitor.request, answer, tokens)
    return answer


async def _settle(client: ArenaClient, zone: str) -> None:
    if not is_zone(zone):
        return
    try:
        await client.habits.change_settings(zone)
    except ApiProblem:
        return  # the account is made; Today says that the zone is still to be chosen


@router.api_route(f"{session.SESSION_PATH}/refresh", methods=["GET", "POST"])
async def refresh(request: Request, visitor: Anybody, then: Next = HOME, again: str = "") -> Response:
    """Fresh tokens, then back to where they were; what they were sending is sent again (307).

    The refresh token does not come along when a link on another site led here: that page then sends the browser once more from here.
    """
    back = safe_next(then)
    held = request.cookies.get(session.REFRESH_COOKIE)
    if not held and request.method == "GET" and not again:
        return visitor.show("one_moment.html", address=f"{session.SESSION_PATH}/refresh?again=1&next={quote(back, safe='/')}")
    if not held:
        return _out(request, back)
    try:
        tokens = await visitor.client.identity.refresh(held)
    except ApiProblem as problem:
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR or problem.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise
        return _out(request, back)
    answer = RedirectResponse(back, 303 if request.method == "GET" else 307)
    session.carry_on(request, answer, tokens)
    session.mark_refreshed(answer)
    return answer


def _out(request: Request, back: str) -> Response:
    """To the door; a form that was being sent is not sent on, its page is what they come back to."""
    then = back if request.method == "GET" else HOME
    answer = RedirectResponse(f"/sign-in?next={quote(then, safe='/')}", 303)
    session.end(answer)
    return answer


@router.post(f"{session.SESSION_PATH}/sign-out")
async def sign_out(visitor: Anybody, sent: Submitted) -> Response:
    """Out, here and in the API."""
    del sent
    held = visitor.request.cookies.get(session.REFRESH_COOKIE)
    if held:
        await asyncio.shield(visitor.client.identity.revoke(held))
    answer = visitor.go("/sign-in")
    session.end(answer)
    return answer
