"""Kafka under fire: a broker behind a connection that can be cut, and what it has in the end."""

import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from confluent_kafka import Consumer, TopicPartition

from arena.contracts.registry import LOGS
from tests.broker.broker import Broker
from tests.chaos.history import Place
from tests.chaos.proxy import Proxy
from tests.integration.split.conftest import free_port

QUIET = {"enable.metrics.push": False, "log_level": 0}
AT_ONCE = 1000
LOOK = 0.2
PATIENCE = 30.0
NUMBERS = {log.name: log.number for log in LOGS}
TOPICS = [f"habitarena.{name}" for name in NUMBERS]


@dataclass(slots=True)
class Carrier:
    """A broker that everybody reaches through one proxy, the broker's own address for others being the proxy's."""

    broker: Broker
    proxy: Proxy

    @classmethod
    async def start(cls, folder: Path) -> "Carrier":
        """Both, ready."""
        ports = {"PLAINTEXT": free_port(), "CONTROLLER": free_port()}
        proxy = Proxy(ports["PLAINTEXT"])
        await proxy.start()
        advertised = {"advertised.listeners": f"PLAINTEXT://localhost:{proxy.listening_on}"}
        made = cls(Broker(folder, settings=advertised, ports=ports), proxy)
        made.begin()
        return made

    @property
    def env(self) -> Mapping[str, str]:
        """What tells a process of it."""
        return {"ARENA_BUS": "kafka", "ARENA_KAFKA_BOOTSTRAP": f"localhost:{self.proxy.listening_on}"}

    @property
    def running(self) -> "subprocess.Popen[bytes] | None":
        """The broker's process."""
        return self.broker._process

    def begin(self) -> None:
        """Start the broker, on its data if there is some; blocks until it serves."""
        self.broker.start()

    def kill(self) -> None:
        """Kill -9."""
        self.broker.kill()

    def carried(self) -> dict[Place, list[int]]:
        """See `carried`."""
        return carried(self.broker)


def carried(broker: Broker) -> dict[Place, list[int]]:
    """The positions that the topics have, in the order in which Kafka has them; blocks."""
    reader = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "chaos", "enable.auto.commit": False, **QUIET})
    found: dict[Place, list[int]] = {}
    try:
        topics = reader.list_topics(timeout=PATIENCE).topics
        ours = [TopicPartition(name, number, 0) for name in TOPICS for number in topics[name].partitions]
        until = {(one.topic, one.partition): reader.get_watermark_offsets(one, timeout=PATIENCE)[1] for one in ours}
        left = {where: offset for where, offset in until.items() if offset}
        reader.assign([one for one in ours if (one.topic, one.partition) in left])
        deadline = time.monotonic() + PATIENCE
        while left:
            messages = reader.consume(AT_ONCE, timeout=LOOK)  # it waits for all of them, or so long
            assert messages or time.monotonic() < deadline, f"Kafka does not bring {left}"
            for message in messages:
                assert message.error() is None, message.error()
                log, partition, position = _place(dict(message.headers() or []))
                found.setdefault((NUMBERS[log], partition), []).append(position)
                where = (str(message.topic()), int(message.partition() or 0))
                if int(message.offset() or 0) + 1 >= until[where]:
                    left.pop(where, None)
    finally:
        reader.close()
    return found


def _place(headers: Mapping[str, object]) -> tuple[str, int, int]:
    found = headers["ce_id"]
    assert isinstance(found, bytes)
    log, partition, position = found.decode().split("/")
    return log, int(partition), int(position)


def confirmed(login: Mapping[str, object]) -> dict[Place, int]:
    """Up to where the relay has recorded each partition as carried."""
    with psycopg.connect(**login) as database:  # type: ignore[arg-type]  # of mixed types
        rows = database.execute("select topic, partition, position from relay.applied where consumer = 'relay'").fetchall()
    return {(topic, partition): position for topic, partition, position in rows if position}


def is_behind(login: Mapping[str, object]) -> bool:
    """Whether something of a log is not recorded as carried, or nobody can be asked."""
    with suppress(psycopg.Error), psycopg.connect(**login) as database:  # type: ignore[arg-type]  # of mixed types
        heads = database.execute("select topic, partition, position from log.head where position > 0").fetchall()
        done = confirmed(login)
        return any(done.get((topic, partition), 0) < position for topic, partition, position in heads)
    return True
