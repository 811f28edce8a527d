"""Scoring's consumer of the ledger over Kafka: `python -m bench.scoring_process BROKER DSN GROUP PARTITIONS`.

Says `ready` when the group has given it so many partitions, begins when a line comes, and goes on until it is killed.
"""

import asyncio
import sys

import uvloop

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.bus.consumer import ConsumerRunner
from arena.chassis.bus.kafka.codec import JsonCodec
from arena.chassis.bus.kafka.source import KafkaBus
from arena.chassis.bus.source import LogBus
from arena.chassis.core.collector import tame_collector
from arena.chassis.core.settings import Settings, load_settings
from arena.chassis.core.telemetry_setup import set_up_telemetry
from arena.chassis.db.database import open_units
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.registry import LOGS, partition_of
from arena.scoring.consumers import consumers
from arena.scoring.use_cases.battles import BattleKeeper
from arena.scoring.use_cases.ledger import LedgerKeeper
from arena.scoring.use_cases.scorekeeping import Scorekeeper


async def main(settings: Settings, dsn: str, group: str, partitions: int) -> None:
    """Join, wait, run."""
    units = open_units(dsn, Catalogue(LOGS, partition_of))
    keeper = Scorekeeper()
    ledger, _ = consumers(LedgerKeeper(keeper), BattleKeeper(keeper))
    source = KafkaBus(settings, LogBus(Bell("")), JsonCodec()).source(units.engine, ledger.log, group)
    while len(await source.partitions()) != partitions:
        await source.wait(0.1)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    tame_collector()
    await ConsumerRunner(units, ledger, source).run()


if __name__ == "__main__":
    use_tzdata_wheel()
    found = load_settings().model_copy(update={"kafka_bootstrap": sys.argv[1]})
    set_up_telemetry(found)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(main(found, sys.argv[2], sys.argv[3], int(sys.argv[4])))
