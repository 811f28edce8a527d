"""A log of the chassis' own example, a topic of a test's own, and what a reader of the topic sees."""

import asyncio
import secrets
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import psycopg
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from confluent_kafka.admin import NewTopic, OffsetSpec
from sqlalchemy import text

from arena.chassis.bus import positions
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.kafka.codec import Codec, JsonCodec
from arena.chassis.bus.kafka.connection import reach
from arena.chassis.bus.kafka.lease import CONSUMER
from arena.chassis.bus.kafka.relay import Relay
from arena.chassis.bus.kafka.sending import Route
from arena.chassis.bus.kafka.wire import Foreign, Wire
from arena.chassis.bus.source import LogBus
from arena.chassis.core.settings import load_settings
from arena.chassis.core.settings_kafka import KAFKA_WINDOW
from arena.chassis.core.tasks import end
from arena.chassis.db.database import open_units
from arena.chassis.db.unit_of_work import Units
from arena.chassis.testing.databases import TestDatabase, dsn
from arena.chassis.testing.example import COUNTS, Counted, catalogue
from tests.broker.broker import Broker

LOG = COUNTS.name
DEADLINE = 120.0
_FILL = """
select from log.append(array_fill(1::smallint, array[:n]), (select array_agg((i % 16)::smallint) from generate_series(1, :n) i),
  (select array_agg('k' || i % 16) from generate_series(1, :n) i), array_fill('Counted'::text, array[:n]),
  (select array_agg(format('{"key":"k%s","number":%s}', i % 16, i)) from generate_series(1, :n) i), array_fill(null::text, array[:n]))"""

_LARGE = (
    "select from log.append(array[1::smallint], array[0::smallint], array['large'], array['Counted'], array[:payload], array[null::text])"
)


def reach_broker(bootstrap: str) -> dict[str, Any]:
    """As the product does."""
    return reach(load_settings(bus="kafka", kafka_bootstrap=bootstrap), CONSUMER)


async def until(holds: Callable[[], Awaitable[object] | object], *, seconds: float = DEADLINE) -> None:
    """Wait for a condition; a table and a topic have no event to wait for."""
    deadline = monotonic() + seconds
    while True:
        answer = holds()
        if isinstance(answer, Awaitable):
            answer = await answer
        if answer:
            return
        assert monotonic() < deadline, f"not in {seconds} s"
        await asyncio.sleep(0.05)


@dataclass(slots=True)
class Ground:
    """A database with a log, a broker, and as many relays as a test wants."""

    database: TestDatabase
    broker: Broker
    topic: str
    writer: Units
    units: Units
    bell: Bell
    partitions: int = 16
    tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    processes: list["subprocess.Popen[str]"] = field(default_factory=list)

    async def emit(self, number: int) -> None:
        """Append so many events, of seven keys."""
        async with self.writer.begin() as uow:
            for one in range(number):
                uow.emit(Counted(f"k{one % 7}", one))

    async def emit_large(self, size: int) -> None:
        """Append an event of about so many bytes, which cannot be compressed, to partition 0."""
        async with self.writer.engine.begin() as connection:
            await connection.execute(text(_LARGE), {"payload": f'{{"key":"large","number":1,"more":"{secrets.token_hex(size // 2)}"}}'})
        self.bell.ring(frozenset({COUNTS.number}))

    async def fill(self, number: int) -> None:
        """Append many, quickly, to all partitions."""
        async with self.writer.engine.begin() as connection:
            await connection.execute(text(_FILL), {"n": number})
        self.bell.ring(frozenset({COUNTS.number}))

    def relay(
        self, *, bootstrap: str | None = None, window: int = KAFKA_WINDOW, codec: Codec | None = None, units: Units | None = None
    ) -> Relay:
        """One more relay of the log."""
        route = Route(reach_broker(bootstrap or self.broker.bootstrap), LOG, self.topic, self.partitions, codec or JsonCodec(), window)
        source = LogBus(self.bell).source((units or self.units).engine, COUNTS, None)
        return Relay(units or self.units, COUNTS.number, source, route, uuid4())

    def start(self, relay: Relay) -> Relay:
        """Run it in the background."""
        self.tasks[id(relay)] = asyncio.create_task(relay.run())
        return relay

    def start_process(self) -> "subprocess.Popen[str]":
        """A relay as a process of its own; it ends with the ground."""
        words = [self.database.url("relay").render_as_string(hide_password=False), self.broker.bootstrap, self.topic]
        command = [sys.executable, "-m", "tests.integration.kafka.relay_process", *words]
        made = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.processes.append(made)
        return made

    async def holder(self) -> UUID | None:
        """Whose lease it is."""
        async with self.units.begin(read_only=True) as uow:
            found: UUID | None = await uow.connection.scalar(text("select holder from lease where until > clock_timestamp()"))
            return found

    async def is_held_by_another_than(self, one: UUID | None) -> bool:
        """Whether somebody else has it."""
        return await self.holder() not in {one, None}

    async def terms(self) -> int:
        """How often a relay took the lease."""
        async with self.units.begin(read_only=True) as uow:
            found: int = await uow.connection.scalar(text("select token from lease"))
            return found

    async def has_begun(self, term: int) -> bool:
        """Whether there were so many, the last of which may not be over."""
        return await self.terms() >= term

    async def run_out(self) -> None:
        """Let the lease be over, as if its holder had slept."""
        async with self.units.begin() as uow:
            await uow.connection.execute(text("update lease set until = '-infinity'"))

    async def now(self) -> datetime:
        """By the database's clock."""
        async with self.units.begin(read_only=True) as uow:
            return uow.now

    @asynccontextmanager
    async def locked_out(self) -> AsyncIterator[None]:
        """The database ends the relay's connections, and lets none in."""
        role = "arena_relay"
        with psycopg.connect(dsn(self.database.admin), autocommit=True) as server:
            server.execute(f"alter role {role} nologin".encode())
            try:
                server.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [role])
                yield
            finally:
                server.execute(f"alter role {role} login".encode())

    async def stop(self, relay: Relay) -> None:
        """Tell it to stop, and wait until it has."""
        relay.stopping.set()
        await self.tasks.pop(id(relay))

    async def heads(self) -> dict[int, int]:
        """Where the log stands."""
        return dict(await LogBus(self.bell).source(self.units.engine, COUNTS, None).heads())

    async def confirmed(self) -> dict[int, int]:
        """What the relay has recorded."""
        async with self.units.begin(read_only=True) as uow:
            return await positions.read(uow, CONSUMER, COUNTS.number, range(16))

    async def some_confirmed(self) -> bool:
        """Whether it has recorded anything."""
        return any((await self.confirmed()).values())

    async def behind(self) -> int:
        """Events that are not recorded as confirmed."""
        return sum((await self.heads()).values()) - sum((await self.confirmed()).values())

    async def caught_up(self) -> None:
        """Wait until Kafka has confirmed all."""

        async def all_confirmed() -> bool:
            return await self.behind() == 0

        await until(all_confirmed)

    async def carried(self, records: int) -> None:
        """Wait until so many are in Kafka, whether or not the relay has recorded that."""
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # the client's types leave this one out
        ends = {TopicPartition(self.topic, number): latest for number in range(self.partitions)}
        asked = self.broker.admin().list_offsets
        await until(lambda: sum(found.result(20).offset for found in asked(ends).values()) == records)

    async def log(self) -> list[RawRecord]:
        """Everything in the log."""
        return list(await LogBus(self.bell).source(self.units.engine, COUNTS, None).read(dict.fromkeys(range(16), 0), 16_000_000))

    def make_topic(self, partitions: int | None = None, **settings: str) -> None:
        """Create it."""
        topic = NewTopic(self.topic, partitions or self.partitions, 1, config={"message.timestamp.type": "LogAppendTime"} | settings)
        self.broker.admin().create_topics([topic])[self.topic].result(20)

    def set_back(self, position: int) -> None:
        """Make log and relay end there in every partition, as a restored database does."""
        with psycopg.connect(dsn(self.database.admin), autocommit=True) as server:
            server.execute("delete from log.event where position > %s", [position])
            server.execute("update log.head set position = least(position, %s)", [position])
            server.execute("update relay.applied set position = least(position, %s)", [position])

    def empty_topic(self) -> None:
        """Delete the topic, and make it anew."""
        self.broker.admin().delete_topics([self.topic])[self.topic].result(20)
        deadline = monotonic() + DEADLINE
        while self.topic in self.broker.topics():
            assert monotonic() < deadline, "the topic is still there"
        self.make_topic()

    async def seen(self, after: int = 0) -> "Seen":
        """What lies in the topic, which begins after that position."""
        return await asyncio.to_thread(seen, self.broker, self.topic, self.partitions, after)


