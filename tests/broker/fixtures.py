"""Pytest fixtures with a real Kafka; loaded by `tests/conftest.py`."""

from collections.abc import Iterator

import pytest

from tests.broker.broker import Broker
from tests.broker.secured import Authority, Secured


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for the whole run of this process, without security; leave it running, and clear away no topics but your own."""
    with Broker(tmp_path_factory.mktemp("kafka")).running() as made:
        yield made


@pytest.fixture
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A running broker of this test alone, to kill and to halt."""
    with Broker(tmp_path_factory.mktemp("kafka")).running() as made:
        yield made


@pytest.fixture(scope="session")
def secured_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker whose listeners TLS, SASL and SASL_TLS ask who is there."""
    folder = tmp_path_factory.mktemp("kafka")
    with Broker(folder, secured=Secured(Authority(folder / "certificates"))).running() as made:
        yield made
