"""Calls to other services: they end by the caller's deadline, are tried again only where that is safe, and carry trace and request id."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Any, Final

import httpx
from opentelemetry.propagate import inject

from arena.chassis.core.errors import UpstreamUnavailable
from arena.chassis.core.logging import request_id_var
from arena.chassis.core.resilience import Deadline, RetryPolicy, retry
from arena.chassis.core.telemetry import histogram
from arena.chassis.http.deadlines import HEADER as DEADLINE_HEADER
from arena.chassis.http.idempotency import HEADER as IDEMPOTENCY_HEADER

_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_PASSING: Final = frozenset({429, 502, 503, 504})


class _Passing(Exception):
    """An attempt failed in a way that may pass; `retry_after` is the least wait the other side asked for."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Outbound:
    """A client of one service.

    Args:
        base_url: where it is.
        transport: another way there, such as `httpx.ASGITransport(app)` within one process.
        internal_token: proves that a service of the installation is calling.
        policy: how often and how patiently to try again.
        draw: gives numbers in [0, 1) for the jitter.
        sleep: waits.
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        internal_token: str | None = None,
        policy: RetryPolicy | None = None,
        draw: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        headers = {"authorization": f"Bearer {internal_token}"} if internal_token else {}
        self._client = httpx.AsyncClient(base_url=base_url, transport=transport, headers=headers, follow_redirects=False)
        self._host = self._client.base_url.host
        self._policy = policy
        self._draw = draw
        self._sleep = sleep

    async def request(
        self,
        method: str,
        path: str,
        *,
        deadline: Deadline,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> httpx.Response:
        """The answer, whatever its status unless that may pass (429, 502, 503, 504); `content` is httpx's `json`, `params`, `data`.

        A request that is not idempotent, by its method or by an Idempotency-Key, is sent once.

        Raises:
            UpstreamUnavailable: no usable answer before the deadline.
        """
        sent = self._headers(headers or {})
        repeatable = method in _REPEATABLE or IDEMPOTENCY_HEADER.lower() in sent
        attempt = lambda: self._attempt(method, path, deadline, sent, content)  # noqa: E731 - the one thing that is retried
        try:
            return await retry(
                attempt,
                deadline=deadline,
                retry_on=lambda failure: repeatable and isinstance(failure, _Passing),
                policy=self._policy,
                draw=self._draw,
                sleep=self._sleep,
            )
        except _Passing as failure:
            raise UpstreamUnavailable(f"{self._host} gave no usable answer in time.", retry_after=failure.retry_after or 1.0) from failure

    async def _attempt(
        self, method: str, path: str, deadline: Deadline, headers: dict[str, str], content: dict[str, Any]
    ) -> httpx.Response:
        left = deadline.remaining()
        if left <= 0:
            raise _Passing("the deadline has passed")
        began = perf_counter()
        status = 0
        try:
            async with asyncio.timeout(left):
                answer = await self._client.request(
                    method, path, headers={**headers, DEADLINE_HEADER: str(int(left * 1000))}, timeout=left, **content
                )
            status = answer.status_code
        except (httpx.TransportError, TimeoutError) as failure:
            raise _Passing(type(failure).__name__) from failure
        finally:
            attributes: dict[str, str | int] = {"http.request.method": method, "server.address": self._host}
            attributes["http.response.status_code"] = status
            histogram("http.client.request.duration").record(perf_counter() - began, attributes)
        if status in _PASSING:
            raise _Passing(f"status {status}", _seconds(answer.headers.get("retry-after")))
        return answer

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        sent = {name.lower(): value for name, value in headers.items()}
        inject(sent)
        if (request_id := request_id_var.get()) is not None:
            sent.setdefault("x-request-id", request_id)
        return sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
