"""What the settings say reaches who sends."""

from typing import Any

import pytest

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.core.settings import Settings
from arena.chassis.core.settings_kafka import KAFKA_WINDOW
from arena.chassis.db.database import open_units
from arena.contracts.registry import LOGS, partition_of
from arena.relay.app import assemble


@pytest.mark.parametrize(("settings", "window"), [({}, KAFKA_WINDOW), ({"kafka_window": 3}, 3)], ids=["unless set", "set"])
async def test_each_log_has_the_window_that_is_set(settings: dict[str, Any], window: int) -> None:
    units = open_units("postgresql+psycopg://nobody@127.0.0.1:1/none", Catalogue(LOGS, partition_of))
    relays = assemble(Settings(kafka_bootstrap="kafka:9092", kafka_prefix="staging", **settings), units, Bell(""))
    assert [relay.route.window for relay in relays] == [window] * len(LOGS)
    assert {relay.route.prefix for relay in relays} == {"staging"}
