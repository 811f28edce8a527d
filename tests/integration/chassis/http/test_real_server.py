"""What only a real server and real sockets can show."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from pydantic import BaseModel

from arena.chassis.core.settings import Settings
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.platform_app import compose_apps
from arena.chassis.http.route import Router
from arena.chassis.http.service_app import create_app
from arena.chassis.http.tokens import GivenKeys, TokenVerifier


class ThingIn(BaseModel):
    text: str


def things() -> Router:
    router = Router("/api/things")

    @router.post("")
    async def make(body: ThingIn) -> int:
        return len(body.text)

    return router


@pytest.fixture
async def port() -> AsyncIterator[int]:
    settings = Settings()
    authenticator = Authenticator(TokenVerifier(GivenKeys({})))
    app = create_app(title="things", prefix="/api/things", routers=[things()], settings=settings, authenticator=authenticator)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # from here on connections wait for the server to start
    server = uvicorn.Server(uvicorn.Config(compose_apps([app], settings=settings), log_config=None, lifespan="on"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await serving


async def test_a_body_just_within_the_limit_passes_and_one_beyond_gets_a_problem_over_a_real_connection(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        fits = "x" * (1024 * 1024 - len('{"text":""}'))
        assert (await client.post("/api/things", json={"text": fits})).json() == len(fits)
        for _ in range(5):
            answer = await client.post("/api/things", json={"text": fits + "x"})
            assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


async def raw(port: int, request: bytes) -> tuple[int, bytes]:
    """What a server answers to these bytes: status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


@pytest.mark.parametrize(
    "path", ["/api/things/%00", "/api/things/%ff%fe", "/api//things", "/%2e%2e/etc/passwd", "/api/things?limit=%00", "/*"]
)
async def test_a_hostile_address_is_a_4xx_problem(port: int, path: str) -> None:
    status, body = await raw(port, f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    assert status in {400, 404, 405}
    assert json.loads(body)["status"] == status


async def test_a_head_request_gets_no_body(port: int) -> None:
    status, body = await raw(port, b"HEAD /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert (status, body) == (405, b"")


async def test_a_chunked_body_without_an_end_is_cut_at_the_limit(port: int) -> None:
    chunk = b"%x\r\n%s\r\n" % (65536, b"x" * 65536)
    head = b"POST /api/things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    status, body = await raw(port, head + chunk * 17)
    assert status == 413
    assert json.loads(body)["type"].endswith("/body-too-large")


async def test_a_sender_that_waits_to_be_asked_is_refused_without_sending(port: int) -> None:
    head = (
        b"POST /api/things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2000000\r\nexpect: 100-continue\r\n\r\n"
    )
    status, body = await raw(port, head)
    assert status == 413
    assert json.loads(body)["type"].endswith("/body-too-large")


async def test_a_sender_that_announces_much_and_goes_away_does_no_harm(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /api/things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2000000\r\n\r\nx")
    await writer.drain()
    writer.close()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/livez")).status_code == 200
