"""A service as a process runs it: its HTTP app, its consumers, its due times."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import FastAPI

from arena.chassis.bus.consumer import Consumer
from arena.chassis.bus.due import DueHandler
from arena.chassis.db.unit_of_work import Units


class Working(Protocol):
    """What has work to do beside HTTP: a service, or something that has no routes at all."""

    @property
    def units(self) -> Units | None:
        """Units of work over its schema; without them it has nothing to do."""

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """Events in."""

    @property
    def due(self) -> Mapping[str, DueHandler]:
        """Due times by kind."""


@dataclass(frozen=True, slots=True)
class Service:
    """What a service's `app.assemble` constructs; the embedded process runs all parts, a cluster one part a Deployment."""

    name: str
    app: FastAPI
    units: Units | None = None
    consumers: tuple[Consumer, ...] = ()
    due: Mapping[str, DueHandler] = field(default_factory=dict)
    check: Callable[[], Awaitable[None]] | None = None
    """Called before its consumers start; raises where they would do harm."""
    closing: Callable[[], None] = lambda: None
    """Called when the process begins to stop, before it waits for open connections."""