@dataclass(slots=True)
class Seen:
    """A topic as a reader sees it that knows positions: what came first, how often something came again, and what was left out."""

    records: list[RawRecord] = field(default_factory=list)
    omitted: list[tuple[int, int]] = field(default_factory=list)
    again: int = 0
    holes: list[tuple[int, int]] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)


def seen(broker: Broker, topic: str, partitions: int, after: int = 0) -> Seen:
    """Read a topic from its beginning to its end."""
    config = {"bootstrap.servers": broker.bootstrap, "group.id": "seen", "enable.metrics.push": False, "enable.auto.commit": False}
    reader, wire, answer = Consumer(config), Wire(LOG, partitions), Seen()
    last: defaultdict[int, int] = defaultdict(lambda: after)
    try:
        ends = {number: reader.get_watermark_offsets(TopicPartition(topic, number), timeout=20)[1] for number in range(partitions)}
        reader.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)])
        while len(answer.messages) < sum(ends.values()):
            answer.messages += reader.consume(500, timeout=1)
    finally:
        reader.close()
    for message in answer.messages:
        assert message.error() is None, message.error()
        place = wire.place(message.headers(), message.partition())
        assert not isinstance(place, Foreign), place
        if place[1] <= last[place[0]]:
            answer.again += 1
            continue
        if place[1] != last[place[0]] + 1:
            answer.holes.append(place)
        last[place[0]] = place[1]
        if message.value() is None:
            answer.omitted.append(place)
        else:
            record = wire.record(place, message.key(), message.value(), message.headers())
            assert isinstance(record, RawRecord)
            answer.records.append(record._replace(payload=bytes(record.payload).decode(errors="replace")))  # type: ignore[arg-type]  # a value is bytes
    return answer


@asynccontextmanager
async def ground_over(database: TestDatabase, broker: Broker, *, partitions: int = 16, topic: bool = True) -> AsyncIterator[Ground]:
    """The ground of a test; its relays end with it."""
    bell = Bell(dsn(database.url("relay")))
    writer = open_units(database.url("writer"), catalogue(), pool_size=4)
    units = open_units(database.url("relay"), catalogue(), pool_size=6)
    writer.on_append = bell.ring
    made = Ground(database, broker, f"test.{uuid4().hex}", writer, units, bell, partitions)
    if topic:
        made.make_topic()
    ringing = asyncio.create_task(bell.run())
    try:
        yield made
    finally:
        for process in made.processes:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        await end([*made.tasks.values(), ringing])
        await writer.engine.dispose()
        await units.engine.dispose()
