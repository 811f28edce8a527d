"""Pytest fixtures with a real registry of schemas; loaded by `tests/conftest.py`."""

from collections.abc import Iterator

import pytest

from tests.registry.registry import Registry


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry for the whole run of this process; leave it running, and use a log's name of your own."""
    made = Registry(tmp_path_factory.mktemp("registry"))
    made.start()
    yield made
    made.kill()
