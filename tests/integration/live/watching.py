"""Somebody who watches a stream of the platform: a request through the ASGI application, its frames as they come."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message


@dataclass(slots=True)
class Watch:
    """One open stream."""

    pieces: "asyncio.Queue[bytes | None]" = field(default_factory=asyncio.Queue)
    started: "asyncio.Future[Message]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None

    @classmethod
    async def of(cls, app: ASGIApp, path: str, **headers: str) -> "Watch":
        """Ask for a stream and wait for its status."""
        watch = cls()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"arena.test"), *((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())],
            "client": ("127.0.0.1", 1),
            "server": ("arena.test", 80),
        }
        watch.task = asyncio.create_task(app(scope, watch._receive, watch._send))  # type: ignore[arg-type]  # an ASGI app is a coroutine function
        await asyncio.wait_for(asyncio.shield(watch.started), 5)
        return watch

    @property
    def status(self) -> int:
        """Of the answer."""
        return int(self.started.result()["status"])

    async def frame(self, seconds: float = 5.0) -> dict[str, Any] | None:
        """The next standings with their id; None at the end of the stream."""
        async with asyncio.timeout(seconds):
            while True:
                piece = await self.pieces.get()
                if piece is None:
                    return None
                if b"data: " in piece:
                    lines = dict(line.split(b": ", 1) for line in piece.splitlines() if b": " in line)
                    assert lines[b"event"] == b"standings"
                    body: dict[str, Any] = msgspec.json.decode(lines[b"data"])
                    return body | {"id": int(lines[b"id"])}

    async def until(self, seconds: float = 10.0, **wanted: Any) -> dict[str, Any]:
        """The first frame from now on in which these fields have these values."""
        async with asyncio.timeout(seconds):
            while True:
                frame = await self.frame(seconds)
                assert frame is not None, f"the stream ended before {wanted}"
                if all(frame[name] == value for name, value in wanted.items()):
                    return frame

    async def scores(self, seconds: float = 10.0, **expected: int) -> dict[str, Any]:
        """The first frame from now on that has these scores by name."""
        async with asyncio.timeout(seconds):
            while True:
                frame = await self.frame(seconds)
                assert frame is not None, f"the stream ended before {expected}"
                if {row["display_name"]: row["score"] for row in frame["items"]} == expected:
                    return frame

    async def close(self) -> None:
        """Hang up."""
        self.hung_up.set()
        if self.task:
            await asyncio.wait([self.task], timeout=5)

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started.set_result(message)
            return
        if message.get("body"):
            await self.pieces.put(message["body"])
        if not message.get("more_body", False):
            await self.pieces.put(None)

    async def _receive(self) -> Message:
        await self.hung_up.wait()
        return {"type": "http.disconnect"}
