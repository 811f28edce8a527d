"""Requests for services that another process serves, passed on: whoever reaches the pages reaches the whole platform at that address."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import httpx
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from arena.chassis.core.errors import UpstreamUnavailable
from arena.chassis.core.ids import new_id
from arena.chassis.core.tasks import end
from arena.chassis.http.problems import MEDIA_TYPE, ProblemBook
from arena.embedded.ways import Ways

_log = structlog.get_logger(__name__)
_HOPS: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
"""Headers of one connection only (RFC 9110, 7.6.1)."""
_OURS: Final = frozenset({b"host", b"x-forwarded-for", b"x-forwarded-proto"})
_THE_SERVERS: Final = frozenset({b"date", b"server"})
_BOOK: Final = ProblemBook({})
_TIMES: Final = {"connect": 3.0, "read": None, "write": 30.0, "pool": 5.0}
"""Seconds; a stream may be silent for as long as it likes."""


class PassOn:
    """Leads `/api/SERVICE/…` to the process that serves it, where this one does not; everything else to `app`."""

    def __init__(self, app: ASGIApp, ways: Ways) -> None:
        self._app = app
        self._ways = ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not self._ways.leads_out(scope["path"]):
            await self._app(scope, receive, send)
            return
        chunks: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        hearing = asyncio.create_task(_hear(receive, chunks))
        passing = asyncio.create_task(self._pass_on(scope, _body(chunks), send))
        try:
            await asyncio.wait({passing, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end([passing, hearing])
        if not passing.cancelled():
            passing.result()

    async def _pass_on(self, scope: Scope, body: AsyncIterator[bytes], send: Send) -> None:
        path = scope.get("raw_path") or scope["path"].encode()
        query = scope["query_string"]
        url = httpx.URL("http://arena.internal").copy_with(raw_path=path + (b"?" + query if query else b""))
        headers = [(name, value) for name, value in scope["headers"] if name not in _HOPS | _OURS]
        headers += [(b"x-forwarded-for", (scope.get("client") or ("",))[0].encode()), (b"x-forwarded-proto", scope["scheme"].encode())]
        named = {name for name, _ in headers}
        carries = b"content-length" in named or any(name == b"transfer-encoding" for name, _ in scope["headers"])
        request = httpx.Request(scope["method"], url, headers=headers, content=body if carries else None, extensions={"timeout": _TIMES})
        try:
            answer = await self._ways.handle_async_request(request)
        except httpx.TransportError as trouble:
            _log.warning("passing_on_failed", path=scope["path"], error=str(trouble) or type(trouble).__name__)
            await self._unavailable(scope["path"], send)
            return
        try:
            kept = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in _HOPS | _THE_SERVERS]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
            async for chunk in answer.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await answer.aclose()

    @staticmethod
    async def _unavailable(path: str, send: Send) -> None:
        problem = _BOOK.problem(UpstreamUnavailable.slug, "That part of the platform does not answer now.", retry_after=2)
        kept = [(name.encode(), value.encode()) for name, value in problem.headers]
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"cache-control", b"no-store"), *kept]
        await send({"type": "http.response.start", "status": problem.status, "headers": headers})
        await send({"type": "http.response.body", "body": problem.body(instance=path, request_id=str(new_id()))})


async def _hear(receive: Receive, chunks: "asyncio.Queue[bytes | None]") -> None:
    """Take the visitor's words; ends when the visitor is gone."""
    while (message := await receive())["type"] == "http.request":
        await chunks.put(message.get("body", b""))
        if not message.get("more_body", False):
            await chunks.put(None)


async def _body(chunks: "asyncio.Queue[bytes | None]") -> AsyncIterator[bytes]:
    while (chunk := await chunks.get()) is not None:
        yield chunk
