"""A thin client of the Kubernetes API: one call, one answer as bytes; deadlines, careful retries, metrics ([ADR 14] says why our own)."""

from collections.abc import Mapping
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final

import aiohttp
import msgspec

from arena.chassis.core.resilience import Deadline, RetryPolicy, retry
from arena.chassis.core.telemetry import histogram
from arena_operator.cluster.access import Access
from arena_operator.resources.naming import MANAGER

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
APPLY: Final = {"fieldManager": MANAGER, "force": "true"}
"""The parameters of a server-side apply in which we insist on our fields."""
WRITE: Final = {"fieldManager": MANAGER}
_SECONDS: Final = 10.0
_METHODS: Final = {"get": "GET", "list": "GET", "create": "POST", "update": "PUT", "patch": "PATCH", "apply": "PATCH", "delete": "DELETE"}
_CONTENT: Final = {"patch": MERGE_PATCH, "apply": APPLY_PATCH}
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
_POLICY: Final = RetryPolicy(attempts=4, base=0.2, cap=3.0)


class ApiError(Exception):
    """The API server said no; `reason` is its CamelCase word (NotFound, Conflict, Forbidden, Invalid, …)."""

    def __init__(self, status: int, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after

    @property
    def gone(self) -> bool:
        """Whether there is no such object."""
        return self.status == HTTPStatus.NOT_FOUND

    @property
    def conflict(self) -> bool:
        """Whether the object (or another of that name) is not what was expected."""
        return self.status == HTTPStatus.CONFLICT


class NotLeading(Exception):
    """Somebody else may lead by now: nothing is written any more."""


class ApiUnreachable(Exception):
    """No answer came from the API server."""


class _Status(msgspec.Struct):
    message: str = ""
    reason: str = ""


class Api:
    """Every call is safe to repeat: writes carry a version, a uid or a name, so a second one changes nothing or is a conflict."""

    def __init__(self, access: Access, *, connections: int = 32) -> None:
        self._access = access
        connector = aiohttp.TCPConnector(ssl=access.tls(), limit=connections, keepalive_timeout=60)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=False)

    async def call(
        self, verb: str, path: str, body: Any = None, *, kind: str, params: Mapping[str, str] | None = None, seconds: float = _SECONDS
    ) -> bytes:
        """Do one of get, list, create, update, patch (merge), apply (server-side), delete; answers the body.

        Raises:
            ApiError: the server refused it.
            ApiUnreachable: no answer within `seconds`, all attempts together.
        """
        deadline = Deadline.after(seconds)
        sent = None if body is None else msgspec.json.encode(body)
        return await retry(
            lambda: self._attempt(verb, path, sent, kind, params, deadline), deadline=deadline, retry_on=_may_pass, policy=_POLICY
        )

    async def _attempt(
        self, verb: str, path: str, sent: bytes | None, kind: str, params: Mapping[str, str] | None, deadline: Deadline
    ) -> bytes:
        began, code = perf_counter(), 0
        try:
            async with self._session.request(
                _METHODS[verb],
                self._access.server + path,
                data=sent,
                params=params,
                headers=self._headers(verb),
                timeout=aiohttp.ClientTimeout(total=max(0.05, deadline.remaining())),
                allow_redirects=False,
            ) as answer:
                content, code = await answer.read(), answer.status
                if code < HTTPStatus.BAD_REQUEST:
                    return content
                raise _refusal(code, content, answer.headers.get("Retry-After"))
        except (TimeoutError, aiohttp.ClientError, OSError) as failure:
            raise ApiUnreachable(f"The API server does not answer ({type(failure).__name__}: {failure}).") from failure
        finally:
            histogram("arena.operator.api.duration").record(perf_counter() - began, {"verb": verb, "kind": kind, "code": code})

    def _headers(self, verb: str) -> dict[str, str]:
        headers = {"Accept": JSON, "Content-Type": _CONTENT.get(verb, JSON), "User-Agent": "arena-operator"}
        authorization = self._access.authorization()
        return headers | ({"Authorization": authorization} if authorization else {})

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def _may_pass(failure: Exception) -> bool:
    return isinstance(failure, ApiUnreachable) or (isinstance(failure, ApiError) and failure.status in _PASSING)


def _refusal(code: int, content: bytes, retry_after: str | None) -> ApiError:
    try:
        said = msgspec.json.decode(content, type=_Status)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        said = _Status(content[:200].decode("utf-8", "replace"))
    wait = float(retry_after) if retry_after and retry_after.isdigit() else None
    return ApiError(code, said.reason or "Unknown", said.message or HTTPStatus(code).phrase, wait)
