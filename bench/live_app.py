"""Live without its neighbours: routes, streams and encoding are real, the standings of one battle change at a given pace.

Prints `ready …` when it serves.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.core.settings import load_settings
from arena.contracts.battle_spec import Phase
from arena.contracts.events.scoring import StandingRow, StandingsChanged
from arena.contracts.ids import BattleId, UserId
from arena.embedded.platform import assemble
from arena.embedded.process import secrets_of
from arena.live.names import Names
from arena.live.neighbours import BattleView, Known
from arena.live.use_cases import Screens
from bench.serving import Nowhere, run

BATTLE = BattleId(UUID(int=1))
ROWS = 20


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


def main() -> None:
    """Serve until SIGTERM; the argument is the pace of changes a second."""
    settings, pace = load_settings(), float(sys.argv[1])
    platform = assemble(settings, Nowhere(), secrets_of(settings))
    live = next(service for service in platform.services if service.name == "live")
    alone = Alone()
    screens = Screens(alone, Names(alone))
    live.app.state.neighbours, live.app.state.screens = alone, screens
    run(settings, platform, beside=lambda: _change(screens, pace))


if __name__ == "__main__":
    main()
