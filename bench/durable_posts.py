"""Durable log POSTs of 50 clients: with the coalescer, without it, and the same app without a database; paired runs, loaded by wrk."""

import asyncio
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from arena.embedded.testing_process import ArenaProcess, free_ports
from bench.crowd import Member, crowd
from bench.figures import CannotMeasure, Figure, paired_ratio, times_the_bound
from bench.installation import throw_away_folder

CLIENTS = 50
PEOPLE = 50
HABITS = 20
ROUNDS, ROUNDS_SHORT = 5, 3
SECONDS, SECONDS_SHORT = 5, 3
PATIENCE = 10
"""Seconds for an answer; wrk's own 2 s are little on a machine that does something else."""
LEAST_GAIN, LEAST_SHARE = 1.5, 0.5
_SCRIPT = Path(__file__).with_name("posts.lua")
_LIMITS = {"ARENA_WRITES_PER_SECOND": "1000000", "ARENA_SIGN_INS_PER_MINUTE": "1000000"}
_MEASURED = re.compile(r"measured (\d+) ([\d.]+) (\d+) (\d+) (\d+) (\d+)")


@dataclass(frozen=True, slots=True)
class Run:
    """One run: answers a second, and the latency in milliseconds."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The runs of each app; the n-th of each were made one right after the other."""

    coalesced: tuple[Run, ...]
    one_by_one: tuple[Run, ...]
    in_memory: tuple[Run, ...]

    def figures(self) -> list[Figure]:
        """What sharing transactions brings, and how near that is to not having any."""
        with_, without, none = ([run.rate for run in runs] for runs in (self.coalesced, self.one_by_one, self.in_memory))
        rate = statistics.median(with_)
        return [
            Figure(
                "posts_against_no_coalescer",
                rate,
                "logs/s",
                times_the_bound(LEAST_GAIN),
                bound=statistics.median(without),
                paired=paired_ratio(with_, without),
                note=f"median of {len(with_)} pairs; {_latency(self.coalesced)}, without it {_latency(self.one_by_one)}",
            ),
            Figure(
                "posts_against_no_database",
                rate,
                "logs/s",
                times_the_bound(LEAST_SHARE),
                bound=statistics.median(none),
                paired=paired_ratio(with_, none),
                note=f"median of {len(with_)} pairs; without a database {_latency(self.in_memory)}",
            ),
        ]


def _latency(runs: tuple[Run, ...]) -> str:
    p50, p99 = statistics.median(run.p50 for run in runs), statistics.median(run.p99 for run in runs)
    return f"p50 {p50:.0f} ms, p99 {p99:.0f} ms"


@dataclass(slots=True)
class Target:
    """A running app and the file that says as whom wrk posts."""

    url: str
    pid: int
    users: Path

    def load(self, name: str, seconds: int) -> Run:
        """Let wrk post; raises RuntimeError when an answer was not 201."""
        days = datetime.now(UTC).replace(microsecond=0)
        environment = os.environ | {
            "BENCH_USERS": str(self.users),
            "BENCH_RUN": name,
            "BENCH_DAYS": " ".join((days - timedelta(days=back)).isoformat() for back in range(60)),
        }
        command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", f"{PATIENCE}s", "--latency", "-s", str(_SCRIPT), self.url]
        said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
        found = _MEASURED.search(said)
        if found is None:
            raise RuntimeError(f"wrk did not say what it measured: {said}")
        answers, took, refused, failed, p50, p99 = found.groups()
        if int(refused) or int(failed):
            raise RuntimeError(f"of {answers} log POSTs {refused} were not answered by 201, {failed} not in {PATIENCE} s or not at all")
        return Run(int(answers) / float(took), int(p50) / 1000, int(p99) / 1000)

    def settle(self) -> None:
        """Wait until nothing of the run before is still being worked off."""
        process = psutil.Process(self.pid)
        process.cpu_percent()
        for _ in range(100):
            time.sleep(0.3)
            if process.cpu_percent() < 25:  # noqa: PLR2004 - per cent of one core; idle is about 3
                return


@contextmanager
def _platform(folder: Path, name: str, **env: str) -> Iterator[Target]:
    process = ArenaProcess(folder / name, env=_LIMITS | env)
    process.start()
    try:
        users = folder / f"{name}.users"
        _write_users(users, asyncio.run(crowd(process.url, PEOPLE, HABITS)))
        yield Target(process.url, process.pid, users)
    finally:
        process.stop()


@contextmanager
def _memory(folder: Path, twin: Target, twin_name: str) -> Iterator[Target]:
    """The app without a database, for the people of a twin whose keys it shares."""
    [port] = free_ports(1)
    environment = os.environ | _LIMITS | {"ARENA_DATA_DIR": str(folder / twin_name), "ARENA_PORT": str(port), "ARENA_LOG_LEVEL": "warning"}
    process = subprocess.Popen([sys.executable, "-m", "bench.memory_app"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or not process.stdout.readline().startswith("ready"):
            raise RuntimeError("the app without a database did not start")
        yield Target(f"http://127.0.0.1:{port}", process.pid, twin.users)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _write_users(path: Path, members: list[Member]) -> None:
    """A line for each habit; neighbours are different people."""
    lines = [f"{member.token} {member.habits[number]}" for number in range(HABITS) for member in members]
    path.write_text("\n".join(lines) + "\n")


def measure(short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """Run the three side by side, each idle while another is measured."""
    if not shutil.which("wrk"):
        raise CannotMeasure("The load comes from wrk, which is not installed (Debian: sudo apt-get install wrk).")
    with throw_away_folder() as folder:
        return _measure(folder, ROUNDS_SHORT if short else ROUNDS, SECONDS_SHORT if short else SECONDS).figures()


def _measure(folder: Path, rounds: int, seconds: int) -> Measured:
    with (
        _platform(folder, "on") as coalesced,
        _platform(folder, "off", ARENA_COALESCE="off") as one_by_one,
        _memory(folder, coalesced, "on") as in_memory,
    ):
        targets = {"on": coalesced, "off": one_by_one, "memory": in_memory}
        runs: dict[str, list[Run]] = {key: [] for key in targets}
        for key, target in targets.items():
            target.load(f"warm-{key}", 2)
        for number in range(rounds):
            for key, target in targets.items():
                for other in targets.values():
                    other.settle()
                runs[key].append(target.load(f"{key}-{number}", seconds))
    return Measured(tuple(runs["on"]), tuple(runs["off"]), tuple(runs["memory"]))
