"""What runs beside HTTP: the bell, and each service's consumers and due runner, until told to stop."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.consumer import ConsumerRunner
from arena.chassis.bus.due import DueRunner
from arena.chassis.bus.source import Bus
from arena.chassis.core.tasks import end
from arena.chassis.db.unit_of_work import Units
from arena.chassis.housekeeping import keep_house
from arena.chassis.service import Working

_log = structlog.get_logger(__name__)
_GRACE = 5.0
"""Seconds a batch under way has to commit."""


class Runner(Protocol):
    """What runs until it is told to stop, beside the consumers of services."""

    @property
    def name(self) -> str:
        """Of its task."""

    @property
    def stopping(self) -> asyncio.Event:
        """Set when it is to end what it is at."""

    async def run(self) -> None:
        """Until then."""


@dataclass(slots=True)
class Workers:
    """The runners of some services over one bell."""

    bell: Bell
    runners: tuple[ConsumerRunner, ...]
    due: tuple[DueRunner, ...]
    houses: tuple[Units, ...] = ()
    others: tuple[Runner, ...] = ()
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @classmethod
    def of(cls, services: Sequence[Working], bell: Bell, bus: Bus, others: Sequence[Runner] = ()) -> "Workers":
        """All that the services consume and wait for, and `others`; the services' units ring the bell from now on."""
        runners: list[ConsumerRunner] = []
        due: list[DueRunner] = []
        houses = tuple(service.units for service in services if service.units is not None)
        for service in services:
            if service.units is None:
                continue
            service.units.on_append = bell.ring
            runners += [
                ConsumerRunner(service.units, consumer, bus.source(service.units.engine, consumer.log, consumer.name))
                for consumer in service.consumers
            ]
            if service.due:
                runner = DueRunner(service.units, service.due)
                service.units.on_schedule = runner.wake
                due.append(runner)
        return cls(bell, tuple(runners), tuple(due), houses, tuple(others))

    def start(self) -> None:
        """Run everything in the background of the current loop."""
        self._tasks = [asyncio.create_task(self.bell.run(), name="bell")]
        self._tasks += [asyncio.create_task(runner.run(), name=runner.consumer.name) for runner in self.runners]
        self._tasks += [asyncio.create_task(runner.run(), name="due") for runner in self.due]
        self._tasks += [asyncio.create_task(runner.run(), name=runner.name) for runner in self.others]
        self._tasks.append(asyncio.create_task(keep_house(self.houses), name="housekeeping"))
        for task in self._tasks:
            task.add_done_callback(_tell_the_end)

    async def check(self) -> None:
        """Raises RuntimeError when one of them has ended: the process is then not what it promises to be."""
        ended = [task.get_name() for task in self._tasks if task.done()]
        if ended:
            raise RuntimeError(f"ended: {', '.join(ended)}")

    async def stop(self) -> None:
        """Let each finish its batch, then end them; what was not committed is done again after the next start."""
        for stopping in [one.stopping for one in self.runners] + [one.stopping for one in self.due] + [one.stopping for one in self.others]:
            stopping.set()
        named = {runner.consumer.name for runner in self.runners} | {"due"} | {runner.name for runner in self.others}
        await end([task for task in self._tasks if task.get_name() in named], grace=_GRACE)
        await end(self._tasks)


def _tell_the_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (failure := task.exception()) is not None:
        _log.critical("worker_ended", worker=task.get_name(), exc_info=failure)
