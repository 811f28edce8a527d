"""A server with the chassis' example services and the relay's room."""

from collections.abc import AsyncIterator, Iterator

import pytest

from arena.chassis.testing.databases import TestDatabase, TestServer
from arena.chassis.testing.example import LOGS, schemas
from arena.embedded.postgres.temporary import temporary_postgres
from arena.relay.app import SCHEMA
from tests.broker.broker import Broker
from tests.integration.kafka.relaying import Ground, ground_over


@pytest.fixture(scope="session")
def example_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    with temporary_postgres() as endpoint:
        yield TestServer.of(endpoint.url(), (*schemas(tmp_path_factory.mktemp("migrations")), SCHEMA), LOGS)


@pytest.fixture
def example_database(example_server: TestServer) -> Iterator[TestDatabase]:
    with example_server.database() as fresh:
        yield fresh


@pytest.fixture
async def ground(example_database: TestDatabase, broker: Broker) -> AsyncIterator[Ground]:
    async with ground_over(example_database, broker) as made:
        yield made
