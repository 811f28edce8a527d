"""The router of pages: routes like every service's, absent from the OpenAPI document, which is for programs."""

from typing import Annotated

from fastapi import Path

from arena.chassis.http.route import OpenRoute, Router

LinkToken = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
"""The token of a link; whatever else stands there (`..`, say) would lead to another address of the API."""


def page_router() -> Router:
    """A router for one module of pages."""
    router = Router("")
    router.include_in_schema = False
    router.route_class = OpenRoute
    return router
