"""A writer and a reader of an example's log, and one of the two ways between them."""

import asyncio
from dataclasses import dataclass, field

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.consumer import Consumer, ConsumerRunner, Handler
from arena.chassis.bus.kafka.codec import Codec, JsonCodec
from arena.chassis.bus.kafka.fetching import Stream
from arena.chassis.bus.kafka.relay import Relay
from arena.chassis.bus.kafka.source import PATIENCE, KafkaSource
from arena.chassis.bus.source import EventSource, LogBus
from arena.chassis.db.database import open_units
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


@dataclass(slots=True)
class OnKafka(OnLog):
    """A relay carries it, and the reader reads Kafka."""

    ground: Ground
    relay: Relay
    patience: float = PATIENCE
    config: dict[str, object] = field(default_factory=dict)
    codec: Codec = field(default_factory=JsonCodec)

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
        return KafkaSource(stream, OnLog._source(self, group), patience=self.patience)
