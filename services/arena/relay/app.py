"""The relay, put together: one room of the database, and a relay a log."""

from pathlib import Path
from typing import Final

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.kafka.codec import JsonCodec
from arena.chassis.bus.kafka.connection import reach
from arena.chassis.bus.kafka.relay import Relay
from arena.chassis.bus.kafka.sending import Route
from arena.chassis.bus.source import LogBus
from arena.chassis.core.ids import new_id
from arena.chassis.core.settings import Settings
from arena.chassis.db.provision import PARTITIONS, RELAY, ServiceSchema
from arena.chassis.db.unit_of_work import Units
from arena.contracts.registry import LOGS

SCHEMA: Final = ServiceSchema(RELAY, Path(__file__).with_name("migrations"))


def assemble(settings: Settings, units: Units, bell: Bell) -> tuple[Relay, ...]:
    """Construct a relay a log; the room has no routes, as nobody asks it for anything."""
    holder, logs, config, codec = new_id(), LogBus(bell), reach(settings, RELAY), JsonCodec()
    return tuple(
        Relay(
            units,
            log.number,
            logs.source(units.engine, log, None),
            Route(config, log.name, f"habitarena.{log.name}", PARTITIONS, codec),
            holder,
        )
        for log in LOGS
    )
