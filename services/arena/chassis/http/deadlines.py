"""How long a request may take: the installation's limit, or less when the caller says how long it will wait."""

from typing import Annotated, Final

from fastapi import Depends, Request

from arena.chassis.core.errors import MalformedRequest
from arena.chassis.core.resilience import Deadline

HEADER: Final = "X-Request-Deadline-Ms"
"""Milliseconds the caller still waits: a duration, so that clocks need not agree."""


def deadline_of(request: Request) -> Deadline:
    """The deadline of the request, fixed when first asked for (which the route does at once).

    Raises:
        MalformedRequest: the header is not a whole number.
    """
    known: Deadline | None = request.scope.get("arena.deadline")
    if known is None:
        known = request.scope["arena.deadline"] = Deadline.after(_seconds(request))
    return known


def _seconds(request: Request) -> float:
    limit: float = request.app.state.request_timeout
    given = request.headers.get(HEADER)
    if given is None:
        return limit
    if not (given.isascii() and given.isdigit()):
        raise MalformedRequest(f"{HEADER} is a whole number of milliseconds.", field=HEADER)
    return min(limit, int(given[:9]) / 1000)


async def _deadline(request: Request) -> Deadline:
    return deadline_of(request)


RequestDeadline = Annotated[Deadline, Depends(_deadline)]
