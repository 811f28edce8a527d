"""What the sizing table of the operator rests on: the CPU of so many viewers and logs a second as one pod is planned for.

`python -m bench.capacity` adds viewers and logs step by step, to choose the table anew.
"""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

import psutil
import uvloop

from arena.embedded.testing_process import ArenaProcess, free_ports
from arena_operator.reconcile.sizing import MEASURED
from bench.crowd import crowd
from bench.figures import Figure, at_most, percentile
from bench.installation import throw_away_folder
from bench.live_latency import Generator, Watch
from bench.wire import Lines

PACE = 5
"""Changes of the standings a second: more than a battle of people who log for themselves brings about."""
STEPS = (250, 500, 1000, 2000)
RATES = (50, 100, 200, 300, 600, 1000)
PEOPLE = 20
SECONDS, SECONDS_SHORT = 15, 6
HALF_A_CORE = 0.5
"""What a pod planned for one core may use: the rest is for peaks and for whoever takes over from a pod that died."""
A_CORE = 1.0
"""What it may use at twice its load: a log costs the less the more there are, as they share transactions, so half a core tells little."""
MOST_LATE = 500
_PARSES = 20
"""Of so many viewers one looks at the time of what comes, so that the one who measures is not what is measured."""
_AS_OF = re.compile(rb'"as_of":"([^"]+)"')
_REQUEST = b"GET /api/live/spectate/link/stream HTTP/1.1\r\nHost: bench\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Watched:
    """So many viewers: CPU in cores, microseconds for each frame sent, MiB of memory, how old frames are when they come (ms, p99)."""

    viewers: int
    frames: float
    cores: float
    memory: float
    late: float

    @property
    def micros(self) -> float:
        """CPU of one frame to one viewer."""
        return 1e6 * self.cores / self.frames


@dataclass(slots=True)
class Tally:
    """What all viewers have seen."""

    frames: int = 0
    late: list[float] = field(default_factory=list)


class Logged(NamedTuple):
    """So many logs a second: CPU in cores, that of the database not in it, and how long an answer took (ms, p99)."""

    cores: float
    late: float


class Viewer(asyncio.Protocol):
    """One stream."""

    def __init__(self, tally: Tally, *, parses: bool) -> None:
        self._tally = tally
        self._parses = parses

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for it."""
        cast("asyncio.WriteTransport", transport).write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        """Count, and some see how old it is."""
        self._tally.frames += data.count(b"event: standings")
        if self._parses and (found := _AS_OF.findall(data)):
            self._tally.late.append((datetime.now(UTC) - datetime.fromisoformat(found[-1].decode())).total_seconds() * 1000)


def watched(steps: Sequence[int], seconds: float) -> list[Watched]:
    """Add viewers to a live process step by step."""
    with (
        throw_away_folder() as folder,
        _live(folder) as (port, process),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(_watch(port, process, steps, seconds))


@contextmanager
def _live(folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    [port] = free_ports(1)
    environment = os.environ | {"ARENA_DATA_DIR": str(folder), "ARENA_PORT": str(port), "ARENA_LOG_LEVEL": "warning"}
    command = [sys.executable, "-m", "bench.live_app", str(PACE)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or not process.stdout.readline().startswith("ready"):
            raise RuntimeError("live did not start")
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


async def _watch(port: int, process: psutil.Process, steps: Sequence[int], seconds: float) -> list[Watched]:
    loop, tally, found = asyncio.get_running_loop(), Tally(), list[Watched]()
    transports: list[asyncio.BaseTransport] = []
    for viewers in steps:
        while len(transports) < viewers:
            parses = [number % _PARSES == 0 for number in range(len(transports), min(len(transports) + 50, viewers))]
            made = [loop.create_connection(partial(Viewer, tally, parses=one), "127.0.0.1", port) for one in parses]
            transports += [transport for transport, _ in await asyncio.gather(*made)]
        await asyncio.sleep(1)
        tally.frames, tally.late = 0, []
        cores = await _cores(process, asyncio.sleep(seconds), seconds)
        memory = process.memory_info().rss / 2**20
        found.append(Watched(viewers, tally.frames / seconds, cores, memory, percentile(tally.late, 99)))
    for transport in transports:
        transport.close()
    return found


async def _cores(process: psutil.Process, work: Awaitable[None], seconds: float) -> float:
    before = sum(process.cpu_times()[:2])
    await work
    return float(sum(process.cpu_times()[:2]) - before) / seconds


def logged(rate: int, seconds: float) -> Logged:
    """Log at a steady rate, with all that follows: scores, standings, streams."""
    with throw_away_folder() as folder:
        process = ArenaProcess(folder / "logs", env={"ARENA_WRITES_PER_SECOND": "100000"})
        process.start()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(_log(process, rate, seconds))
        finally:
            process.stop()


async def _log(process: ArenaProcess, rate: int, seconds: float) -> Logged:
    lines = Lines(process.url)
    watches = [Watch(member) for member in await crowd(process.url, PEOPLE, 1)]
    generator = Generator(lines, watches, rate)
    await generator.run(2)
    for watch in watches:
        watch.answered.clear()
    cores = await _cores(psutil.Process(process.pid), generator.run(seconds), seconds)
    await lines.close()
    if generator.refused:
        raise RuntimeError(f"{generator.refused} log POSTs were not answered by 201")
    return Logged(cores, 1000 * percentile([took for watch in watches for took in watch.answered], 99))


def measure(short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """Whether the table still holds: a pod bears twice what it is planned for, and viewers see news in time."""
    seconds = SECONDS_SHORT if short else SECONDS
    [seen] = watched([MEASURED.viewers_per_live], seconds)
    note = f"{MEASURED.viewers_per_live} viewers, {PACE} changes a second: {seen.micros:.0f} us a frame, {seen.memory:.0f} MiB"
    planned = MEASURED.logs_per_api
    once, twice = logged(planned, seconds), logged(2 * planned, seconds)
    told = f"{2 * planned} logs a second, scoring and live included; at {planned}, as planned: {once.cores:.2f} cores, {once.late:.0f} ms"
    return [
        Figure("viewers_of_a_live_pod", seen.micros * 1e-6 * MEASURED.viewers_per_live * PACE, "cores", at_most(HALF_A_CORE), note=note),
        Figure("lateness_for_viewers_p99", seen.late, "ms", at_most(MOST_LATE), note=note),
        Figure("logs_of_an_api_pod", twice.cores, "cores", at_most(A_CORE), note=told),
        Figure("lateness_of_answers_p99", twice.late, "ms", at_most(MOST_LATE), note=told),
    ]


if __name__ == "__main__":
    for step in watched(STEPS, SECONDS):
        print(
            f"{step.viewers:5} viewers {step.frames:7.0f} frames/s {step.cores:5.2f} cores {step.micros:4.0f} us a frame "
            f"{step.memory:4.0f} MiB {step.late:6.1f} ms late at p99"
        )
    for rate in RATES:
        used, late = logged(rate, SECONDS)
        print(f"{rate:5} logs/s {used:5.2f} cores {1e6 * used / rate:5.0f} us a log {late:6.1f} ms until answered at p99")
