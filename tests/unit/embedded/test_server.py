"""What a proxy says of a visitor is believed of trusted proxies only: their address, and whether they came by HTTPS."""

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from arena.chassis.core.settings import Settings
from arena.embedded.server import server_of

SAYS = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}


async def who(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the scheme and address of the visitor."""
    del receive
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{scope['scheme']} {scope['client'][0]}".encode()})


@pytest.mark.parametrize(
    ("trusted", "proxy", "seen"),
    [
        (None, "127.0.0.1", "https 203.0.113.7"),
        (None, "10.0.0.9", "http 10.0.0.9"),
        ("10.0.0.0/8", "10.0.0.9", "https 203.0.113.7"),
        ("10.0.0.0/8", "127.0.0.1", "http 127.0.0.1"),
    ],
)
async def test_who_visits_and_how_is_what_a_trusted_proxy_says(trusted: str | None, proxy: str, seen: str) -> None:
    settings = Settings(trusted_proxies=trusted) if trusted else Settings()
    config = server_of(who, settings, lifespan=False).config
    config.load()
    transport = httpx.ASGITransport(app=config.loaded_app, client=(proxy, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://arena.test") as client:
        assert (await client.get("/", headers=SAYS)).text == seen
