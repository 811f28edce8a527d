"""What strikes really strikes, and heals."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.clocks import WallClock
from tests.chaos.nemeses import Cut, Jump, Kill, Mute, Nemesis, Pause, Slow, Struck
from tests.chaos.proxy import Proxy

DELAY = 0.05
SAYS_THE_TIME = "import sys, time\nfor _ in sys.stdin: print(time.time(), flush=True)"


class Echo:
    """Answers every line with the same line, and remembers them."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.heard.append(line)
            writer.write(line)
        writer.close()


class Child:
    """A process that tells its wall clock whenever it is asked."""

    def __init__(self, clock: WallClock | None = None) -> None:
        self.clock = clock
        self.running: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        env = dict(self.clock.env) if self.clock else {}
        self.running = subprocess.Popen([sys.executable, "-c", SAYS_THE_TIME], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)

    def kill(self) -> None:
        assert self.running is not None
        self.running.kill()
        self.running.communicate()

    async def time(self, patience: float = 5.0) -> float:
        """Its time; raises TimeoutError where it does not answer."""
        assert self.running is not None
        assert self.running.stdin is not None
        assert self.running.stdout is not None
        self.running.stdin.write(b"\n")
        self.running.stdin.flush()
        async with asyncio.timeout(patience):
            return float(await asyncio.to_thread(self.running.stdout.readline))


@pytest.fixture
async def echo() -> AsyncIterator[tuple[Proxy, Echo]]:
    behind = Echo()
    server = await asyncio.start_server(behind, "127.0.0.1", 0)
    proxy = Proxy(server.sockets[0].getsockname()[1])
    await proxy.start()
    yield proxy, behind
    await proxy.close()
    server.close()


async def said(proxy: Proxy, seconds: float = 5.0) -> bytes:
    """What comes back; empty where the connection is reset, TimeoutError where nothing comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.listening_on)
    try:
        writer.write(b"hello\n")
        async with asyncio.timeout(seconds):
            return await reader.readline()
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


async def test_a_connection_that_is_cut_is_reset_and_had_again_once_it_is_healed(echo: tuple[Proxy, Echo]) -> None:
    proxy, _ = echo
    nemesis: Nemesis = Cut("cut", proxy)
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.listening_on)
    writer.write(b"hello\n")
    assert await reader.readline() == b"hello\n"
    await nemesis.strike()
    with pytest.raises(ConnectionError):
        await reader.readexactly(1)
    assert await said(proxy) == b""
    await nemesis.heal()
    assert await said(proxy) == b"hello\n"
    writer.close()


async def test_what_is_asked_of_a_mute_connection_arrives_and_its_answer_does_not(echo: tuple[Proxy, Echo]) -> None:
    proxy, behind = echo
    nemesis: Nemesis = Mute("mute", proxy)
    await nemesis.strike()
    with pytest.raises(TimeoutError):
        await said(proxy, 0.3)
    assert behind.heard == [b"hello\n"]
    await nemesis.heal()
    assert await said(proxy) == b"hello\n"


async def test_everything_on_a_slow_connection_takes_its_time(echo: tuple[Proxy, Echo]) -> None:
    proxy, _ = echo
    nemesis: Nemesis = Slow("slow", proxy, DELAY)
    await nemesis.strike()
    began = time.monotonic()
    assert await said(proxy) == b"hello\n"
    assert time.monotonic() - began > 2 * DELAY
    await nemesis.heal()
    assert proxy.delay == 0


async def test_a_process_that_is_killed_is_another_one_afterwards() -> None:
    child = Child()
    child.begin()
    first = child.running
    nemesis: Nemesis = Kill("kill", child)
    await nemesis.strike()
    assert first is not None
    assert first.poll() == -9
    await nemesis.heal()
    assert await child.time() > 0
    child.kill()


async def test_a_process_that_is_stopped_answers_when_it_wakes() -> None:
    child = Child()
    child.begin()
    await child.time()
    nemesis: Nemesis = Pause("pause", child, seconds=0)
    await nemesis.strike()
    asked = asyncio.create_task(child.time())
    await asyncio.wait([asked], timeout=0.3)
    assert not asked.done()
    await nemesis.heal()
    assert await asked > 0
    child.kill()


@pytest.mark.faketime
@pytest.mark.timeout(30)
async def test_a_clock_leaps_for_one_process_and_leaps_back(tmp_path: Path) -> None:
    child = Child(WallClock(tmp_path / "clock"))
    child.begin()
    assert child.clock is not None
    nemesis: Nemesis = Jump("ahead", child.clock, 3600, lasts=0)
    began = await child.time()
    await nemesis.strike()
    while (ahead := await child.time()) < began + 3000:  # it looks at the file once a second
        pass
    await nemesis.heal()
    while await child.time() > ahead - 3000:
        pass
    child.kill()


def test_what_was_done_is_counted_by_name_and_kills_by_what_they_hit() -> None:
    struck = Struck()
    struck.note(Kill("kill api", Child()), in_flight=True, in_transaction=False)
    struck.note(Kill("kill api", Child()), in_flight=False, in_transaction=True)
    struck.note(Pause("pause work", Child()), in_flight=True, in_transaction=True)
    whole = Struck.total([struck, struck])
    assert (whole.kills, whole.in_flight, whole.in_transaction) == (4, 2, 2)
    assert whole.by_name == {"kill api": 4, "pause work": 2}
