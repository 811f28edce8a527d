"""An app of the platform that is served without its database: what two measurements put in the place of `arena up`."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import uvicorn
import uvloop
from sqlalchemy import URL

from arena.chassis.core.collector import tame_collector
from arena.chassis.core.logging import set_up_logging
from arena.chassis.core.settings import Settings
from arena.chassis.core.tasks import end
from arena.cli.console import say
from arena.contracts.civil import use_tzdata_wheel
from arena.embedded.platform import Assembled

Beside = Callable[[], Coroutine[Any, Any, None]]


class Nowhere:
    """Addresses of a database that is never asked."""

    def url(self, service: str) -> URL:
        """Where nothing answers."""
        return URL.create("postgresql+psycopg", username=service, host="/nowhere", database="nothing")


def run(settings: Settings, platform: Assembled, beside: Beside | None = None) -> None:
    """Serve until SIGTERM with the web server of `arena up`; no worker runs. `beside` runs from the moment it says `ready …`."""
    use_tzdata_wheel()
    set_up_logging(settings.log_level)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, platform, beside))


async def _serve(settings: Settings, platform: Assembled, beside: Beside | None) -> None:
    tame_collector()
    config = uvicorn.Config(
        platform.http,
        host=settings.host,
        port=settings.port,
        http="httptools",
        loop="none",
        lifespan="off",  # live would read the log
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=4096,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn tells it by an attribute only
        await asyncio.sleep(0.01)
    tasks = [asyncio.create_task(beside())] if beside else []
    say(f"ready http://{settings.host}:{settings.port}")
    await serving
    await end(tasks)
    await platform.close()
