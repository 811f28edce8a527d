"""The peer quixstreams: `python peer.py BROKER TOPIC GROUP DSN BATCH`."""

import sys
from typing import Any

import psycopg
from event_table import Row, keep, row
from quixstreams import Application
from quixstreams.sinks.base import BaseSink

BROKER, TOPIC, GROUP, DSN, BATCH = *sys.argv[1:5], int(sys.argv[5])


class Table(BaseSink):
    """Gathers what comes between two checkpoints and commits it for all partitions at once (`BatchingSink` would, for each apart)."""

    def __init__(self) -> None:
        super().__init__()
        self._connection = psycopg.connect(DSN, autocommit=True)
        self._rows: list[Row] = []

    def add(self, value: bytes, key: Any, timestamp: int, headers: Any, topic: str, partition: int, offset: int) -> None:
        """Decode."""
        del key, timestamp, topic
        self._rows.append(row(partition, offset, value, headers))

    def flush(self) -> None:
        """A checkpoint: its offsets are committed to Kafka after this returned, so a kill in between brings the batch again."""
        if self._rows:
            keep(self._connection, self._rows)
        self._rows = []

    def on_paused(self) -> None:
        """What was gathered will be read again."""
        self._rows = []


app = Application(
    broker_address=BROKER,
    consumer_group=GROUP,
    auto_offset_reset="earliest",
    commit_every=BATCH,
    commit_interval=1.0,
    auto_create_topics=False,
    use_changelog_topics=False,
    loglevel="WARNING",
    consumer_extra_config={"enable.metrics.push": False, "fetch.queue.backoff.ms": 5, "session.timeout.ms": 6000},
)
app.dataframe(app.topic(TOPIC, value_deserializer="bytes", key_deserializer="bytes")).sink(Table())
app.run()
