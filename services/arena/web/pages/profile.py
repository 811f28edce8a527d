"""Name, days, password, and the way out."""

from typing import Any

from fastapi import Response

from arena.client import ApiProblem
from arena.contracts.civil import zones
from arena.web import session
from arena.web.forms import Form, Submitted, refused
from arena.web.routing import page_router
from arena.web.views.habits import FULL_WEEKDAYS
from arena.web.visitor import SignedIn, Visitor

router = page_router()


@router.get("/profile")
async def profile(visitor: SignedIn, saved: str = "") -> Response:
    """Everything about oneself."""
    return await _show(visitor, saved=saved)


@router.post("/profile")
async def change_profile(visitor: SignedIn, sent: Submitted) -> Response:
    """Another name, language or consent."""
    wanted = {"display_name": sent.text("display_name"), "locale": sent.text("locale"), "share_name": sent.ticked("share_name")}
    try:
        await visitor.client.identity.change_me(**wanted)
    except ApiProblem as problem:
        form = refused(sent, problem, {"display_name": "display_name", "locale": "locale"})
        return await _show(visitor, problem.status, about=form)
    return visitor.go("/profile?saved=name")


@router.post("/profile/days")
async def change_days(visitor: SignedIn, sent: Submitted) -> Response:
    """Zone, day start, week start: for what is logged from now on."""
    try:
        await visitor.client.habits.change_settings(sent.text("time_zone"), sent.text("day_start"), sent.text("week_start"))
    except ApiProblem as problem:
        names = ("time_zone", "day_start", "week_start")
        return await _show(visitor, problem.status, days=refused(sent, problem, {name: name for name in names}))
    return visitor.go("/profile?saved=days")


@router.post("/profile/password")
async def change_password(visitor: SignedIn, sent: Submitted) -> Response:
    """Every other session ends; this one goes on with fresh tokens."""
    try:
        tokens = await visitor.client.identity.change_password(sent.secret("current"), sent.secret("new"))
    except ApiProblem as problem:
        if problem.slug == "not-authenticated":
            raise
        inputs = {"current": "current", "new": "new", "password": "new"}
        return await _show(visitor, problem.status, secret=refused(sent, problem, inputs))
    answer = visitor.go("/profile?saved=password")
    session.begin(visitor.request, answer, tokens)
    return answer


@router.post("/profile/delete")
async def delete(visitor: SignedIn, sent: Submitted) -> Response:
    """Erase the account and everything of it; the password proves that it is meant."""
    try:
        await visitor.client.identity.erase(sent.secret("password"))
    except ApiProblem as problem:
        if problem.slug == "not-authenticated":
            raise
        return await _show(visitor, problem.status, erasure=refused(sent, problem, {"password": "password"}))
    answer = visitor.go("/sign-in")
    session.end(answer)
    return answer


async def _show(visitor: Visitor, status: int = 200, *, saved: str = "", **refusals: Form) -> Response:
    person = await visitor.person()
    settings = person.settings
    forms: dict[str, Any] = {
        "about": Form.of(display_name=person.me.display_name, locale=person.me.locale, share_name="yes" if person.me.share_name else None),
        "days": Form.of(time_zone=settings.time_zone, day_start=settings.day_start, week_start=settings.week_start),
        "secret": Form(),
        "erasure": Form(),
    }
    return visitor.show("profile.html", status, saved=saved, zones=sorted(zones()), weekdays=FULL_WEEKDAYS, **(forms | refusals))
