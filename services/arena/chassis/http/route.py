"""The route class of all services: reads strictly, ends in time, shows the answer to the door before it commits, and answers 304."""

import asyncio
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from arena.chassis.core.errors import UnsupportedMediaType
from arena.chassis.http.deadlines import deadline_of
from arena.chassis.http.etag import revalidated
from arena.chassis.http.idempotency import Replayed
from arena.chassis.http.strict_request import StrictRequest

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")


class ArenaRoute(APIRoute):
    """Parameters that the address does not know are refused: a slip of the pen (`?limt=5`) would be answered with something else.

    FastAPI runs the handler below inside the dependencies' exit stack, so what it does happens before the unit of work commits.
    """

    takes_any_parameter: ClassVar = False

    def get_route_handler(self) -> Handler:
        """FastAPI's handler with our manners around it."""
        inner = super().get_route_handler()
        accepts = self._accepted_media()
        known = None if self.takes_any_parameter else _parameters(self.dependant)

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if known is not None and strict.scope["query_string"]:
                _check_parameters(strict, known)
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


class OpenRoute(ArenaRoute):
    """A route of pages: a link that went through other hands may have got parameters that are not ours, and leads here all the same."""

    takes_any_parameter: ClassVar = True


def _parameters(dependant: Dependant) -> frozenset[str]:
    """The names of the query parameters of a route and of all it depends on."""
    return frozenset(field.alias for field in get_flat_params(dependant) if isinstance(field.field_info, params.Query))


def _check_parameters(request: Request, known: frozenset[str]) -> None:
    unknown = dict.fromkeys(name for name in request.query_params if name not in known)
    if unknown:
        words = f"this address knows only {', '.join(sorted(known))}" if known else "this address takes no parameters"
        raise RequestValidationError([{"type": "extra_forbidden", "loc": ("query", name), "msg": words} for name in unknown])


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
