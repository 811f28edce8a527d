"""How fast the ledger's facts become scores and standings: scoring's own consumer over the log's tables, fsync on."""

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import uvloop
from sqlalchemy import text

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue, Recorded
from arena.chassis.bus.consumer import Consumer, ConsumerRunner
from arena.chassis.bus.source import LogBus
from arena.chassis.core.collector import tame_collector
from arena.chassis.core.settings import Settings
from arena.chassis.core.telemetry_setup import set_up_telemetry
from arena.chassis.db.database import open_units
from arena.chassis.db.unit_of_work import UnitOfWork, Units
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.events.habits import FactLogged
from arena.contracts.registry import LEDGER, LOGS, partition_of
from arena.embedded.database import Database
from arena.embedded.platform import SCHEMAS
from arena.scoring.consumers import consumers
from arena.scoring.storage import ledger
from arena.scoring.use_cases.battles import BattleKeeper
from arena.scoring.use_cases.ledger import LEDGER_CONSUMER, LedgerKeeper
from arena.scoring.use_cases.scorekeeping import Scorekeeper
from bench.figures import Figure, at_least, at_most, paired_ratio
from bench.installation import throw_away_folder
from bench.ledger_world import Duel, append, duels, facts, habits, next_minute, people
from bench.recomputed import differences

PEOPLE = 10_000
FACTS = 150_000
ROUNDS, ROUNDS_SHORT = 5, 2
LEAST_RATE = 15_000


@dataclass(frozen=True, slots=True)
class Measured:
    """Facts a second in each round, those that are only kept in the round beside it, and how many lines a recomputation finds wrong."""

    rates: tuple[float, ...]
    kept: tuple[float, ...]
    differing: int

    def figures(self) -> list[Figure]:
        """The speed, and that it was not bought with mistakes."""
        return [
            Figure(
                "facts_into_standings",
                statistics.median(self.rates),
                "facts/s",
                at_least(LEAST_RATE),
                bound=statistics.median(self.kept),
                paired=paired_ratio(self.rates, self.kept),
                note=f"median of {len(self.rates)}, slowest {min(self.rates):,.0f}; bound: the facts only kept, nothing scored",
            ),
            Figure(
                "lines_unlike_recomputation",
                self.differing,
                "lines",
                at_most(0),
                note=f"of {PEOPLE:,} stored and {PEOPLE:,} announced",
                timing=False,
            ),
        ]


class World:
    """Scoring over a database with a backlog."""

    def __init__(self, database: Database) -> None:
        catalogue = Catalogue(LOGS, partition_of)
        self.units: dict[str, Units] = {name: open_units(database.url(name), catalogue) for name in ("habits", "battles", "scoring")}
        self.duels: list[Duel] = []

    def runners(self) -> tuple[ConsumerRunner, ConsumerRunner]:
        """New runners with new memories, as after a start: the ledger's, the battles'."""
        keeper = Scorekeeper()
        bell = Bell("")  # nobody rings: drain reads until there is nothing more
        of_ledger, of_battles = consumers(LedgerKeeper(keeper), BattleKeeper(keeper))
        return self._runner(of_ledger, bell), self._runner(of_battles, bell)

    def keeper(self) -> ConsumerRunner:
        """A runner that reads the same log into the same table, and scores nothing."""

        async def keep(uow: UnitOfWork, records: Sequence[Recorded[FactLogged]]) -> None:
            await ledger.add_facts(uow, records)

        scoring, _ = consumers(LedgerKeeper(Scorekeeper()), BattleKeeper(Scorekeeper()))
        return self._runner(Consumer(LEDGER_CONSUMER, LEDGER, {FactLogged: keep}, batch=scoring.batch), Bell(""))

    def _runner(self, consumer: Consumer, bell: Bell) -> ConsumerRunner:
        units = self.units["scoring"]
        return ConsumerRunner(units, consumer, LogBus(bell).source(units.engine, consumer.log, consumer.name))

    async def prepare(self) -> None:
        """Everybody is in a running battle, and the facts lie in the log."""
        rng = random.Random(3)  # noqa: S311 - a repeatable load, not a secret
        players = people(PEOPLE)
        start = next_minute()
        self.duels = duels(players, start)
        await append(self.units["habits"], habits(players, start.date()))
        await append(self.units["battles"], [event for duel in self.duels for event in duel.events()])
        habits_first, battles = self.runners()
        await habits_first.drain()
        await battles.drain()
        await append(self.units["habits"], facts(players, FACTS, start, rng))

    async def round(self, runner: ConsumerRunner) -> float:
        """Facts a second that a runner takes from the log."""
        began = time.perf_counter()
        applied = await runner.drain()
        took = time.perf_counter() - began
        if applied != FACTS:
            raise RuntimeError(f"{applied} events were applied, {FACTS} facts were written")
        return applied / took

    async def rewind(self, positions: dict[int, int]) -> None:
        """Forget the facts and start again at `positions`; the standings go back to nothing."""
        async with self.units["scoring"].begin() as uow:
            await uow.connection.execute(text("truncate fact"))
            await uow.connection.execute(text("delete from due where kind = 'streak.review'"))
            await uow.connection.execute(
                text("update standing set rank = 1, score = 0, met_days = 0, longest_streak = 0, facts = 0, last_counted_at = null")
            )
            for partition, position in positions.items():
                await uow.connection.execute(
                    text("update applied set position = :position where topic = :topic and partition = :partition"),
                    {"position": position, "topic": LEDGER.number, "partition": partition},
                )

    async def positions(self) -> dict[int, int]:
        """Where the ledger's consumer stands."""
        async with self.units["scoring"].begin(read_only=True) as uow:
            applied = text("select partition, position from applied where topic = :topic")
            rows = await uow.connection.execute(applied, {"topic": LEDGER.number})
            return {row.partition: row.position for row in rows}

    async def close(self) -> None:
        """Give the connections back."""
        for units in self.units.values():
            await units.engine.dispose()


async def _measure(database: Database, rounds: int) -> Measured:
    world = World(database)
    try:
        await world.prepare()
        tame_collector()  # as the platform does, once everything is constructed
        start = await world.positions()
        rates: list[float] = []
        kept: list[float] = []
        for _ in range(rounds):
            await world.rewind(start)
            kept.append(await world.round(world.keeper()))
            await world.rewind(start)
            rates.append(await world.round(world.runners()[0]))
        return Measured(tuple(rates), tuple(kept), len(await differences(world.units["scoring"], world.duels)))
    finally:
        await world.close()


def measure(short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """Run it over an embedded PostgreSQL in a folder of its own, with metrics on and set up as the platform is."""
    use_tzdata_wheel()
    with throw_away_folder() as folder:
        settings = Settings(data_dir=folder / "data")
        end_telemetry = set_up_telemetry(settings)
        database = Database(settings, SCHEMAS)
        try:
            database.open()
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(_measure(database, ROUNDS_SHORT if short else ROUNDS)).figures()
        finally:
            database.close()
            end_telemetry()
