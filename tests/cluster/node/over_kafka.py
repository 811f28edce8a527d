"""The external profile over a Kafka that runs beside the cluster, with people in two battles."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from tests.broker.broker import Broker
from tests.chaos.carrying import carried
from tests.cluster.node.crowd import Crowd, begin_battle
from tests.cluster.node.database import SETTINGS, Database
from tests.cluster.node.figures import keep_figures
from tests.cluster.node.release import Release

HEADS = "select topic, partition, position from log.head where position > 0"
HELD = "select topic, holder from relay.lease where until > clock_timestamp()"
OLD_MONTHS = "old-months"
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": OLD_MONTHS},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},  # there is one node
}


@dataclass(frozen=True, slots=True)
class OverKafka:
    """An installation whose events go over Kafka; one battle of its people is long, the other a minute, which is the shortest."""

    arena: Release
    database: Database
    broker: Broker
    crowd: Crowd
    short: str

    @classmethod
    def install(cls, arena: Release, broker: Broker, image: str) -> "OverKafka":
        """As the guides say; returns when the topics are made, and the battles run."""
        database = Database.begin(arena, image)
        arena.node.cluster.apply(CLAIM, namespace=arena.namespace)
        kafka = ("--set=kafka.enabled=true", f"--set=kafka.bootstrap={broker.bootstrap}")
        archive = (f"--set=archive.claim={OLD_MONTHS}", "--set=archive.retention=100d")
        seconds = arena.install("arena", "arena", "--set=registration=open", *SETTINGS, *kafka, *archive)
        keep_figures(over_kafka_seconds={"installed": round(seconds, 1)})
        arena.kubectl("wait", "--for=condition=Complete", "--timeout=60s", "job", "-lapp.kubernetes.io/component=topics")
        arena.wait_answering()

        async def gather() -> OverKafka:
            crowd = await Crowd.gather(arena)
            return cls(arena, database, broker, crowd, await begin_battle(crowd.url, crowd.writers, timedelta(minutes=1)))

        return asyncio.run(gather())

    def outlive(self, name: str, fault: Callable[[], None]) -> float:
        """Log before, during and after a fault; answers the seconds after which every promise was seen to be kept, and keeps the figure."""
        seconds = asyncio.run(self.crowd.outlive(fault))
        keep_figures(over_kafka_seconds={name: round(seconds, 1)})
        return seconds

    def until_kafka_has_the_log(self) -> None:
        """Wait until the topics have each position of the log, none before the ones that come before it."""
        until = time.monotonic() + 30
        while (found := self._in_kafka()) != (heads := self._heads()):
            assert time.monotonic() < until, f"Kafka has {found}, the log {heads}"

    def holders(self) -> dict[int, Any]:
        """Who carries each log."""
        return dict(self.database.ask(HELD))

    def promised(self) -> Counter[str]:
        """How much was promised to each writer."""
        return Counter({writer.name: len(writer.promised) for writer in self.crowd.writers})

    def until_promised(self, more: int) -> None:
        """Wait until each writer was promised so much more."""
        wanted = {name: count + more for name, count in self.promised().items()}

        def were() -> bool:
            promised = self.promised()
            return all(promised[name] >= count for name, count in wanted.items())

        self.arena.node.cluster.eventually(were, "nothing is promised")

    def metric(self, component: str, name: str) -> float:
        """The sum of a metric over the pods of a component."""
        total = 0.0
        for pod in self.arena.pods(component):
            said = httpx.get(f"http://{pod['status']['podIP']}:8001/metrics", trust_env=False).text
            total += sum(float(line.split()[-1]) for line in said.splitlines() if line.startswith(name))
        return total

    def _in_kafka(self) -> dict[tuple[int, int], int]:
        """Up to where Kafka has each partition of the log, without a hole."""
        found: dict[tuple[int, int], int] = {}
        for place, positions in carried(self.broker).items():
            for position in positions:
                found[place] = max(found.get(place, 0), position) if position <= found.get(place, 0) + 1 else -1
        return found

    def _heads(self) -> dict[tuple[int, int], int]:
        return {(topic, partition): position for topic, partition, position in self.database.ask(HEADS)}
