"""The peer faust-streaming: `python peer.py BROKER TOPIC GROUP DSN BATCH`."""

import asyncio
import sys
import tempfile
from typing import Any

import faust
import psycopg
from event_table import keep, row

BROKER, TOPIC, GROUP, DSN, BATCH = *sys.argv[1:5], int(sys.argv[5])
sys.argv[1:] = ["worker", "--without-web", "--loglevel", "warn"]
_connection = psycopg.connect(DSN, autocommit=True)

app = faust.App(
    GROUP,
    broker=f"kafka://{BROKER}",
    store="memory://",
    datadir=tempfile.mkdtemp(),
    topic_disable_leader=True,
    topic_partitions=16,
    consumer_auto_offset_reset="earliest",
    broker_max_poll_records=BATCH,
    stream_buffer_maxsize=4 * BATCH,
    stream_wait_empty=False,
    broker_commit_every=BATCH,
    broker_session_timeout=6.0,
    broker_heartbeat_interval=2.0,
)


@app.agent(app.topic(TOPIC, value_serializer="raw", key_serializer="raw", partitions=16))
async def table(stream: Any) -> None:
    """Take a batch, decode it, commit it in a thread while the next one gathers; acknowledged after that, so a kill brings it again."""
    async for events in stream.take_events(BATCH, within=0.2):
        rows = [row(e.message.partition, e.message.offset, e.value, e.message.headers) for e in events]
        await asyncio.to_thread(keep, _connection, rows)


app.main()
