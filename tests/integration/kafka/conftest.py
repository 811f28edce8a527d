"""A log of the chassis' example, and a broker to carry it to."""

from collections.abc import AsyncIterator

import pytest

from arena.chassis.testing.databases import TestDatabase
from tests.broker.broker import Broker
from tests.integration.kafka.relaying import Ground, ground_over


@pytest.fixture
async def ground(example_database: TestDatabase, broker: Broker) -> AsyncIterator[Ground]:
    async with ground_over(example_database, broker) as made:
        yield made
