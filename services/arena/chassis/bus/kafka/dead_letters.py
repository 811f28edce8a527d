"""Tells Kafka what became of dead letters: each line of a service's `dead_letter` as one record, at least once.

The lines wait in the database, in the transaction of what they tell of; whoever works for the service sends them and marks what Kafka has
confirmed. So a broker that is away holds nothing up, and several workers share the lines.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from confluent_kafka import KafkaException, Producer
from sqlalchemy import Row, text

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.kafka.apart import NoAnswer, apart
from arena.chassis.bus.kafka.connection import RAISED, error_of, sentence
from arena.chassis.bus.kafka.sending import TOO_LARGE
from arena.chassis.bus.kafka.wire import OMITTED, Message, Wire, stamp, topic_of
from arena.chassis.bus.source import EventSource
from arena.chassis.core.settings_kafka import KAFKA_PREFIX
from arena.chassis.core.tasks import unless
from arena.chassis.core.telemetry import counter, gauge
from arena.chassis.db.provision import LogDefinition
from arena.chassis.db.trouble import PASSING
from arena.chassis.db.unit_of_work import UnitOfWork, Units

_log = structlog.get_logger(__name__)
DEAD_LETTERS: Final = "dead-letters"
GONE: Final = "not-in-the-log"
_SETTINGS: Final[Mapping[str, Any]] = {"acks": "all", "enable.idempotence": True, "message.timeout.ms": 8000, "linger.ms": 5}
_PATIENCE: Final = 10.0
"""Seconds for Kafka's confirmation: the rows are held meanwhile, and the server ends who holds them for a minute."""
_AT_ONCE: Final = 50
_TAKE: Final = (
    "select id, at, act, consumer, topic, partition, position, key, type, attempts, why, done_by from dead_letter "
    "where mirrored_at is null order by at limit :most for update skip locked"
)
_WAITING: Final = "select count(*) from dead_letter where mirrored_at is null"
_MARK: Final = "update dead_letter set mirrored_at = clock_timestamp() where id = any(:ids)"

SourceOf = Callable[[LogDefinition], EventSource]


class NotConfirmed(Exception):
    """Kafka did not take the records; the message says why."""


@dataclass(slots=True)
class Mirror:
    """Sends the lines of one service.

    Args:
        service: whose they are.
        units: of the service.
        config: how a client reaches Kafka, in librdkafka's words.
        source_of: reads the original record of an event from its log.
        prefix: of the names of this installation in Kafka.
    """

    service: str
    units: Units
    config: Mapping[str, Any]
    source_of: SourceOf
    prefix: str = KAFKA_PREFIX
    poll: float = 2.0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        """Of its task."""
        return f"{self.service}.{DEAD_LETTERS}"

    async def run(self) -> None:
        """Send until told to stop; trouble pauses, with backoff."""
        pause = 1.0
        while not self.stopping.is_set():
            try:
                sent = await self.step()
                await self.tell_waiting()
                if not sent:
                    await unless(self.stopping, asyncio.sleep(self.poll))
                pause = 1.0
            except (NotConfirmed, NoAnswer, *PASSING) as trouble:
                _log.warning("dead_letters_paused", service=self.service, seconds=pause, error=str(trouble).splitlines()[0])
                with suppress(*PASSING):
                    await self.tell_waiting()
                await unless(self.stopping, asyncio.sleep(random.uniform(pause / 2, pause)))  # noqa: S311 - jitter, not a secret
                pause = min(pause * 2, 30.0)

    async def step(self) -> int:
        """Send what waits, at most a batch; answers how many lines.

        Raises:
            NotConfirmed: they are sent again.
        """
        async with self.units.begin() as uow:
            rows = (await uow.connection.execute(text(_TAKE), {"most": _AT_ONCE})).all()
            if rows:
                messages = [await self._message(uow, row) for row in rows]
                await apart(_deliver, self.config, topic_of(DEAD_LETTERS, self.prefix), messages)
                await uow.connection.execute(text(_MARK), {"ids": [row.id for row in rows]})
        if rows:
            counter("arena.dead_letters.sent").add(len(rows), {"service": self.service})
        return len(rows)

    async def tell_waiting(self) -> None:
        """Say how many lines Kafka has not confirmed."""
        async with self.units.begin(read_only=True) as uow:
            waiting = await uow.connection.scalar(text(_WAITING))
        gauge("arena.dead_letters.waiting").set(waiting or 0, {"service": self.service})

    async def _message(self, uow: UnitOfWork, row: Row[Any]) -> Message:
        """The event as it lies in its log, and on top what became of it."""
        log = uow.catalogue.logs[row.topic]
        found = [
            record for record in await self.source_of(log).read({row.partition: row.position - 1}, 1) if record.position == row.position
        ]
        lost = RawRecord(row.partition, row.position, row.at, row.key, row.type, "", None)
        record = found[0] if found else lost
        payload = record.payload.encode() if isinstance(record.payload, str) else record.payload
        message = Wire(log.name, 1, self.prefix).message(record, payload if found else None, omitted=None if found else GONE)
        told = {
            "dl_act": row.act,
            "dl_id": f"{self.service}/{row.id}",
            "dl_at": stamp(row.at).decode(),
            "dl_consumer": row.consumer,
            "dl_attempts": str(row.attempts),
            "dl_why": row.why,
            "dl_by": row.done_by,
        }
        message.headers.extend((name, value.encode()) for name, value in told.items() if value is not None)
        return message


def _deliver(config: Mapping[str, Any], topic: str, messages: Sequence[Message]) -> None:
    """Send and wait for the confirmations; blocks. A producer lives for a batch: dead letters are rare, and nothing is left half-sent.

    Raises:
        NotConfirmed: not all were taken.
    """
    failures: list[Any] = []
    producer = Producer({**config, **_SETTINGS, "on_delivery": lambda error, _: failures.append(error) if error else None})
    try:
        for message in messages:
            _produce(producer, topic, message)
        left = producer.flush(_PATIENCE)
    except RAISED as refused:
        raise NotConfirmed(sentence(error_of(refused))) from refused
    finally:
        producer.purge()
    if failures:
        raise NotConfirmed(sentence(failures[0]))
    if left:
        raise NotConfirmed(f"{left} records were not confirmed in {_PATIENCE:.0f} s.")


def _produce(producer: Producer, topic: str, message: Message) -> None:
    """What is too large for Kafka goes without its value: its place says where it lies."""
    try:
        producer.produce(topic, message.value, message.key, headers=message.headers)
    except KafkaException as refused:
        if refused.args[0].name() != "MSG_SIZE_TOO_LARGE":
            raise
        producer.produce(topic, None, message.key, headers=[*message.headers, (OMITTED, TOO_LARGE.encode())])
