"""The sides of the event store that are not peers, each a program: `python -m bench.event_sides SIDE BROKER TOPIC GROUP DSN BATCH`.

`runner` is ours: the consumer runner over the Kafka source, with traces and metrics. `bound` does what nobody can do without: it fetches
the messages without looking at them, and copies the very rows that `runner` wrote, which lie ready as bytes (file in BENCH_ROWS).
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import confluent_kafka
import psycopg
import uvloop
from sqlalchemy import make_url

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue, Recorded
from arena.chassis.bus.consumer import Consumer, ConsumerRunner
from arena.chassis.bus.kafka.codec import JsonCodec
from arena.chassis.bus.kafka.source import KafkaBus
from arena.chassis.bus.source import LogBus
from arena.chassis.core.collector import tame_collector
from arena.chassis.core.settings import Settings, load_settings
from arena.chassis.core.telemetry_setup import set_up_telemetry, trace_engine
from arena.chassis.db.database import open_units
from arena.chassis.db.provision import PARTITIONS
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.habits import FactLogged
from arena.contracts.registry import LEDGER, LOGS, partition_of
from bench.peers.event_table import COLUMN_TYPES, COPY

_BEGINS: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_ENDS: Final = b"\xff\xff"
ROW_BYTES: Final = 2 + 4 * len(COLUMN_TYPES) + 2 + 8 + 8 + 3 * 16 + 4 + 8
"""Of a row in COPY's binary form: the number of columns, and each with its length."""


async def _keep(uow: UnitOfWork, records: Sequence[Recorded[FactLogged]]) -> None:
    driver = await uow.driver()
    async with driver.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(COLUMN_TYPES)
        for event, partition, position, at, _ in records:
            await copy.write_row((partition, position, at, event.user_id, event.habit_id, event.fact_id, event.civil_day, event.value))


async def _run(settings: Settings, group: str, dsn: str, batch: int) -> None:
    units = open_units(make_url(dsn).set(drivername="postgresql+psycopg"), Catalogue(LOGS, partition_of))
    trace_engine(units.engine)
    source = KafkaBus(settings, LogBus(Bell("")), JsonCodec()).source(units.engine, LEDGER, group)
    runner = ConsumerRunner(units, Consumer("bench.events", LEDGER, {FactLogged: _keep}, batch=batch), source)
    tame_collector()  # as every process of the platform does
    await runner.run()


def runner(broker: str, topic: str, group: str, dsn: str, batch: int) -> None:
    """Ours, until it is killed; a collector is told of, so that spans are recorded."""
    del topic  # the source knows it
    settings = load_settings().model_copy(update={"kafka_bootstrap": broker})
    set_up_telemetry(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_run(settings, group, dsn, batch))


def bound(broker: str, topic: str, group: str, dsn: str, batch: int) -> None:
    """Fetch and copy; how many is told in the same transaction, so that the progress of all is watched in the same way."""
    rows = memoryview(Path(os.environ["BENCH_ROWS"]).read_bytes())[len(_BEGINS) : -len(_ENDS)]
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": broker, "group.id": group, "enable.metrics.push": False, "fetch.queue.backoff.ms": 5}
    )
    consumer.assign([confluent_kafka.TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    done, total = 0, len(rows) // ROW_BYTES
    with psycopg.connect(dsn, autocommit=True) as connection:
        while done < total:
            ready = done
            while ready < min(done + batch, total):
                ready += len(consumer.consume(500, 1.0))
            with connection.transaction(), connection.cursor() as cursor:
                with cursor.copy(COPY) as copy:
                    copy.write(b"".join((_BEGINS, rows[done * ROW_BYTES : ready * ROW_BYTES], _ENDS)))
                cursor.execute("update mark set position = %s where partition = 0", (ready,))
            done = ready


if __name__ == "__main__":
    side, broker, topic, group, dsn, batch = sys.argv[1:]
    {"runner": runner, "bound": bound}[side](broker, topic, group, dsn, int(batch))
