"""The outermost layer of every app, one pure ASGI middleware.

Request id, trace, body limit, headers of the answer, duration, and problems for all that fails:
together they cost less than six layers would.
"""

import re
from collections.abc import Mapping
from time import perf_counter
from typing import Any, Final

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arena.chassis.core.ids import new_id
from arena.chassis.core.logging import request_id_var
from arena.chassis.core.telemetry import counter, enter_trace, histogram, leave_trace, record_failure
from arena.chassis.http.body_limit import DEFAULT_BODY_LIMIT, counted, refuse_body
from arena.chassis.http.problems import MEDIA_TYPE, Problem, ProblemBook
from arena.chassis.http.security_headers import security_headers

_SANE_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_SERVER_FAULT: Final = 500
_NO_ROUTE: Final = "(none)"
_log = structlog.get_logger(__name__)


class Front:
    """Wraps an app; `body_limits` gives paths that take more than the default."""

    def __init__(
        self, app: ASGIApp, *, book: ProblemBook, body_limit: int = DEFAULT_BODY_LIMIT, body_limits: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._book = book
        self._body_limit = body_limit
        self._body_limits = dict(body_limits or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        trace_token = enter_trace(exchange.traceparent)
        id_token = request_id_var.set(exchange.request_id)
        try:
            await self._app(scope, await self._checked(exchange, receive), exchange.send)
        except Exception as failure:
            if exchange.status:
                raise
            await self._refuse(exchange, failure)
        finally:
            exchange.measure()
            request_id_var.reset(id_token)
            leave_trace(trace_token)

    async def _checked(self, exchange: "_Exchange", receive: Receive) -> Receive:
        scope = exchange.scope
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            raise HTTPException(400, "An address cannot contain the character NUL.")
        limit = self._body_limits.get(scope["path"], self._body_limit)
        if exchange.length > limit:
            await refuse_body(receive, limit, linger=not exchange.waits)
        return receive if scope["method"] == "GET" else counted(receive, limit)

    async def _refuse(self, exchange: "_Exchange", failure: Exception) -> None:
        problem = self._book.problem_of(failure)
        if problem.status >= _SERVER_FAULT:
            record_failure(failure)
            _log.error("request_failed", slug=problem.slug, method=exchange.scope["method"], path=exchange.scope["path"], exc_info=failure)
        await send_problem(problem, exchange.scope, exchange.send)


class _Exchange:
    """One request, and its answer on the way out."""

    __slots__ = ("_began", "_send", "length", "request_id", "scope", "status", "traceparent", "waits")

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.status = 0
        self.length = 0
        self.waits = False
        self.traceparent: str | None = None
        self.request_id = ""
        self._send = send
        self._began = perf_counter()
        for name, value in scope["headers"]:
            if name == b"content-length":
                self.length = int(value) if value.isdigit() else 0
            elif name == b"expect":
                self.waits = True
            elif name == b"traceparent":
                self.traceparent = value.decode("latin-1")
            elif name == b"x-request-id" and _SANE_ID.fullmatch(value):
                self.request_id = value.decode()
        scope["arena.request_id"] = self.request_id = self.request_id or new_id().hex

    async def send(self, message: Message) -> None:
        """Send on, completing the headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._complete(message)
        await self._send(message)

    def _complete(self, message: Message) -> None:
        headers: list[tuple[bytes, bytes]] = [*message["headers"], (b"x-request-id", self.request_id.encode())]
        if not any(name == b"cache-control" for name, _ in headers):
            headers.append((b"cache-control", b"no-store"))
        headers += security_headers(https=self.scope["scheme"] == "https")
        message["headers"] = headers

    def measure(self) -> None:
        """Record how long it took."""
        route = getattr(self.scope.get("route"), "path_format", _NO_ROUTE)
        attributes = {"http.request.method": self.scope["method"], "http.route": route, "http.response.status_code": self.status}
        histogram("http.server.request.duration").record(perf_counter() - self._began, attributes)


async def send_problem(problem: Problem, scope: Scope, send: Send) -> None:
    """Send it as problem+json."""
    counter("arena.http.refused").add(1, {"problem": problem.slug})
    body = problem.body(instance=scope["path"], request_id=scope.get("arena.request_id", ""))
    headers: list[tuple[bytes, bytes]] = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers]
    start: dict[str, Any] = {"type": "http.response.start", "status": problem.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
