"""A writer and a reader of an example's log, and one of the two ways between them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.consumer import Consumer, ConsumerRunner, Handler
from arena.chassis.bus.kafka.codec import Codec, JsonCodec
from arena.chassis.bus.kafka.fetching import Stream
from arena.chassis.bus.kafka.relay import Relay
from arena.chassis.bus.kafka.source import PATIENCE, KafkaSource
from arena.chassis.bus.source import EventSource, LogBus, PostgresSource
from arena.chassis.db.database import open_units
from arena.chassis.db.provision import PARTITIONS
from arena.chassis.db.unit_of_work import Units
from arena.chassis.testing.databases import TestDatabase, dsn
from arena.chassis.testing.example import COUNTS, catalogue
from tests.integration.kafka.relaying import Ground


@dataclass(slots=True)
class OnLog:
    """The reader reads the log's tables."""

    database: TestDatabase
    writer: Units
    reader: Units
    bell: Bell
    sources: list[EventSource] = field(default_factory=list, kw_only=True)

    @classmethod
    def over(cls, database: TestDatabase) -> "OnLog":
        writer = open_units(database.url("writer"), catalogue(), pool_size=10, overflow=40)
        reader = open_units(database.url("reader"), catalogue(), pool_size=10)
        return cls(database, writer, reader, Bell(dsn(database.url("reader"))))

    def source(self, group: str | None = "reader.counts") -> EventSource:
        """A source that is closed at the end."""
        made = self._source(group)
        self.sources.append(made)
        return made

    def _source(self, group: str | None) -> EventSource:
        return LogBus(self.bell).source(self.reader.engine, COUNTS, group)

    def runner(self, handlers: dict[type, Handler], *, batch: int = 100, name: str = "reader.counts") -> ConsumerRunner:
        return ConsumerRunner(self.reader, Consumer(name, COUNTS, handlers, batch=batch), self.source(name))

    async def close(self) -> None:
        await asyncio.gather(*(source.close() for source in self.sources))
        await self.writer.engine.dispose()
        await self.reader.engine.dispose()


class Overheard(PostgresSource):
    """Writes down the places of what was read in the log's own tables."""

    def __init__(self, kafka: "OnKafka") -> None:
        super().__init__(kafka.reader.engine, COUNTS.number, range(PARTITIONS), kafka.bell)
        self._heard = kafka.from_log

    async def read(self, after: Mapping[int, int], most: int) -> Sequence[RawRecord]:
        records = await super().read(after, most)
        self._heard.update(record[:2] for record in records)
        return records


@dataclass(slots=True)
class OnKafka(OnLog):
    """A relay carries it, and the reader reads Kafka."""

    ground: Ground
    relay: Relay
    patience: float = PATIENCE
    config: dict[str, object] = field(default_factory=dict)
    codec: Codec = field(default_factory=JsonCodec)
    from_log: set[tuple[int, int]] = field(default_factory=set)
    """Partition and position of what was not taken from Kafka, or compared with it."""

    def _source(self, group: str | None) -> EventSource:
        config = {
            "bootstrap.servers": self.ground.broker.bootstrap,
            "group.id": f"{self.ground.topic}.{group}",
            "group.protocol": "consumer",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.metrics.push": False,
            "log_level": 0,
        } | self.config
        stream = Stream(config, COUNTS.number, COUNTS.name, self.ground.topic, group, self.codec)
        return KafkaSource(stream, Overheard(self), patience=self.patience)
