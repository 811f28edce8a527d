"""Scoring over a fresh database, its runners stepped by the tests."""

from collections.abc import AsyncIterator

import pytest

from arena.chassis.testing.databases import TestDatabase
from tests.integration.scoring.ground import Ground


@pytest.fixture
async def ground(database: TestDatabase) -> AsyncIterator[Ground]:
    """Scoring alone."""
    stands = Ground.over(database)
    yield stands
    await stands.close()
