"""A real Kafka of one node on this machine: it starts in 2 seconds and can be killed, halted and started again on its data."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from tests.broker import leash
from tests.broker.secured import Secured
from tools import kafka

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
# One node: Kafka's own topics ask for three, and would never come up.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# A broker that was killed may come back at once; groups notice at once who comes, and after seconds who is gone.
broker.heartbeat.interval.ms=200
broker.session.timeout.ms=1500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.heartbeat.interval.ms=200
group.consumer.heartbeat.interval.ms=500
group.consumer.min.session.timeout.ms=3000
group.consumer.session.timeout.ms=6000
group.consumer.assignment.interval.ms=0
log.retention.check.interval.ms=1000
log.initial.task.delay.ms=0
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=16777216
"""

START = 60.0
"""Seconds after which a start has failed; it takes 2 on an idle machine."""

DEADLINE = 30.0


class BrokerFailed(Exception):
    """Kafka did not do what it was told; the message holds the end of its log."""


@dataclass(slots=True)
class Broker:
    """A broker in a folder of its own, on free ports that it keeps when it is started again; `host` is where others find it.

    `secured` opens listeners with TLS and SASL beside the plain one; `settings` go into server.properties as they are.
    """

    folder: Path
    secured: Secured | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    host: str = "localhost"
    ports: dict[str, int] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = field(default=None)
    _admin: AdminClient | None = field(default=None)

    @property
    def bootstrap(self) -> str:
        """The address without encryption and without a password."""
        return self.address("PLAINTEXT")

    def address(self, listener: str) -> str:
        """The address of a listener: PLAINTEXT, or one of `secured`."""
        return f"{self.host}:{self.ports[listener]}"

    @property
    def log(self) -> str:
        """What the broker has said."""
        return (self.folder / "broker.log").read_text("utf-8", "replace")

    @property
    def pid(self) -> int:
        """Of the running broker."""
        if self._process is None:
            raise BrokerFailed("the broker does not run")
        return self._process.pid

    def start(self) -> None:
        """Start, on the data of before if there is some, and return when it serves."""
        kafka.build()
        if not (self.folder / "data").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.copytree(kafka.formatted(), self.folder / "data")
        if not self.ports:
            names = ("PLAINTEXT", "CONTROLLER", *(self.secured.listeners if self.secured else ()))
            self.ports = dict(zip(names, kafka.free_ports(len(names)), strict=True))
        (self.folder / "server.properties").write_text(self._properties(), "utf-8")
        here = f"-Djava.io.tmpdir={self.folder}"  # a killed broker leaves its unpacked libraries, and nobody empties /tmp
        with (self.folder / "broker.log").open("wb") as log:
            self._process = leash.start(kafka.java_command(here, "kafka.Kafka", str(self.folder / "server.properties")), log)
        self._await_start(self._process)

    @contextmanager
    def running(self) -> Iterator["Broker"]:
        """Started for as long as this is open."""
        try:
            self.start()
            yield self
        finally:
            self.kill()

    def stop(self) -> None:
        """Stop in order; nothing if it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Take it away with kill -9."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start again on the same data and ports."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Halt it (SIGSTOP), and return when it has halted: connections stay open and nobody answers."""
        self._signal(signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)

    def resume(self) -> None:
        """Let a halted broker go on."""
        self._signal(signal.SIGCONT)

    def admin(self) -> AdminClient:
        """A client that administers the broker, on the plain listener; always the same, as its answers end with it."""
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self.bootstrap, "enable.metrics.push": False, "log_level": 0})
        return self._admin

    def topics(self) -> list[str]:
        """The topics there are, without Kafka's own."""
        return sorted(name for name in self.admin().list_topics(timeout=DEADLINE).topics if not name.startswith("__"))

    def create(self, name: str, partitions: int = 1, settings: Mapping[str, str] | None = None) -> None:
        """Make a topic, and return when the broker knows it: the controller's yes comes a moment earlier."""
        self.admin().create_topics([NewTopic(name, partitions, 1, config=dict(settings or {}))])[name].result(DEADLINE)
        deadline = time.monotonic() + DEADLINE
        while name not in self.topics():
            if time.monotonic() > deadline:
                raise BrokerFailed(f"topic {name} did not appear")
            time.sleep(0.02)

    def clear(self) -> None:
        """Delete every topic, and return when they are gone."""
        deadline = time.monotonic() + DEADLINE
        while names := self.topics():
            for name, gone in self.admin().delete_topics(names, operation_timeout=DEADLINE).items():
                try:
                    gone.result(DEADLINE)
                except KafkaException as wrong:  # it may be gone, and not known to be
                    if time.monotonic() > deadline:
                        raise BrokerFailed(f"topic {name} cannot be deleted: {wrong}") from wrong

    def _properties(self) -> str:
        lines = _PROPERTIES.format(host=self.host, controller=self.ports["CONTROLLER"], data=self.folder / "data")
        protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"} | (dict(self.secured.listeners) if self.secured else {})
        listeners = ",".join(f"{name}://{self.host}:{port}" for name, port in self.ports.items())
        more = {
            "listeners": listeners,
            "advertised.listeners": ",".join(one for one in listeners.split(",") if not one.startswith("CONTROLLER")),
            "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
        }
        more |= (self.secured.properties() if self.secured else {}) | dict(self.settings)
        return lines + "".join(f"{name}={value}\n" for name, value in more.items())

    def _await_start(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START
        while "Kafka Server started" not in self.log:
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise BrokerFailed(f"Kafka did not start:\n{self.log[-4000:]}")
            time.sleep(0.05)
        if self.secured:
            self.secured.introduce(self.admin())

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._signal(signal.SIGCONT)
        self._signal(number)
        try:
            self._process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        leash.let_go(self._process)
        self._process = None
