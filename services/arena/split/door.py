"""What answers on the port from the first second: alive at once, ready when there is a platform behind it."""

import json

from starlette.types import ASGIApp, Receive, Scope, Send


class Door:
    """Hands requests to `inside` once it is there; until then it answers the probes, and 503 to everybody else."""

    def __init__(self) -> None:
        self.inside: ASGIApp | None = None
        self.reason = "starting"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if self.inside is not None:
            await self.inside(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/livez":
            await _answer(send, 200, {"status": "ok"})
        elif scope["type"] == "http" and scope["path"] == "/readyz":
            await _answer(send, 503, {"status": "unavailable", "start": self.reason})
        elif scope["type"] == "http":
            await _answer(send, 503, {"type": "https://habitarena.io/problems/starting", "title": "Starting", "status": 503})


async def _answer(send: Send, status: int, body: dict[str, object]) -> None:
    kind = b"application/problem+json" if "type" in body else b"application/json"
    headers = [(b"content-type", kind), (b"retry-after", b"2"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
