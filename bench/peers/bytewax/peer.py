"""The peer bytewax: `python peer.py BROKER TOPIC GROUP DSN BATCH`."""

import sys

import psycopg
from bytewax import operators as op
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.inputs import StatefulSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.run import cli_main
from event_table import Row, keep, marks, row

BROKER, TOPIC, GROUP, DSN, BATCH = *sys.argv[1:5], int(sys.argv[5])
_TUNED = {"group.id": GROUP, "enable.auto.commit": "false", "enable.metrics.push": "false", "fetch.queue.backoff.ms": "5"}
Message = KafkaSourceMessage[bytes, bytes]


class Topic(KafkaSource):
    """bytewax's own connector; a partition begins where the table ends, so the database is the recovery store and bytewax needs none."""

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> StatefulSourcePartition[Message, int]:
        """The offset to begin with is the position the table has; `for_part` is `<number>-<topic>`."""
        with psycopg.connect(DSN) as connection:
            done = marks(connection)[int(for_part.partition("-")[0])]
        return super().build_part(step_id, for_part, done if resume_state is None else resume_state)


class Batches(StatelessSinkPartition[Row]):
    """Gathers a batch and commits it; what it holds when it is killed is fetched again, as the table does not have it."""

    def __init__(self) -> None:
        self._connection = psycopg.connect(DSN, autocommit=True)
        self._rows: list[Row] = []

    def write_batch(self, items: list[Row]) -> None:
        """Commit when enough have come."""
        self._rows += items
        if len(self._rows) >= BATCH:
            self.close()

    def close(self) -> None:
        """At the end of the topic comes what is less than a batch."""
        keep(self._connection, self._rows)
        self._rows = []


class Table(DynamicSink[Row]):
    """The table."""

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Batches:
        """One for each worker."""
        del step_id, worker_index, worker_count
        return Batches()


def rows(messages: list[Message]) -> list[Row]:
    """Decode a batch: `flat_map_batch` spares a call from Rust for each record."""
    return [row(m.partition, m.offset, m.value, m.headers) for m in messages]


flow = Dataflow("events")
source = Topic([BROKER], [TOPIC], tail=False, batch_size=500, add_config=_TUNED)
op.output("table", op.flat_map_batch("decode", op.input("topic", flow, source), rows), Table())
cli_main(flow)
