"""/livez, /readyz and /metrics on a port of their own."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from arena.chassis.core.telemetry import gauge
from arena_operator.handlers.queue import Queue

_TEXT: Final = "text/plain"


class PortTaken(Exception):
    """The port cannot be had; the message says what to do."""


class Health:
    """How the operator is.

    Args:
        queue: whose depth and age are told.
        leading: whether we hold the Lease.
        ready: None, or what is still awaited.
    """

    def __init__(self, queue: Queue, leading: Callable[[], bool], ready: Callable[[], str | None]) -> None:
        self._queue = queue
        self._leading = leading
        self._ready = ready

    async def serve(self, host: str, port: int) -> Callable[[], Awaitable[None]]:
        """Serve until what is answered is called; raises PortTaken."""
        app = web.Application()
        app.add_routes([web.get("/livez", self._livez), web.get("/readyz", self._readyz), web.get("/metrics", self._metrics)])
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as taken:
            await runner.cleanup()
            why = f"Port {port} on {host} cannot be used ({taken.strerror}): choose another with ARENA_OPERATOR_PORT."
            raise PortTaken(why) from taken
        return runner.cleanup

    async def _livez(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n", content_type=_TEXT)

    async def _readyz(self, _: web.Request) -> web.Response:
        awaited = self._ready()
        return web.Response(text=f"{awaited or 'ok'}\n", status=503 if awaited else 200, content_type=_TEXT)

    async def _metrics(self, _: web.Request) -> web.Response:
        gauge("arena.operator.queue.depth").set(self._queue.depth)
        gauge("arena.operator.queue.age").set(self._queue.age)
        gauge("arena.operator.leading").set(int(self._leading()))
        return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})
