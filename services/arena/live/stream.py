"""Server-sent events (WHATWG HTML, 9.2) to one watcher: the newest frame whenever there is one, a heartbeat when there is none."""

import asyncio
import contextlib

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from arena.live.use_cases import Screen, Screens, Watcher

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that proxies keep the connection and the dead are noticed."""

STUCK = 60.0
"""Seconds a client may take no bytes before it is given up."""

CATCH_UP = 10.0
"""Seconds after which a resumed stream begins with what this process knows, although the client has seen later standings (a restored
database counts revisions from where its backup was)."""

_RETRY = b"retry: 1000\n\n"
_BEAT = b": \n\n"


class StandingsStream(Response):
    """Streams one screen. A frame is skipped when a newer one is there: the rows are whole, so nothing is missed but steps in between.

    Args:
        after: the revision that a client which resumes has seen: it begins with that one or a later one. A process that has only just
            started, or is behind, catches up first.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        screens: Screens,
        screen: Screen,
        after: int | None = None,
        *,
        heartbeat: float = HEARTBEAT,
        patience: float = STUCK,
        catch_up: float = CATCH_UP,
    ) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._screens = screens
        self._screen = screen
        self._after = after or 0
        self._catch_up = catch_up
        self._heartbeat = heartbeat
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve until the client goes or the process closes."""
        del scope
        watcher = self._screens.watch(self._screen)
        gone = asyncio.create_task(_until_gone(receive, watcher))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._serve(watcher, send)
        except (OSError, TimeoutError):
            pass  # the client is gone or takes nothing any more: there is nobody to tell
        finally:
            gone.cancel()
            self._screens.leave(self._screen, watcher)

    async def _serve(self, watcher: Watcher, send: Send) -> None:
        await self._until_caught_up(watcher)
        await self._write(send, _RETRY if watcher.closing and self._behind else _RETRY + self._screen.frame)
        while not watcher.closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._heartbeat):
                    await watcher.changed.wait()
            if watcher.closing:
                break
            beat = _BEAT if not watcher.changed.is_set() else self._screen.frame
            watcher.changed.clear()
            await self._write(send, beat)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    @property
    def _behind(self) -> bool:
        return self._screen.revision < self._after

    async def _until_caught_up(self, watcher: Watcher) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._catch_up):
                while self._behind and not watcher.closing:
                    await watcher.changed.wait()
                    watcher.changed.clear()

    async def _write(self, send: Send, frame: bytes) -> None:
        async with asyncio.timeout(self._patience):
            await send({"type": "http.response.body", "body": frame, "more_body": True})


async def _until_gone(receive: Receive, watcher: Watcher) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    watcher.closing = True
    watcher.changed.set()
