"""The same log, read from its tables, from its archive and as Kafka brings it: what holds for a consumer holds on all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from arena.chassis.db.database import open_units
from arena.chassis.testing.databases import TestDatabase
from arena.chassis.testing.example import catalogue
from tests.contract.bus.archived import OnArchive
from tests.contract.bus.ground import OnKafka, OnLog
from tests.integration.kafka.relaying import Ground, ground_over


@pytest.fixture(params=["log", "archive", pytest.param("kafka", marks=pytest.mark.kafka)])
async def example(request: pytest.FixtureRequest, example_database: TestDatabase, tmp_path: Path) -> AsyncIterator[OnLog]:
    """A writer, a reader, and what is between them."""
    if request.param == "log":
        async with on_log(example_database) as made:
            yield made
    elif request.param == "archive":
        archived = OnArchive.into(tmp_path / "archive", example_database)
        yield archived
        await archived.close()
    else:
        async with ground_over(example_database, request.getfixturevalue("broker")) as ground, on_kafka(ground) as made:
            yield made


@pytest.fixture
async def kafka(request: pytest.FixtureRequest, example_database: TestDatabase) -> AsyncIterator[OnKafka]:
    """The same with Kafka alone."""
    async with ground_over(example_database, request.getfixturevalue("broker")) as ground, on_kafka(ground) as made:
        yield made


@asynccontextmanager
async def on_log(database: TestDatabase) -> AsyncIterator[OnLog]:
    made = OnLog.over(database)
    yield made
    await made.close()


@asynccontextmanager
async def on_kafka(ground: Ground) -> AsyncIterator[OnKafka]:
    relay = ground.start(ground.relay())
    reader = open_units(ground.database.url("reader"), catalogue(), pool_size=10)
    made = OnKafka(ground.database, ground.writer, reader, ground.bell, ground, relay)
    yield made
    await made.close()
