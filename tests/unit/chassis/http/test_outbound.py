"""Calls to other services."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from arena.chassis.core.errors import UpstreamUnavailable
from arena.chassis.core.logging import request_id_var
from arena.chassis.core.resilience import Deadline, RetryPolicy
from arena.chassis.core.telemetry import enter_trace, leave_trace
from arena.chassis.http.outbound import Outbound

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Naps:
    """Notes the waits instead of waiting."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


class Upstream:
    """Answers with the given statuses in turn (an exception is raised), then 200, and keeps what it was asked."""

    def __init__(self, *answers: int | Exception | httpx.Response) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(answer, json={"ok": True})


def client_of(upstream: Callable[[httpx.Request], Awaitable[httpx.Response]], naps: Naps | None = None, **arguments: Any) -> Outbound:
    transport = httpx.MockTransport(upstream)  # type: ignore[arg-type]  # it takes coroutines too, its annotation does not say so
    arguments.setdefault("policy", RetryPolicy(attempts=3, base=0.1, cap=1.0))
    return Outbound("http://upstream.test", transport=transport, sleep=naps or Naps(), draw=lambda: 0.5, **arguments)


async def test_what_may_pass_is_tried_again_with_jitter() -> None:
    upstream, naps = Upstream(503, httpx.ConnectError("refused")), Naps()
    answer = await client_of(upstream, naps).request("GET", "/x", deadline=Deadline.after(5))
    assert answer.status_code == 200
    assert len(upstream.asked) == 3
    assert naps.taken == [0.05, 0.1]


@pytest.mark.parametrize("failure", [502, 503, 504, 429, httpx.ReadTimeout("slow"), httpx.ConnectError("refused")])
async def test_a_request_that_may_not_be_repeated_is_sent_once(failure: int | Exception) -> None:
    upstream = Upstream(failure)
    with pytest.raises(UpstreamUnavailable):
        await client_of(upstream).request("POST", "/x", deadline=Deadline.after(5))
    assert len(upstream.asked) == 1


async def test_an_idempotency_key_makes_a_post_repeatable() -> None:
    upstream = Upstream(503)
    answer = await client_of(upstream).request("POST", "/x", deadline=Deadline.after(5), headers={"Idempotency-Key": "k"}, json={"a": 1})
    assert answer.status_code == 200
    assert [request.headers["idempotency-key"] for request in upstream.asked] == ["k", "k"]


@pytest.mark.parametrize("status", [200, 404, 409, 500])
async def test_any_other_answer_is_handed_over_at_once(status: int) -> None:
    upstream = Upstream(status)
    assert (await client_of(upstream).request("GET", "/x", deadline=Deadline.after(5))).status_code == status
    assert len(upstream.asked) == 1


async def test_after_the_last_attempt_the_service_is_unavailable() -> None:
    upstream = Upstream(503, 503, 503)
    with pytest.raises(UpstreamUnavailable, match=r"upstream\.test"):
        await client_of(upstream).request("GET", "/x", deadline=Deadline.after(5))
    assert len(upstream.asked) == 3


async def test_the_wait_the_other_side_asks_for_is_kept_if_it_fits() -> None:
    patience, naps = httpx.Response(429, headers={"retry-after": "3"}), Naps()
    await client_of(Upstream(patience), naps).request("GET", "/x", deadline=Deadline.after(5))
    assert naps.taken == [3.0]
    upstream = Upstream(patience)
    with pytest.raises(UpstreamUnavailable) as refusal:
        await client_of(upstream).request("GET", "/x", deadline=Deadline.after(2))
    assert refusal.value.retry_after == 3.0
    assert len(upstream.asked) == 1


async def test_no_call_outlives_the_deadline() -> None:
    upstream = Upstream()
    with pytest.raises(UpstreamUnavailable):
        await client_of(upstream).request("GET", "/x", deadline=Deadline.after(0))
    assert upstream.asked == []


async def test_deadline_request_id_trace_and_token_are_passed_on() -> None:
    upstream = Upstream()
    trace = enter_trace(f"00-{TRACE}-b7ad6b7169203331-01")
    token = request_id_var.set("abc-123-def")
    try:
        await client_of(upstream, internal_token="t" * 32).request("GET", "/x", deadline=Deadline.after(2))
    finally:
        request_id_var.reset(token)
        leave_trace(trace)
    headers = upstream.asked[0].headers
    assert 1000 < int(headers["x-request-deadline-ms"]) <= 2000
    assert headers["x-request-id"] == "abc-123-def"
    assert headers["traceparent"].split("-")[1] == TRACE
    assert headers["authorization"] == "Bearer " + "t" * 32
