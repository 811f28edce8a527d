"""An example installation with a past."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from arena.chassis.testing.databases import TestDatabase
from tests.integration.chassis.archive.history import History


@pytest.fixture
async def history(example_database: TestDatabase, tmp_path: Path) -> AsyncIterator[History]:
    """Without events yet."""
    made = History(example_database, tmp_path / "archive")
    yield made
    await made.close()


@pytest.fixture
async def past(history: History) -> History:
    """With some hundred events over four months."""
    await history.happen(Random(1), 150)  # noqa: S311 - a seeded test
    return history
