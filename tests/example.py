"""Pytest fixtures with a database of the chassis' own example, whose log a relay can carry; loaded by `tests/conftest.py`."""

from collections.abc import Iterator

import pytest

from arena.chassis.testing.databases import TestDatabase, TestServer
from arena.chassis.testing.example import LOGS, schemas
from arena.embedded.postgres.temporary import temporary_postgres
from arena.relay.app import SCHEMA


@pytest.fixture(scope="session")
def example_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """A server with the example's services and the relay's room, for the whole run of this process."""
    with temporary_postgres() as endpoint:
        yield TestServer.of(endpoint.url(), (*schemas(tmp_path_factory.mktemp("migrations")), SCHEMA), LOGS)


@pytest.fixture
def example_database(example_server: TestServer) -> Iterator[TestDatabase]:
    """A fresh database of it."""
    with example_server.database() as fresh:
        yield fresh
