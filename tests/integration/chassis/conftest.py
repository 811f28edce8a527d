"""Two example services, for tests of the chassis alone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.consumer import Consumer, ConsumerRunner, Handler
from arena.chassis.bus.source import PostgresSource
from arena.chassis.db.database import open_units
from arena.chassis.db.unit_of_work import Units
from arena.chassis.testing.databases import TestDatabase, dsn
from arena.chassis.testing.example import COUNTS, catalogue


@dataclass(slots=True)
class Example:
    """A writer, a reader, and a bell between them."""

    database: TestDatabase
    writer: Units
    reader: Units
    bell: Bell

    def runner(self, handlers: dict[type, Handler], *, batch: int = 100, name: str = "reader.counts") -> ConsumerRunner:
        consumer = Consumer(name, COUNTS, handlers, batch=batch)
        return ConsumerRunner(self.reader, consumer, PostgresSource(self.reader.engine, COUNTS.number, range(16), self.bell))


@pytest.fixture
async def example(example_database: TestDatabase) -> AsyncIterator[Example]:
    writer = open_units(example_database.url("writer"), catalogue(), pool_size=10, overflow=40)
    reader = open_units(example_database.url("reader"), catalogue(), pool_size=10)
    bell = Bell(dsn(example_database.url("reader")))
    yield Example(example_database, writer, reader, bell)
    await writer.engine.dispose()
    await reader.engine.dispose()
