"""The relay, put together: one room of the database, and a relay a log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.consumer import Consumer
from arena.chassis.bus.due import DueHandler
from arena.chassis.bus.kafka.relay import Relay
from arena.chassis.bus.kafka.sending import Route
from arena.chassis.bus.source import LogBus
from arena.chassis.core.ids import new_id
from arena.chassis.db.provision import RELAY, LogDefinition, ServiceSchema
from arena.chassis.db.unit_of_work import Units

SCHEMA: Final = ServiceSchema(RELAY, Path(__file__).with_name("migrations"))


@dataclass(frozen=True, slots=True)
class Relaying:
    """What `arena work relay` runs; it has no routes, as nobody asks it for anything."""

    units: Units
    relays: tuple[Relay, ...]
    consumers: tuple[Consumer, ...] = ()
    due: Mapping[str, DueHandler] = field(default_factory=dict)


def assemble(units: Units, bell: Bell, routes: Sequence[tuple[LogDefinition, Route]]) -> Relaying:
    """Construct the room; `routes` say where each log goes."""
    holder = new_id()
    logs = LogBus(bell)
    return Relaying(units, tuple(Relay(units, log.number, logs.source(units.engine, log, None), route, holder) for log, route in routes))
