"""What a page says when it cannot be shown: what happened, what was kept, what to do, and the request id to quote."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arena.chassis.core.errors import CsrfCheckFailed, DomainError
from arena.chassis.core.telemetry import record_failure
from arena.client import ApiProblem, Unreachable
from arena.web import session
from arena.web.visitor import SignInNeeded, Visitor

_log = structlog.get_logger(__name__)
Handler = Callable[[Request, Exception], Awaitable[Response]]
_SERVER_FAULT: Final = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """What is said."""

    status: int
    title: str
    words: str
    advice: str
    request_id: str = ""


_TITLES: Final = {
    403: "This is not for you to do",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "Something else came first",
    413: "That is too large",
    422: "This was refused",
    429: "A little too fast",
    503: "Not reachable just now",
    504: "This took too long",
}
_ADVICE: Final = {
    404: "It may have been deleted, or it is somebody else's. Go back, or begin at Today.",
    429: "Wait a moment, then load the page again.",
    503: "What you logged before is safe. Load the page again in a moment.",
    504: "Load the page again to see whether it was done.",
}
_GO_BACK: Final = "Nothing was stored. Go back and try again."
_OUR_FAULT: Final = "Something went wrong on our side. What was stored before is safe."


def answer_with_pages(app: FastAPI) -> None:
    """Install the handlers."""
    handlers: dict[Any, Handler] = {
        SignInNeeded: _to_sign_in,
        ApiProblem: _refused,
        Unreachable: _unreachable,
        CsrfCheckFailed: _named,
        DomainError: _named,
        HTTPException: _http,
        RequestValidationError: _not_an_address,
        TimeoutError: _too_slow,
    }
    app.exception_handlers.update(handlers)
    # Inside of `Front`, which would answer what nobody expected with JSON.
    app.user_middleware.append(Middleware(UnexpectedAsPage))


class UnexpectedAsPage:
    """What nobody expected becomes a page too, as long as no other answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as failure:
            if begun or scope["type"] != "http":
                raise
            await (await _unexpected(Request(scope), failure))(scope, receive, send)


async def _to_sign_in(request: Request, _: Exception) -> Response:
    """Fresh tokens first, if there is a session; a form is sent again as it is (307)."""
    back = Visitor(request).own_address
    return RedirectResponse(f"{session.SESSION_PATH}/refresh?next={quote(back, safe='/')}", 303 if request.method == "GET" else 307)


async def _refused(request: Request, failure: Exception) -> Response:
    problem = failure if isinstance(failure, ApiProblem) else ApiProblem(_SERVER_FAULT, {})
    if problem.status == HTTPStatus.UNAUTHORIZED:
        if session.REFRESHED_COOKIE not in request.cookies:
            return await _to_sign_in(request, failure)
        gone = RedirectResponse("/sign-in", 303)
        session.end(gone)
        return gone
    if problem.status >= _SERVER_FAULT:
        _log.warning("page_failed", path=request.url.path, slug=problem.slug)
    return _page(request, _failure(problem.status, problem.detail, problem.request_id))


async def _unreachable(request: Request, failure: Exception) -> Response:
    _log.error("api_unreachable", path=request.url.path, exc_info=failure)
    return _page(request, _failure(503, "The part of HabitArena that answers this cannot be reached just now."))


async def _named(request: Request, failure: Exception) -> Response:
    status = {"csrf-check-failed": 403, "too-many-requests": 429, "not-authenticated": 401}.get(getattr(failure, "slug", ""), 422)
    return _page(request, _failure(status, str(failure)))


async def _http(request: Request, failure: Exception) -> Response:
    status = failure.status_code if isinstance(failure, HTTPException) else _SERVER_FAULT
    detail = str(getattr(failure, "detail", ""))
    plain = detail == HTTPStatus(status).phrase
    return _page(request, _failure(status, "" if plain else detail))


async def _not_an_address(request: Request, _: Exception) -> Response:
    return _page(request, _failure(404, ""))


async def _too_slow(request: Request, _: Exception) -> Response:
    return _page(request, _failure(504, "The page was not ready in the time allowed."))


async def _unexpected(request: Request, failure: Exception) -> Response:
    record_failure(failure)
    _log.error("page_failed", path=request.url.path, exc_info=failure)
    return _page(request, _failure(_SERVER_FAULT, _OUR_FAULT))


def _failure(status: int, words: str, request_id: str = "") -> Failure:
    title = _TITLES.get(status, "This did not work")
    advice = _ADVICE.get(status) or (
        "Load the page again; if it stays so, quote the number below." if status >= _SERVER_FAULT else _GO_BACK
    )
    return Failure(status, title, words, advice, request_id)


def _page(request: Request, failure: Failure) -> Response:
    visitor = Visitor(request)
    if visitor.wants_fragment:
        return PlainTextResponse(failure.words or failure.title, failure.status)
    request_id = failure.request_id or str(request.scope.get("arena.request_id", ""))
    return visitor.show("failure.html", failure.status, failure=failure, request_id=request_id)
