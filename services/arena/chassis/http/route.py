"""The route class of all services: reads bodies strictly, ends in time, shows the answer to the door before it commits, and answers 304."""

import asyncio
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Any, Final

from fastapi import APIRouter, Request, Response, params
from fastapi.routing import APIRoute

from arena.chassis.core.errors import UnsupportedMediaType
from arena.chassis.http.deadlines import deadline_of
from arena.chassis.http.etag import revalidated
from arena.chassis.http.idempotency import Replayed
from arena.chassis.http.strict_request import StrictRequest

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")


class ArenaRoute(APIRoute):
    """FastAPI runs the handler below inside the dependencies' exit stack, so what it does happens before the unit of work commits."""

    def get_route_handler(self) -> Handler:
        """FastAPI's handler with our manners around it."""
        inner = super().get_route_handler()
        accepts = self._accepted_media()

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if accepts:
                _check_media_type(strict, accepts)
            try:
                async with asyncio.timeout(deadline_of(strict).remaining()):
                    response = await inner(strict)
            except Replayed as replayed:
                return replayed.response()
            if strict.method == "GET":
                return revalidated(strict, response)
            if answer := strict.scope.get("arena.answer"):
                answer.keep(response)
            return response

        return handle

    def _accepted_media(self) -> tuple[str, ...]:
        if self.body_field is None:
            return ()
        return _FORMS if isinstance(self.body_field.field_info, params.Form) else ("application/json",)


def _check_media_type(request: Request, accepts: tuple[str, ...]) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given in accepts or (given.endswith("+json") and "application/json" in accepts):
        return
    if given or request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        raise UnsupportedMediaType(f"This address reads {' or '.join(accepts)}; the Content-Type of the request is {given or 'missing'}.")


class Router(APIRouter):
    """The router services use: every route on it is an ArenaRoute; `Router("/api/battles", tags=["battles"])`.

    Operation ids are made of the last part of the prefix and the handler: `battles_join_battle`.
    """

    def __init__(self, prefix: str, *, tags: list[str | Enum] | None = None) -> None:
        first = prefix.removeprefix("/api/").replace("/", "_")
        super().__init__(
            prefix=prefix,
            route_class=ArenaRoute,
            tags=tags,
            redirect_slashes=False,
            generate_unique_id_function=lambda route: f"{first}_{route.name}".lstrip("_"),
        )
