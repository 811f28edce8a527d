"""A reader over Kafka as a process of its own, to be led astray: python -m tests.contract.bus.reader_process URL BOOTSTRAP TOPIC."""

import asyncio
import signal
import sys

from sqlalchemy import make_url

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.consumer import Consumer, ConsumerRunner
from arena.chassis.bus.kafka.codec import JsonCodec
from arena.chassis.bus.kafka.connection import member
from arena.chassis.bus.kafka.fetching import Stream
from arena.chassis.bus.kafka.source import KafkaSource
from arena.chassis.bus.source import LogBus
from arena.chassis.core.settings import load_settings
from arena.chassis.core.tasks import end
from arena.chassis.db.database import open_units
from arena.chassis.testing.databases import dsn
from arena.chassis.testing.example import COUNTS, Counted, catalogue
from tests.contract.bus.test_consumer import note

NAME = "reader.counts"


async def main(url: str, bootstrap: str, topic: str) -> None:
    """Note what is counted until SIGTERM."""
    units, bell = open_units(url, catalogue()), Bell(dsn(make_url(url)))
    config = member(load_settings(bus="kafka", kafka_bootstrap=bootstrap), NAME, f"{topic}.{NAME}")
    stream = Stream(config, COUNTS.number, COUNTS.name, topic, NAME, JsonCodec())
    source = KafkaSource(stream, LogBus(bell).source(units.engine, COUNTS, None))
    runner = ConsumerRunner(units, Consumer(NAME, COUNTS, {Counted: note}), source)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, runner.stopping.set)
    ringing = asyncio.create_task(bell.run())
    await runner.run()
    await source.close()
    await end([ringing])
    await units.engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
