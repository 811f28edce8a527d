"""Logs with ended and running battles in them, over a fresh database."""

from collections.abc import AsyncIterator

import pytest

from arena.chassis.testing.databases import TestDatabase
from tests.integration.scoring.ground import Ground


@pytest.fixture
async def ground(database: TestDatabase) -> AsyncIterator[Ground]:
    """Scoring alone, its runners stepped by the tests."""
    stands = Ground.over(database)
    yield stands
    await stands.close()
