"""The relay, put together: one room of the database, and a relay a log."""

from pathlib import Path
from typing import Final

from arena import contracts
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.kafka.codec import open_codec
from arena.chassis.bus.kafka.connection import reach
from arena.chassis.bus.kafka.relay import Relay
from arena.chassis.bus.kafka.sending import Route
from arena.chassis.bus.kafka.topics import topics_of
from arena.chassis.bus.kafka.wire import topic_of
from arena.chassis.bus.source import LogBus
from arena.chassis.core.ids import new_id
from arena.chassis.core.settings import Settings
from arena.chassis.db.provision import RELAY, ServiceSchema
from arena.chassis.db.unit_of_work import Units
from arena.contracts.registry import LOGS

SCHEMA: Final = ServiceSchema(RELAY, Path(__file__).with_name("migrations"))


def assemble(settings: Settings, units: Units, bell: Bell) -> tuple[Relay, ...]:
    """Construct a relay a log; the room has no routes, as nobody asks it for anything."""
    prefix = settings.kafka_prefix
    partitions = {topic.name: topic.partitions for topic in topics_of(contracts, prefix)}
    config, codec = reach(settings, RELAY), open_codec(settings, LOGS)
    topics = {log.number: topic_of(log.name, prefix) for log in LOGS}
    routes = {
        log.number: Route(config, log.name, topics[log.number], partitions[topics[log.number]], codec, settings.kafka_window, prefix)
        for log in LOGS
    }
    holder, logs = new_id(), LogBus(bell)
    return tuple(Relay(units, log.number, logs.source(units.engine, log, None), routes[log.number], holder) for log in LOGS)
