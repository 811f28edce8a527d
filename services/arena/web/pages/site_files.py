"""The front door, the static files, the page of keys."""

from fastapi import Response

from arena.web.routing import page_router
from arena.web.visitor import Anybody

router = page_router()


@router.get("/")
async def front(visitor: Anybody) -> Response:
    """Today, for who is signed in; else the door."""
    return visitor.go("/today" if visitor.token else "/sign-in")


@router.get("/static/{digest}/{name}")
async def static(digest: str, name: str, visitor: Anybody) -> Response:
    """Style sheet and modules."""
    return visitor.site.assets.answer(digest, name)


@router.get("/favicon.ico")
async def favicon(visitor: Anybody) -> Response:
    """Asked for by browsers unasked."""
    return visitor.site.assets.answer("", "icon.svg")


@router.get("/keys")
async def keys(visitor: Anybody) -> Response:
    """What the keyboard does; `?` shows it on any page."""
    if visitor.token:
        await visitor.person()
    return visitor.show("keys.html")
