"""Whatever strikes the platform, with one pair of verbs: strike, heal."""

import asyncio
import os
import random
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg

from tests.chaos.clocks import WallClock
from tests.chaos.proxy import Proxy

BLINK = 0.001
"""Seconds; how long after a transaction was seen open the blow may fall: it ends within about that."""


class Nemesis(Protocol):
    """One way in which things go wrong."""

    name: str
    kills: bool

    async def strike(self) -> None:
        """Make it go wrong."""

    async def heal(self) -> None:
        """Bring back what was struck; returns once it is."""


class Killable(Protocol):
    """A process that is started again as it was."""

    def kill(self) -> None:
        """Kill -9."""

    def begin(self) -> None:
        """Start it."""


@dataclass(slots=True)
class Kill:
    """Kill -9, and start again."""

    name: str
    target: Killable
    until_ready: Callable[[], Awaitable[None]] | None = None
    kills: bool = True

    async def strike(self) -> None:
        """It has no time to say good-bye."""
        self.target.kill()

    async def heal(self) -> None:
        """As an orchestrator would."""
        await asyncio.to_thread(self.target.begin)
        if self.until_ready is not None:
            await self.until_ready()


@dataclass(slots=True)
class KillBackend:
    """Kill -9 one process of PostgreSQL in the middle of a transaction: it takes all others with it, and recovers by itself."""

    name: str
    login: dict[str, Any]
    until_back: Callable[[], None]
    kills: bool = True

    async def strike(self) -> None:
        """Whose transaction is open, or else any."""
        with suppress(psycopg.Error, ProcessLookupError):
            async with await psycopg.AsyncConnection.connect(**self.login, autocommit=True) as connection:
                rows = await connection.execute(
                    "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() "
                    "order by xact_start is null, random() limit 1"
                )
                for (pid,) in await rows.fetchall():
                    os.kill(pid, signal.SIGKILL)

    async def heal(self) -> None:
        """PostgreSQL does it."""
        await asyncio.to_thread(self.until_back)


class Stoppable(Protocol):
    """What has a process that can be stopped."""

    @property
    def running(self) -> "subprocess.Popen[bytes] | None":
        """None before it was started."""


@dataclass(slots=True)
class Pause:
    """SIGSTOP, longer than the others wait; then it goes on as if nothing had been."""

    name: str
    target: Stoppable
    seconds: float = 7.0
    kills: bool = False
    _stopped: "subprocess.Popen[bytes] | None" = None

    async def strike(self) -> None:
        """It keeps its connections, its locks and what it believes."""
        self._stopped = self.target.running
        if self._stopped is not None:
            self._stopped.send_signal(signal.SIGSTOP)
            await asyncio.sleep(self.seconds)

    async def heal(self) -> None:
        """It wakes."""
        if self._stopped is not None:
            self._stopped.send_signal(signal.SIGCONT)


@dataclass(slots=True)
class Cut:
    """Every connection of a process is reset, and no new one is had."""

    name: str
    proxy: Proxy
    kills: bool = False

    async def strike(self) -> None:
        """Now."""
        self.proxy.cut()

    async def heal(self) -> None:
        """New ones are had again."""
        self.proxy.mend()


@dataclass(slots=True)
class Mute:
    """What a process asks for is done, and it never hears so; then the connection is reset."""

    name: str
    proxy: Proxy
    kills: bool = False

    async def strike(self) -> None:
        """Commits arrive, their answers do not."""
        self.proxy.mute = True

    async def heal(self) -> None:
        """Reset what waits."""
        self.proxy.mend()


@dataclass(slots=True)
class Slow:
    """Everything a process sends or gets takes its time."""

    name: str
    proxy: Proxy
    seconds: float = 0.05
    kills: bool = False

    async def strike(self) -> None:
        """Each piece waits."""
        self.proxy.delay = self.seconds

    async def heal(self) -> None:
        """No more."""
        self.proxy.mend()


@dataclass(slots=True)
class Jump:
    """A wall clock leaps, and later leaps back."""

    name: str
    clock: WallClock
    seconds: float
    lasts: float = 3.0
    """Seconds; a process looks at its clock's file once a second."""
    kills: bool = False

    async def strike(self) -> None:
        """Forward or, with negative seconds, back."""
        self.clock.jump(self.seconds)
        await asyncio.sleep(self.lasts)

    async def heal(self) -> None:
        """To the true time."""
        self.clock.jump(0)


@dataclass(slots=True)
class Struck:
    """What was done, and what it hit."""

    by_name: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    in_flight: int = 0
    """Kills that fell while a client waited for an answer."""
    in_transaction: int = 0
    """Kills that fell right after a transaction was seen open."""

    def note(self, nemesis: Nemesis, *, in_flight: bool, in_transaction: bool) -> None:
        """One more."""
        self.by_name[nemesis.name] = self.by_name.get(nemesis.name, 0) + 1
        if nemesis.kills:
            self.kills += 1
            self.in_flight += in_flight
            self.in_transaction += in_transaction

    @classmethod
    def total(cls, parts: Iterable["Struck"]) -> "Struck":
        """All of them as one."""
        whole = cls()
        for part in parts:
            whole.kills += part.kills
            whole.in_flight += part.in_flight
            whole.in_transaction += part.in_transaction
            for name, count in part.by_name.items():
                whole.by_name[name] = whole.by_name.get(name, 0) + count
        return whole


_OPEN = (
    "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() "
    "and xact_start is not null and backend_xid is not null"
)


@dataclass(slots=True)
class Moments:
    """Finds the bad moment: while a transaction that has written something is open."""

    login: dict[str, Any]
    chance: random.Random

    async def open_transaction(self, seconds: float = 0.5) -> bool:
        """Wait for one, and then for less than a millisecond more; False if none was seen, or nobody could be asked."""
        with suppress(psycopg.Error):
            async with await psycopg.AsyncConnection.connect(**self.login, autocommit=True) as connection:
                deadline = time.monotonic() + seconds
                while time.monotonic() < deadline:
                    [seen] = await (await connection.execute(_OPEN)).fetchone() or [0]
                    if seen:
                        await asyncio.to_thread(time.sleep, self.chance.uniform(0, BLINK))
                        return True
        return False
