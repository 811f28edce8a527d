"""A relay as a process of its own, to be killed and stopped: python -m tests.integration.kafka.relay_process URL BOOTSTRAP TOPIC."""

import asyncio
import signal
import sys

from sqlalchemy import make_url

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.kafka.codec import JsonCodec
from arena.chassis.bus.kafka.relay import Relay
from arena.chassis.bus.kafka.sending import Route
from arena.chassis.bus.source import LogBus
from arena.chassis.core.ids import new_id
from arena.chassis.core.tasks import end
from arena.chassis.db.database import open_units
from arena.chassis.testing.databases import dsn
from arena.chassis.testing.example import COUNTS, catalogue
from tests.integration.kafka.relaying import reach_broker


async def main(url: str, bootstrap: str, topic: str) -> None:
    """Relay until SIGTERM."""
    units, bell = open_units(url, catalogue()), Bell(dsn(make_url(url)))
    route = Route(reach_broker(bootstrap), COUNTS.name, topic, 16, JsonCodec())
    relay = Relay(units, COUNTS.number, LogBus(bell).source(units.engine, COUNTS, None), route, new_id())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, relay.stopping.set)
    ringing = asyncio.create_task(bell.run())
    await relay.run()
    await end([ringing])
    await units.engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
