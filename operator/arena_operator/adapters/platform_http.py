"""The platform port over HTTP: the services of an installation, asked as the operator's ServiceAccount."""

from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final
from uuid import UUID

import aiohttp
import msgspec

from arena.chassis.core.resilience import Deadline, RetryPolicy, retry
from arena.chassis.core.telemetry import histogram, traceparent
from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.manifest import declaration_body
from arena_operator.crd.meta import ResourceMeta
from arena_operator.ports import answers
from arena_operator.reconcile.observed import Held, LiveView, Refused, Unavailable

_SECONDS: Final = 10.0
_LARGEST: Final = 4_000_000
"""Bytes of an answer; a result document of a large battle is the largest."""
_OURS: Final = frozenset({"application/json", "application/problem+json"})
"""Whoever answers with something else may be anybody, with any clock."""
_PASSING: Final = frozenset({429, 502, 503, 504})
_POLICY: Final = RetryPolicy(attempts=3, base=0.2, cap=2.0)


class _Passing(Exception):
    """An attempt failed in a way that may pass; the message is a sentence."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class HttpPlatform:
    """Every call here is a GET, a PUT, or carries an idempotency key, so that it may be sent again; nothing is ever raised.

    Args:
        battles_url: where the battles service is (scheme, host, port).
        live_url: where live is.
        token: answers the bearer token; OSError when there is none.
        heard: told the `Date` of every answer that is one.
        seconds: for one call, all attempts together.
    """

    def __init__(
        self,
        battles_url: str,
        live_url: str,
        token: Callable[[], str],
        *,
        heard: Callable[[str | None], None] = lambda _: None,
        seconds: float = _SECONDS,
    ) -> None:
        self._battles = battles_url.rstrip("/")
        self._live = live_url.rstrip("/")
        self._token = token
        self._heard = heard
        self._seconds = seconds
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=32, keepalive_timeout=30), trust_env=False)

    async def look(self, meta: ResourceMeta) -> Held:
        """The battle declared by this resource."""
        found = await self._ask("GET", self._declaration(meta))
        if isinstance(found, Unavailable):
            return found
        told = answers.held(*found)
        return Unavailable(told.message) if isinstance(told, Refused) else told

    async def declare(self, meta: ResourceMeta, declared: DeclaredBattle, fence: int) -> Held | Refused:
        """Make the battle be so."""
        key = f"{meta.uid}-{meta.generation}-{fence}-declare"
        found = await self._ask("PUT", self._declaration(meta), declaration_body(meta, declared, fence), key)
        return found if isinstance(found, Unavailable) else answers.held(*found)

    async def withdraw(self, meta: ResourceMeta, fence: int, *, cancel: bool) -> Held | Refused:
        """Forget the declaration; with `cancel`, the battle is called off first."""
        key = f"{meta.uid}-{meta.generation}-{fence}-{'cancel' if cancel else 'release'}"
        found = await self._ask("POST", f"{self._declaration(meta)}/withdraw", {"fence": fence, "cancel": cancel}, key)
        return found if isinstance(found, Unavailable) else answers.held(*found)

    async def watch(self, battle_id: UUID) -> LiveView | Unavailable:
        """Viewers and the top of the standings."""
        found = await self._ask("GET", f"{self._live}/api/live/battles/{battle_id}/summary")
        return found if isinstance(found, Unavailable) else answers.live(*found)

    async def result(self, battle_id: UUID) -> str | Unavailable:
        """The result document with its hash."""
        found = await self._ask("GET", f"{self._battles}/api/battles/{battle_id}/result")
        return found if isinstance(found, Unavailable) else answers.document(*found)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _declaration(self, meta: ResourceMeta) -> str:
        return f"{self._battles}/api/battles/declarations/{meta.uid}"

    async def _ask(self, method: str, url: str, body: object = None, key: str | None = None) -> tuple[int, bytes] | Unavailable:
        deadline = Deadline.after(self._seconds)
        sent = None if body is None else msgspec.json.encode(body)
        try:
            return await retry(
                lambda: self._attempt(method, url, sent, key, deadline),
                deadline=deadline,
                retry_on=lambda failure: isinstance(failure, _Passing),
                policy=_POLICY,
            )
        except _Passing as trouble:
            return Unavailable(str(trouble))
        except OSError as missing:
            return Unavailable(f"The operator's token for the platform cannot be read ({missing}); is the projected volume mounted?")

    async def _attempt(self, method: str, url: str, sent: bytes | None, key: str | None, deadline: Deadline) -> tuple[int, bytes]:
        headers, left = self._headers(key, deadline), deadline.remaining()
        began, status = perf_counter(), 0
        try:
            async with self._session.request(
                method, url, data=sent, headers=headers, timeout=aiohttp.ClientTimeout(total=max(0.05, left)), allow_redirects=False
            ) as answer:
                content, status = await _limited(answer), answer.status
        except (TimeoutError, aiohttp.ClientError, ConnectionError) as failure:
            raise _Passing(f"No answer came from {_host(url)} ({type(failure).__name__}).") from failure
        finally:
            histogram("http.client.request.duration").record(perf_counter() - began, _attributes(method, url, status))
        if status in _PASSING:
            raise _Passing(answers.refusal(status, content).message, _seconds(answer.headers.get("Retry-After")))
        if status == HTTPStatus.UNAUTHORIZED:
            self._look_again()
        if answer.content_type in _OURS:
            self._heard(answer.headers.get("Date"))
        return status, content

    def _headers(self, key: str | None, deadline: Deadline) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json", "Accept": "application/json"}
        headers["X-Request-Deadline-Ms"] = str(int(deadline.remaining() * 1000))
        if key is not None:
            headers["Idempotency-Key"] = key
        if (parent := traceparent()) is not None:
            headers["traceparent"] = parent
        return headers

    def _look_again(self) -> None:
        """After a 401 the file may hold a newer token than the one sent."""
        look = getattr(self._token, "look", None)
        if look is not None:
            look()


async def _limited(answer: aiohttp.ClientResponse) -> bytes:
    """The body; what is far too large to mean anything is not read to its end."""
    content = bytearray()
    async for chunk in answer.content.iter_any():
        content += chunk
        if len(content) > _LARGEST:
            raise _Passing("The platform's answer is too large to be one.")
    return bytes(content)


def _host(url: str) -> str:
    return url.split("/", 3)[2]


def _attributes(method: str, url: str, status: int) -> dict[str, Any]:
    return {
        "http.request.method": method,
        "server.address": _host(url).rpartition(":")[0] or _host(url),
        "http.response.status_code": status,
    }


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
