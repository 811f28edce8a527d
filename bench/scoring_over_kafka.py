"""How fast the ledger's facts become scores and standings over Kafka: one process, two that share the partitions; equal to a recomputation.

`python -m bench.scoring_over_kafka 10000000` lets one process score so many, and tells its memory now and then.
"""

import asyncio
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final

import psutil
from sqlalchemy import text

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.core.settings import Settings
from arena.chassis.db.provision import PARTITIONS
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.registry import LEDGER
from arena.embedded.database import Database
from arena.embedded.platform import SCHEMAS
from bench.consumer_path import FACTS, PEOPLE, World
from bench.figures import Figure, at_least, at_most, times_the_bound
from bench.installation import throw_away_folder
from bench.kafka_topics import broker, carry, make_topic
from bench.ledger_world import append, facts
from bench.recomputed import differences, records_of
from tests.broker.broker import Broker

ROUNDS, ROUNDS_SHORT = 3, 1
MORE, MORE_SHORT = 1_050_000, 300_000
LEAST_RATE = 20_000
LEAST_OF_TWO = 1.6
MOST_GROWTH = 1.15
_PATIENCE: Final = 180.0


@dataclass(slots=True)
class Scoring:
    """Facts in the log and in Kafka, and processes that score them."""

    world: World
    kafka: Broker
    dsn: str
    start: dict[int, int]
    heads: dict[int, int]
    rounds: int = 0
    rates: dict[int, list[float]] = field(default_factory=lambda: {1: [], 2: []})

    async def round(self, processes: int) -> None:
        """Let so many processes score all facts, from nothing; the clock begins when each of them has its partitions."""
        await self.world.rewind(self.start)
        with self._running(processes) as running:
            began = time.perf_counter()
            _begin(running)
            await self._until(sum(self.heads.values()), running)
            self.rates[processes].append(FACTS / (time.perf_counter() - began))

    async def memory(self, many: int) -> list[float]:
        """MiB of one process each time it has scored another backlog, until it has had so many; what is kept is thrown away in between."""
        await self.world.rewind(self.start)
        with self._running(1) as [process]:
            _begin([process])
            found, seen = [], 0
            while seen < many:
                await self._until(sum(self.heads.values()), [process])
                found.append(psutil.Process(process.pid).memory_info().rss / 2**20)
                seen += FACTS
                if seen < many:
                    await self._throw_away()
                    await asyncio.to_thread(carry, self.kafka, LEDGER, await self._further())
        return found

    @contextmanager
    def _running(self, processes: int) -> "Iterator[list[subprocess.Popen[bytes]]]":
        self.rounds += 1
        words = ["bench.scoring_process", self.kafka.bootstrap, self.dsn, f"bench-{self.rounds}", str(PARTITIONS // processes)]
        with ExitStack() as ends:
            running = []
            for _ in range(processes):
                process = subprocess.Popen([sys.executable, "-m", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                ends.callback(process.wait)
                ends.callback(process.kill)
                running.append(process)
            for process in running:
                if process.stdout is None or process.stdout.readline() != b"ready\n":
                    raise RuntimeError("a process that scores did not get its partitions")
            yield running

    async def _until(self, position: int, running: "list[subprocess.Popen[bytes]]") -> None:
        deadline = time.perf_counter() + _PATIENCE
        while sum((await self.world.positions()).values()) < position:
            if any(process.poll() is not None for process in running) or time.perf_counter() > deadline:
                raise RuntimeError("not all facts were scored")
            await asyncio.sleep(0.01)

    async def _throw_away(self) -> None:
        async with self.world.units["scoring"].begin() as uow:
            await uow.connection.execute(text("truncate fact"))
            await uow.connection.execute(text("delete from due where kind = 'streak.review'"))

    async def _further(self) -> list[RawRecord]:
        """Another backlog of the same people, in the log."""
        rng = random.Random(self.heads[0])  # noqa: S311 - a load, not a secret
        players = [player for duel in self.world.duels for player in duel.players]
        await append(self.world.units["habits"], facts(players, FACTS, self.world.duels[0].timetable.start, rng))
        new = await records_of(self.world.units["scoring"], LEDGER, self.heads)
        self.heads |= {record.partition: record.position for record in new}
        return new


def _begin(processes: "list[subprocess.Popen[bytes]]") -> None:
    for process in processes:
        if process.stdin is not None:
            process.stdin.write(b"\n")
            process.stdin.flush()


@contextmanager
def _ground(runner: asyncio.Runner) -> Iterator[Scoring]:
    with throw_away_folder() as folder, broker(folder / "kafka") as kafka:
        database = Database(Settings(data_dir=folder / "data"), SCHEMAS)
        try:
            database.open()
            world = World(database)
            runner.run(world.prepare())
            records = runner.run(records_of(world.units["scoring"], LEDGER))
            make_topic(kafka, LEDGER)
            carry(kafka, LEDGER, records)
            heads = {record.partition: record.position for record in records}
            dsn = database.url("scoring").render_as_string(hide_password=False)
            yield Scoring(world, kafka, dsn, runner.run(world.positions()), heads)
            runner.run(world.close())
        finally:
            database.close()


def measure(short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """One process and two in turns; memory last."""
    use_tzdata_wheel()
    with asyncio.Runner() as runner, _ground(runner) as scoring:
        for _ in range(ROUNDS_SHORT if short else ROUNDS):
            for processes in scoring.rates:
                runner.run(scoring.round(processes))
        wrong = len(runner.run(differences(scoring.world.units["scoring"], scoring.world.duels)))
        memory = runner.run(scoring.memory(MORE_SHORT if short else MORE))
    return figures(scoring.rates, wrong, memory)


def figures(rates: dict[int, list[float]], wrong: int, memory: list[float]) -> list[Figure]:
    """The rate, what a second process adds, whether the lines are right, whether memory grows."""
    one, two = (statistics.median(rates[processes]) for processes in (1, 2))
    told = f"{memory[0]:.0f} MiB after {FACTS:,} facts, {memory[-1]:.0f} after {FACTS * len(memory):,}"
    right = f"of {PEOPLE:,} stored and {PEOPLE:,} announced, by two processes"
    return [
        Figure("facts_scored_over_kafka", one, "facts/s", at_least(LEAST_RATE), note=f"median of {len(rates[1])}; one process"),
        Figure("facts_scored_by_two", two, "facts/s", times_the_bound(LEAST_OF_TWO), bound=one, note="two processes of one group"),
        Figure("lines_unlike_over_kafka", wrong, "lines", at_most(0), note=right, timing=False),
        Figure("memory_growth_of_scoring", memory[-1] / memory[0], "x", at_most(MOST_GROWTH), note=told, timing=False),
    ]


def main(many: int) -> None:
    """Memory over many facts."""
    use_tzdata_wheel()
    with asyncio.Runner() as runner, _ground(runner) as scoring:
        for number, size in enumerate(runner.run(scoring.memory(many)), 1):
            print(f"{number * FACTS:11,} facts: {size:5.0f} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]))
