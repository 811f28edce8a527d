"""The way from one service to another: within the process where it is served here, else to its address."""

import hmac
from collections.abc import Mapping
from typing import Final

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

PROOF: Final = "x-arena-process"
"""Carries the internal token from one process of the installation to another: then `x-forwarded-for` is the visitor's true address."""
_EXPIRY: Final = 10.0
"""Seconds that an idle connection is kept: less than servers keep theirs, or a request would be sent into a closing one."""
SERVER_KEEPS: Final = 30


class Ways(httpx.AsyncBaseTransport):
    """Leads `/api/SERVICE/…` to the app `inside` or to the service's address; `inside` is set once it is assembled."""

    def __init__(self, here: frozenset[str], addresses: Mapping[str, str], internal_token: str) -> None:
        self.inside: ASGIApp | None = None
        self._here = here
        self._addresses = {service: httpx.URL(address) for service, address in addresses.items()}
        self._token = internal_token
        self._local = httpx.ASGITransport(app=self._enter)
        self._outside: dict[str, httpx.AsyncHTTPTransport] = {}
        """By service: the streams of `live` are many, and stay."""

    def leads_out(self, path: str) -> bool:
        """Whether another process is known to serve this path, and ours does not."""
        service = _service(path)
        return service not in self._here and service in self._addresses

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it where its service is.

        Raises:
            httpx.ConnectError: no address of the service is known.
        """
        service = _service(request.url.path)
        if service in self._here:
            return await self._local.handle_async_request(request)
        address = self._addresses.get(service)
        if address is None:
            raise httpx.ConnectError(f"ARENA_SERVICES names no address of {service or request.url.path}")
        request.url = request.url.copy_with(scheme=address.scheme, host=address.host, port=address.port)
        request.headers["host"] = address.netloc.decode()
        request.headers[PROOF] = self._token
        if service not in self._outside:
            # As many as our own visitors are: with a limit, streams that stay open would keep everybody else out.
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=_EXPIRY)
            self._outside[service] = httpx.AsyncHTTPTransport(retries=1, limits=limits)
        return await self._outside[service].handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        outside, self._outside = self._outside, {}
        for transport in outside.values():
            await transport.aclose()

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request over to the apps of this process."""
        if self.inside is None:
            raise RuntimeError("the platform is not assembled yet")
        await self.inside(as_visitor(scope), receive, send)


def _service(path: str) -> str:
    """The service that a path belongs to; empty for the pages."""
    return path.split("/")[2] if path.startswith("/api/") else ""


def as_visitor(scope: Scope) -> Scope:
    """The connection of a request that our own process sent: from whom that process says."""
    visitor = dict(scope.get("headers", ())).get(b"x-forwarded-for")
    return scope if visitor is None else {**scope, "client": (visitor.decode("latin-1"), 0)}


class ProvedVisitors:
    """Takes the visitor's address from requests that another process of the installation sent; nobody else's word counts."""

    def __init__(self, app: ASGIApp, internal_token: str) -> None:
        self._app = app
        self._token = internal_token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over."""
        if scope["type"] == "http":
            proof = dict(scope["headers"]).get(PROOF.encode())
            if proof is not None and hmac.compare_digest(proof, self._token):
                scope = as_visitor(scope)
        await self._app(scope, receive, send)
