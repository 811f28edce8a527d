"""The same app without a database: route, authentication, validation and answer are real, and the log queue answers from memory.

Started like `arena up` (its settings, its web server); the keys are those of the data folder, so the tokens of a running platform are good
here too. Prints `ready …` when it serves.
"""

import asyncio
import signal
from datetime import UTC, datetime

import uvicorn
import uvloop
from sqlalchemy import URL

from arena.chassis.core.collector import tame_collector
from arena.chassis.core.ids import new_id
from arena.chassis.core.logging import set_up_logging
from arena.chassis.core.settings import Settings, load_settings
from arena.chassis.core.telemetry_setup import set_up_telemetry
from arena.cli.console import say
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.events.habits import Source
from arena.contracts.habit import HabitKind
from arena.contracts.ids import FactId
from arena.embedded.platform import Assembled, assemble
from arena.embedded.process import secrets_of
from arena.habits.domain import Fact, LedgerSettings, check_value, place
from arena.habits.use_cases.ledger import LogCommand, Logged


class MemoryQueue:
    """Decides as the ledger does and remembers nothing."""

    async def submit(self, command: LogCommand) -> Logged:
        """The fact that the ledger would have accepted from somebody who never chose settings."""
        now = datetime.now(UTC)
        placed = place(command.moment, LedgerSettings(), now)
        value = check_value(command.value, HabitKind.YES_NO)
        fact = Fact(
            FactId(new_id()),
            1,
            command.user_id,
            command.habit_id,
            placed.civil_day,
            placed.instant,
            placed.time_zone,
            placed.day_start,
            value,
            command.note,
            command.client_id,
            Source.APP,
            now,
        )
        return Logged(fact, known=False)


class _Nowhere:
    """Addresses of a database that is never asked."""

    def url(self, service: str) -> URL:
        return URL.create("postgresql+psycopg", username=service, host="/nowhere", database="nothing")


def assemble_without_database(settings: Settings) -> Assembled:
    """The platform whose log route answers from memory; no worker runs."""
    platform = assemble(settings, _Nowhere(), secrets_of(settings))
    habits = next(service for service in platform.services if service.name == "habits")
    habits.app.state.log_queue = MemoryQueue()
    return platform


async def _serve(settings: Settings) -> None:
    platform = assemble_without_database(settings)
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
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn tells it by an attribute only
        await asyncio.sleep(0.01)
    say(f"ready http://{settings.host}:{settings.port}")
    await serving
    await platform.close()


def main() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    use_tzdata_wheel()
    set_up_logging(settings.log_level)
    set_up_telemetry(settings)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


if __name__ == "__main__":
    main()
