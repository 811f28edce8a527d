"""The routes by which administrators look after a service's dead letters: the same for every service that consumes."""

import json
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Depends, Path, Request
from pydantic import BaseModel, Field, JsonValue

from arena.chassis.bus import dead_letters, parking
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.consumer import Consumer
from arena.chassis.core.errors import NotFound
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Principal, require_role
from arena.chassis.http.door import ReadUnitOfWork
from arena.chassis.http.fields import Body, Name
from arena.chassis.http.route import Router

Administrator = Annotated[Principal, Depends(require_role("admin"))]
ConsumerName = Annotated[str, Path(max_length=100, description="Who could not apply it, such as scoring.ledger.")]
Key = Annotated[str, Path(max_length=200, description="The parked key.")]


class DeadLetterOut(BaseModel):
    """A parked key: the event that failed, why, and how many wait behind it."""

    consumer: str
    log: str
    partition: int
    position: int
    key: str
    type: str
    reason: str
    attempts: int
    parked_at: datetime
    waiting: int


class DeadLettersOut(BaseModel):
    """All that is parked."""

    items: list[DeadLetterOut]


class ParkedEventOut(BaseModel):
    """An event of a parked key, as it lies in the log."""

    partition: int
    position: int
    at: datetime
    type: str
    payload: JsonValue

    @classmethod
    def of(cls, record: RawRecord) -> Self:
        """With its payload as JSON, or as it is where it is none."""
        try:
            payload: Any = json.loads(record.payload)
        except ValueError:
            payload = str(record.payload)
        return cls(partition=record.partition, position=record.position, at=record.at, type=record.type, payload=payload)


class ParkedEventsOut(BaseModel):
    """The events of a parked key in order: the first failed, the others wait."""

    items: list[ParkedEventOut]


class ActOut(BaseModel):
    """What became of an event; `done_by` is an administrator's id, or the name of whoever used the console, or nobody's."""

    at: datetime
    act: parking.Act
    consumer: str
    log: str
    partition: int
    position: int
    key: str
    type: str
    attempts: int
    why: str | None
    done_by: str | None


class ActsOut(BaseModel):
    """The newest acts first."""

    items: list[ActOut]


class DiscardIn(Body):
    """Which event is given up, and why; the reason is kept, and shown to whoever looks."""

    reason: Name
    position: Annotated[int, Field(gt=0, description="Of the event that is meant: the first of those that are parked.")]


class ReplayedOut(BaseModel):
    """How many events were applied, how many are still parked, and why the first of those failed."""

    applied: int
    parked: int
    failure: str | None


class NotParked(NotFound):
    """There is nothing of this key to look after."""

    slug = "not-parked"


async def _units(request: Request) -> Units:
    units: Units = request.app.state.units
    return units


async def _consumer(request: Request, consumer: ConsumerName) -> Consumer:
    known: Consumer | None = next((one for one in request.app.state.consumers if one.name == consumer), None)
    if known is None:
        raise NotParked(f"There is no consumer {consumer} here.")
    return known


OfService = Annotated[Units, Depends(_units)]
Consuming = Annotated[Consumer, Depends(_consumer)]


def dead_letter_routes(prefix: str) -> Router:
    """The routes below a service's prefix; `app.state.consumers` are its consumers."""
    router = Router(prefix, tags=["dead letters"])
    of_key = "/dead-letters/{consumer}/{key}"
    router.get("/dead-letters", summary="What could not be applied (admin)")(dead_letters_listed)
    router.get("/dead-letters/acts", summary="What became of dead letters (admin)")(dead_letter_acts)
    router.get(of_key, summary="The events of a parked key (admin)")(dead_letter_shown)
    router.post(f"{of_key}/replay", summary="Apply a parked key's events again (admin)")(dead_letter_replayed)
    router.post(f"{of_key}/discard", summary="Give the failed event of a parked key up (admin)")(dead_letter_discarded)
    return router


async def dead_letters_listed(_: Administrator, uow: ReadUnitOfWork) -> DeadLettersOut:
    """One line a parked key; everything else goes on."""
    logs = uow.catalogue.logs
    return DeadLettersOut(items=[DeadLetterOut(log=logs[row.pop("topic")].name, **row) for row in await parking.listing(uow)])


async def dead_letter_acts(_: Administrator, uow: ReadUnitOfWork) -> ActsOut:
    """Parked, failed again, replayed, discarded: when, by whom, why."""
    logs = uow.catalogue.logs
    return ActsOut(items=[ActOut(log=logs[row.pop("topic")].name, **row) for row in await parking.acts(uow)])


async def dead_letter_shown(_: Administrator, key: Key, consumer: Consuming, units: OfService) -> ParkedEventsOut:
    """The first failed, the others wait behind it."""
    records = await dead_letters.waiting(units, consumer, key)
    if not records:
        raise NotParked(f"{consumer.name} has nothing parked for {key}.")
    return ParkedEventsOut(items=[ParkedEventOut.of(record) for record in records])


async def dead_letter_replayed(admin: Administrator, key: Key, consumer: Consuming, units: OfService) -> ReplayedOut:
    """In order; the first that fails again stays, with those behind it. Each that is applied is applied for good."""
    await dead_letter_shown(admin, key, consumer, units)
    return ReplayedOut(**(await dead_letters.replay(units, consumer, key, by=str(admin.user_id)))._asdict())


async def dead_letter_discarded(admin: Administrator, key: Key, consumer: Consuming, body: DiscardIn, units: OfService) -> ReplayedOut:
    """Then those that waited behind it are applied."""
    done = await dead_letters.discard(units, consumer, key, body.position, by=str(admin.user_id), why=body.reason)
    if done is None:
        raise NotParked(f"{consumer.name} has nothing parked for {key}.")
    return ReplayedOut(**done._asdict())
