"""Boards and their watchers: a snapshot, then what the logs say; one encoding for everybody who watches."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.core.errors import UpstreamUnavailable
from arena.chassis.core.telemetry import counter, up_down_counter
from arena.contracts.battle_spec import Phase
from arena.contracts.events.battles import BattleFinalised, PhaseChanged
from arena.contracts.events.scoring import StandingsChanged
from arena.contracts.ids import BattleId, UserId
from arena.live.domain import Board, Line
from arena.live.names import SOMEONE, Names
from arena.live.neighbours import Neighbours

_log = structlog.get_logger(__name__)
_KEPT = 1000
"""Boards that nobody watches stay in memory up to this number."""


class Watcher:
    """Somebody who looks at a board. It holds no frames: whoever is slow gets the newest one next, so memory stays bounded."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.closing = False


@dataclass(slots=True)
class Screen:
    """A board, its newest encoding, and who watches it."""

    board: Board
    drawn: Board | None = None
    """What `body` and `frame` show."""
    body: bytes = b""
    frame: bytes = b""
    loaded: bool = False
    watchers: set[Watcher] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def revision(self) -> int:
        """Of the standings that `frame` shows."""
        return self.drawn.revision if self.drawn else 0


class Screens:
    """All screens of this process."""

    def __init__(self, neighbours: Neighbours, names: Names) -> None:
        self._neighbours = neighbours
        self._names = names
        self._screens: OrderedDict[BattleId, Screen] = OrderedDict()
        self._closed = False

    async def open(self, battle_id: BattleId, phase: Phase) -> Screen:
        """The screen of a battle, loaded; `phase` is what battles just said.

        It is registered before the snapshot is asked for, so no announcement falls between the two.
        """
        screen = self._screens.get(battle_id)
        if screen is None:
            screen = self._screens[battle_id] = Screen(Board(battle_id, phase))
            self._drop_unwatched()
        self._screens.move_to_end(battle_id)
        async with screen.lock:
            if not screen.loaded:
                stored = await self._neighbours.standings(battle_id)
                if stored is not None:
                    screen.board = screen.board.standings(stored.revision, stored.as_of, stored.rows)
            screen.board = screen.board.moved(phase)
            await self._draw(screen)
            screen.loaded = True
        return screen

    def watch(self, screen: Screen) -> Watcher:
        """Look at a screen."""
        watcher = Watcher()
        watcher.closing = self._closed
        screen.watchers.add(watcher)
        up_down_counter("arena.live.streams").add(1)
        return watcher

    def leave(self, screen: Screen, watcher: Watcher) -> None:
        """Look away."""
        screen.watchers.discard(watcher)
        up_down_counter("arena.live.streams").add(-1)

    @property
    def watching(self) -> int:
        """How many watch."""
        return sum(len(screen.watchers) for screen in self._screens.values())

    @property
    def viewers(self) -> dict[BattleId, int]:
        """How many watch each battle that is watched here."""
        return {battle_id: len(screen.watchers) for battle_id, screen in self._screens.items() if screen.watchers}

    async def best(self, screen: Screen, most: int = 5) -> list[Line]:
        """The first lines of a screen, with the names of those who agreed to that."""
        rows = screen.board.rows[:most]
        try:
            names = await self._names.shared([row.user_id for row in rows])
        except UpstreamUnavailable:
            _log.warning("names_unavailable", battle=str(screen.board.battle_id))
            names = {}
        return [Line(row.user_id, row.rank, row.score, names.get(row.user_id)) for row in rows]

    def close(self) -> None:
        """Send everybody away: they come back to whoever serves next and resume by their last revision."""
        self._closed = True
        for screen in self._screens.values():
            for watcher in screen.watchers:
                watcher.closing = True
                watcher.changed.set()

    async def standings_changed(self, records: Sequence[Recorded[Any]]) -> None:
        """Scoring announced standings: of each battle in the batch the newest is shown."""
        newest: dict[BattleId, StandingsChanged] = {}
        for record in records:
            if isinstance(record.event, StandingsChanged) and record.event.battle_id in self._screens:
                newest[record.event.battle_id] = record.event
        for battle_id, event in newest.items():
            screen = self._screens[battle_id]
            await self._show(screen, screen.board.standings(event.revision, event.as_of, event.rows))

    async def battles_moved(self, records: Sequence[Recorded[Any]]) -> None:
        """Battles told of phases."""
        for record in records:
            event = record.event
            screen = self._screens.get(event.battle_id)
            if screen is None:
                continue
            if isinstance(event, PhaseChanged):
                await self._show(screen, screen.board.moved(event.phase))
            elif isinstance(event, BattleFinalised):
                await self._show(screen, screen.board.moved(Phase.FINAL))

    async def profiles_changed(self, records: Sequence[Recorded[Any]]) -> None:
        """Identity told of names: screens that show them are drawn anew."""
        changed = self._names.forget(records)
        for screen in list(self._screens.values()):
            if screen.loaded and any(row.user_id in changed for row in screen.board.rows):
                async with screen.lock:
                    screen.drawn = None
                    await self._draw(screen)

    async def _show(self, screen: Screen, board: Board) -> None:
        if board == screen.board:
            return
        screen.board = board
        if screen.loaded:
            async with screen.lock:
                await self._draw(screen)

    async def _draw(self, screen: Screen) -> None:
        """Encode the board once and wake everybody, again if it has changed while names were asked for; under the screen's lock."""
        while screen.drawn != screen.board:
            board = screen.board
            names = await self._named(board)
            screen.body = msgspec.json.encode(_answer(board, names))
            screen.frame = b"id: %d\nevent: standings\ndata: %s\n\n" % (board.revision, screen.body)
            screen.drawn = board
            counter("arena.live.dropped").add(sum(watcher.changed.is_set() for watcher in screen.watchers))
            for watcher in screen.watchers:
                watcher.changed.set()

    async def _named(self, board: Board) -> Mapping[UserId, str]:
        try:
            return await self._names.of([row.user_id for row in board.rows])
        except UpstreamUnavailable:
            _log.warning("names_unavailable", battle=str(board.battle_id))
            return {}

    def _drop_unwatched(self) -> None:
        idle = [battle for battle, screen in self._screens.items() if not screen.watchers and screen.loaded]
        for battle in idle[: max(0, len(self._screens) - _KEPT)]:
            del self._screens[battle]


def _answer(board: Board, names: Mapping[UserId, str]) -> dict[str, Any]:
    return {
        "items": [
            {"user_id": row.user_id, "display_name": names.get(UserId(row.user_id), SOMEONE), "rank": row.rank, "score": row.score}
            for row in board.rows
        ],
        "revision": board.revision,
        "as_of": board.as_of or datetime.now(UTC),
        "phase": board.phase.value,
    }
