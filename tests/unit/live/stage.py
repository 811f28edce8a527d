"""Live without a network: neighbours that answer from memory, and a watcher that takes frames when it likes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from starlette.types import Message

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.core.errors import UpstreamUnavailable
from arena.contracts.battle_spec import Phase
from arena.contracts.events.scoring import StandingRow, StandingsChanged
from arena.contracts.ids import BattleId, UserId
from arena.live.neighbours import BattleView, Known
from arena.live.stream import StandingsStream
from arena.live.use_cases import Screen, Screens

BATTLE = BattleId(UUID(int=1))
ANN, BOB = UserId(UUID(int=10)), UserId(UUID(int=11))
NOW = datetime(2026, 6, 10, tzinfo=UTC)


def changed(revision: int, *scores: tuple[UserId, int], battle: BattleId = BATTLE) -> StandingsChanged:
    """Standings at a revision, ranked as given."""
    rows = tuple(StandingRow(user, rank, score) for rank, (user, score) in enumerate(scores, start=1))
    return StandingsChanged(battle, revision, NOW, rows)


def recorded(*events: Any) -> list[Recorded[Any]]:
    """Events as a tail hands them over."""
    return [Recorded(event, 0, position, NOW, "") for position, event in enumerate(events, start=1)]


@dataclass(slots=True)
class FakeNeighbours:
    """The services beside live: one battle, its standings so far, and names; it counts what it is asked."""

    stored: StandingsChanged | None = None
    known: dict[UserId, str] = field(default_factory=lambda: {ANN: "Ann", BOB: "Bob"})
    sharing: set[UserId] = field(default_factory=set)
    asked: list[list[UserId]] = field(default_factory=list)
    snapshots: int = 0
    silent: bool = False
    interrupt: Callable[[], object] | None = None
    """What happens while names are being asked for."""

    async def battle(self, battle_id: BattleId, credentials: Mapping[str, str]) -> BattleView:
        del credentials
        return BattleView(battle_id, Phase.RUNNING)

    async def spectated(self, token: str) -> BattleView:
        del token
        return BattleView(BATTLE, Phase.RUNNING)

    async def standings(self, battle_id: BattleId) -> StandingsChanged | None:
        del battle_id
        self.snapshots += 1
        await asyncio.sleep(0)
        return self.stored

    async def curves(self, battle_id: BattleId, users: Sequence[UserId]) -> Any:
        return {"battle": battle_id, "users": users}

    async def profiles(self, users: Sequence[UserId]) -> Mapping[UserId, Known]:
        self.asked.append(list(users))
        await asyncio.sleep(0)
        if self.silent:
            raise UpstreamUnavailable("identity is away", retry_after=1.0)
        found = {user: Known(self.known[user], user in self.sharing) for user in users if user in self.known}
        if self.interrupt:
            self.interrupt()
        return found


@dataclass(slots=True)
class Client:
    """Somebody at the other end of a stream: takes a frame only when asked to, and can hang up."""

    permits: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    got: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    serving: "asyncio.Task[None] | None" = None

    def connect(self, screens: Screens, screen: Screen, after: int | None = None, **limits: float) -> "Client":
        stream = StandingsStream(screens, screen, after, **limits)
        self.serving = asyncio.create_task(stream({"type": "http"}, self._receive, self._send))
        return self

    async def take(self, seconds: float = 1.0) -> bytes:
        """The next piece of the body."""
        self.permits.release()
        async with asyncio.timeout(seconds):
            body: bytes = (await self.got.get())["body"]
            return body

    async def ended(self, seconds: float = 1.0) -> bool:
        """Whether the stream ends."""
        assert self.serving is not None
        done, _ = await asyncio.wait([self.serving], timeout=seconds)
        return bool(done)

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            return
        await self.permits.acquire()
        await self.got.put(message)

    async def _receive(self) -> Message:
        await self.hung_up.wait()
        return {"type": "http.disconnect"}


def told(frame: bytes) -> dict[str, Any]:
    """What a frame says: its id, and its data."""
    lines = dict(line.split(b": ", 1) for line in frame.splitlines() if b": " in line)
    assert lines[b"event"] == b"standings"
    body: dict[str, Any] = msgspec.json.decode(lines[b"data"])
    return body | {"id": int(lines[b"id"])}
