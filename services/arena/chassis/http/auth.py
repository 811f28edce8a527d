"""Who is asking: a bearer token, the browser's same-site cookie with its CSRF token, another service, or the platform's operator."""

import hmac
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

from fastapi import Depends, Request

from arena.chassis.core.errors import CsrfCheckFailed, Forbidden, NotAuthenticated
from arena.chassis.http.tokens import TokenVerifier

ACCESS_COOKIE: Final = "arena_access"
CSRF_COOKIE: Final = "arena_csrf"
CSRF_HEADER: Final = "X-CSRF-Token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
SERVICE_ID: Final = UUID(int=0)
PLATFORM_ID: Final = UUID(int=1)


class PrincipalKind(StrEnum):
    """A person, one of our own services, or what runs the installation from without (the operator)."""

    USER = "user"
    SERVICE = "service"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking; all services share the nil id, and the platform has the id 1."""

    user_id: UUID
    roles: frozenset[str] = field(default_factory=frozenset)
    kind: PrincipalKind = PrincipalKind.USER


SERVICE: Final = Principal(SERVICE_ID, kind=PrincipalKind.SERVICE)
PLATFORM: Final = Principal(PLATFORM_ID, kind=PrincipalKind.PLATFORM)


class WorkloadTokens(Protocol):
    """Tokens that the cluster issues to its workloads; whoever presents a good one speaks for the platform."""

    def issued(self, raw: str) -> bool:
        """Whether the token claims to be one of these; nothing is proved by that."""
        ...

    async def verify(self, raw: str) -> None:
        """Pass over a good token.

        Raises:
            NotAuthenticated: the token is not good; the sentence says why.
        """
        ...


class Authenticator:
    """Finds out who sent a request.

    Args:
        verifier: of people's access tokens.
        internal_token: the secret that services prove themselves with to each other.
        workloads: of tokens that speak for the platform; without them nobody does.
    """

    def __init__(self, verifier: TokenVerifier, *, internal_token: str | None = None, workloads: WorkloadTokens | None = None) -> None:
        self._verifier = verifier
        self._internal = internal_token.encode() if internal_token else None
        self._workloads = workloads

    async def authenticate(self, request: Request) -> Principal | None:
        """The sender, or None when no credential came.

        Raises:
            NotAuthenticated: a credential came and is not valid.
            CsrfCheckFailed: a cookie came with a changing method and without the CSRF token.
        """
        authorization = request.headers.get("authorization")
        if authorization is not None:
            return await self._by_header(authorization)
        cookies = request.cookies if "cookie" in request.headers else {}
        raw = cookies.get(ACCESS_COOKIE)
        if not raw:
            return None
        if request.method not in SAFE_METHODS:
            _check_csrf(cookies.get(CSRF_COOKIE, ""), request.headers.get(CSRF_HEADER, ""))
        return await self._by_token(raw)

    async def _by_header(self, authorization: str) -> Principal:
        scheme, _, raw = authorization.partition(" ")
        if scheme.lower() != "bearer" or not raw:
            raise NotAuthenticated("The Authorization header must read: Bearer <access token>.")
        if self._internal and hmac.compare_digest(raw.encode(), self._internal):
            return SERVICE
        raw = raw.strip()
        if self._workloads is not None and self._workloads.issued(raw):
            await self._workloads.verify(raw)
            return PLATFORM
        return await self._by_token(raw)

    async def _by_token(self, raw: str) -> Principal:
        token = await self._verifier.verify(raw)
        return Principal(token.user_id, token.roles)


def _check_csrf(cookie: str, header: str) -> None:
    if not cookie or not hmac.compare_digest(cookie.encode(), header.encode()):
        raise CsrfCheckFailed(
            f"A changing request with a cookie needs the header {CSRF_HEADER} with the value of the cookie {CSRF_COOKIE}."
        )


async def principal_of(request: Request) -> Principal | None:
    """Who is asking, found out once a request; None when no credential came."""
    if "arena.principal" not in request.scope:
        authenticator: Authenticator = request.app.state.authenticator
        request.scope["arena.principal"] = await authenticator.authenticate(request)
    principal: Principal | None = request.scope["arena.principal"]
    return principal


async def require_principal(request: Request) -> Principal:
    """A person, a service or the platform; 401 for nobody."""
    principal = await principal_of(request)
    if principal is None:
        raise NotAuthenticated("Log in first: send Authorization: Bearer <access token>.")
    return principal


async def require_user(request: Request) -> Principal:
    """A person, within the rate limit for changes; 401 for nobody, 403 for a service and the platform."""
    principal = await require_principal(request)
    if principal.kind is not PrincipalKind.USER:
        raise Forbidden("This is for people; a service cannot do it.")
    if request.method not in SAFE_METHODS and "arena.counted" not in request.scope:
        request.scope["arena.counted"] = True
        request.app.state.rate_limits.count_write(principal.user_id)
    return principal


async def require_service(request: Request) -> Principal:
    """One of our own services; 401 for nobody, 403 for a person and the platform."""
    principal = await require_principal(request)
    if principal.kind is not PrincipalKind.SERVICE:
        raise Forbidden("This is for the services of the installation.")
    return principal


async def require_platform(request: Request) -> Principal:
    """The platform's operator or one of our own services; 401 for nobody, 403 for a person. There is no rate limit."""
    principal = await require_principal(request)
    if principal.kind is PrincipalKind.USER:
        raise Forbidden("This is for what runs the installation; a person cannot do it.")
    return principal


def require_role(role: str) -> Callable[[Request], Coroutine[Any, Any, Principal]]:
    """A dependency that lets only people with the role pass: `Depends(require_role("admin"))`."""

    async def check(request: Request) -> Principal:
        principal = await require_user(request)
        if role not in principal.roles:
            raise Forbidden(f"This needs the role {role}.")
        return principal

    return check


CurrentUser = Annotated[Principal, Depends(require_user)]
CurrentService = Annotated[Principal, Depends(require_service)]
CurrentPlatform = Annotated[Principal, Depends(require_platform)]
CurrentPrincipal = Annotated[Principal, Depends(require_principal)]
OptionalPrincipal = Annotated[Principal | None, Depends(principal_of)]
