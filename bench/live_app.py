"""Live without its neighbours: routes, streams and encoding are real, the standings of one battle change at a given pace.

Prints `ready …` when it serves.
"""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import uvicorn
import uvloop
from sqlalchemy import URL

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.core.collector import tame_collector
from arena.chassis.core.logging import set_up_logging
from arena.chassis.core.settings import Settings, load_settings
from arena.contracts.battle_spec import Phase
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.events.scoring import StandingRow, StandingsChanged
from arena.contracts.ids import BattleId, UserId
from arena.embedded.platform import assemble
from arena.embedded.process import secrets_of
from arena.live.names import Names
from arena.live.neighbours import BattleView, Known
from arena.live.use_cases import Screens

BATTLE = BattleId(UUID(int=1))
ROWS = 20


class Nowhere:
    """Addresses of a database that is never asked."""

    def url(self, service: str) -> URL:
        """One that leads nowhere."""
        return URL.create("postgresql+psycopg", username=service, host="/nowhere", database="nothing")


class Alone:
    """Neighbours that know one battle, which everybody may see."""

    async def battle(self, battle_id: BattleId, credentials: Mapping[str, str]) -> BattleView:
        """The one battle."""
        del credentials
        return BattleView(battle_id, Phase.RUNNING)

    async def spectated(self, token: str) -> BattleView:
        """The one battle, whatever the link."""
        del token
        return BattleView(BATTLE, Phase.RUNNING)

    async def standings(self, battle_id: BattleId) -> StandingsChanged | None:
        """Nothing so far."""
        del battle_id
        return None

    async def curves(self, battle_id: BattleId, users: Sequence[UserId]) -> Any:
        """None."""
        del battle_id, users
        return {}

    async def profiles(self, users: Sequence[UserId]) -> Mapping[UserId, Known]:
        """Everybody has a name."""
        return {user: Known(f"Player {user.int}") for user in users}


async def _change(screens: Screens, pace: float) -> None:
    """Announce standings so many times a second, stamped with the time."""
    revision = 0
    while True:
        revision += 1
        rows = tuple(StandingRow(UserId(UUID(int=place)), place, 10_000 + revision - place) for place in range(1, ROWS + 1))
        event = StandingsChanged(BATTLE, revision, datetime.now(UTC), rows)
        await screens.standings_changed([Recorded(event, 0, revision, event.as_of, str(BATTLE))])
        await asyncio.sleep(1 / pace)


async def _serve(settings: Settings, pace: float) -> None:
    platform = assemble(settings, Nowhere(), secrets_of(settings))
    live = next(service for service in platform.services if service.name == "live")
    alone = Alone()
    screens = Screens(alone, Names(alone))
    live.app.state.neighbours, live.app.state.screens = alone, screens
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
    changing = asyncio.create_task(_change(screens, pace))
    print(f"ready http://{settings.host}:{settings.port}", flush=True)
    await serving
    changing.cancel()
    await platform.close()


def main() -> None:
    """Serve until SIGTERM; the argument is the pace of changes a second."""
    settings = load_settings()
    use_tzdata_wheel()
    set_up_logging(settings.log_level)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, float(sys.argv[1])))


if __name__ == "__main__":
    main()
