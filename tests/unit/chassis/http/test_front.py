"""What every answer carries, and what a request may bring along."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import Request
from fastapi.responses import StreamingResponse

from arena.chassis.core.logging import request_id_var
from arena.chassis.core.telemetry import trace_ids
from arena.chassis.http.route import Router

Serve = Callable[..., httpx.AsyncClient]
THINGS = "/api/things"


def things() -> Router:
    router = Router(THINGS)

    @router.get("/ids")
    async def ids() -> tuple[str | None, tuple[str, str] | None]:
        return request_id_var.get(), trace_ids()

    @router.get("/cut")
    async def cut() -> StreamingResponse:
        async def lines() -> AsyncIterator[bytes]:
            yield b"a"
            raise RuntimeError("in the middle")

        return StreamingResponse(lines())

    @router.get("/slow")
    async def slow(request: Request) -> None:
        await request.app.state.never.wait()

    return router


async def test_the_request_id_is_echoed_when_sane_and_made_when_not(serve: Serve) -> None:
    client = serve(things())
    assert (await client.get(f"{THINGS}/ids", headers={"x-request-id": "abc-123-def"})).headers["x-request-id"] == "abc-123-def"
    for strange in ("short", "with space in it", "x" * 65, 'quote"quote"'):
        made = (await client.get(f"{THINGS}/ids", headers={"x-request-id": strange})).headers["x-request-id"]
        assert made != strange
        assert len(made) == 32


async def test_the_handler_and_its_logs_see_the_request_id_and_nothing_is_left_behind(serve: Serve) -> None:
    answer = await serve(things()).get(f"{THINGS}/ids")
    assert answer.json()[0] == answer.headers["x-request-id"]
    assert request_id_var.get() is None


async def test_a_trace_goes_on_from_the_callers_or_begins(serve: Serve) -> None:
    client = serve(things())
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    answer = await client.get(f"{THINGS}/ids", headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"})
    assert answer.json()[1][0] == trace_id
    first, second = [(await client.get(f"{THINGS}/ids", headers={"traceparent": "nonsense"})).json()[1][0] for _ in range(2)]
    assert len(first) == 32
    assert first != second
    assert trace_ids() is None


async def test_every_answer_has_the_security_headers_also_a_refusal(serve: Serve) -> None:
    client = serve(things())
    for path in (f"{THINGS}/ids", "/nowhere"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "strict-transport-security" not in headers


async def test_strict_transport_security_is_for_https_only(serve: Serve) -> None:
    client = serve(things())
    assert "max-age" in (await client.get(f"https://arena.test{THINGS}/ids")).headers["strict-transport-security"]


async def test_answers_are_not_stored_unless_they_say_so(serve: Serve) -> None:
    client = serve(things())
    assert (await client.get("/nowhere")).headers["cache-control"] == "no-store"
    assert (await client.get(f"{THINGS}/ids")).headers["cache-control"] == "private, no-cache"


async def test_a_stream_that_breaks_is_cut_off_not_answered_twice(serve: Serve) -> None:
    answer = await serve(things()).get(f"{THINGS}/cut")
    assert answer.status_code == 200
    assert answer.content == b"a"


async def test_a_handler_that_takes_longer_than_allowed_is_stopped(serve: Serve) -> None:
    never = _Never()
    client = serve(things(), settings={"request_timeout": 0.05}, state={"never": never})
    assert (await client.get(f"{THINGS}/slow")).json()["type"].endswith("/deadline-exceeded")
    client = serve(things(), state={"never": never})
    answer = await client.get(f"{THINGS}/slow", headers={"X-Request-Deadline-Ms": "50"})
    assert answer.status_code == 504


@pytest.mark.parametrize("strange", ["soon", "-1", "1.5", ""])
async def test_a_deadline_that_is_no_number_is_refused(serve: Serve, strange: str) -> None:
    answer = await serve(things()).get(f"{THINGS}/ids", headers={"X-Request-Deadline-Ms": strange})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "X-Request-Deadline-Ms"


class _Never:
    """Something to wait for in vain."""

    async def wait(self) -> None:

        await asyncio.sleep(30)
