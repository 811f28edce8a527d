"""From Kafka into a table, every event once: our runner, what nobody can do without, and the peers; same broker, records, table and batch.

`python -m bench.event_store SIDE:BATCH …` runs single sides, to tune them: runner, bound or a peer.
"""

import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil
import psycopg

from arena.chassis.bus.catalogue import Catalogue, RawRecord
from arena.chassis.bus.kafka.wire import topic_of
from arena.chassis.core.settings import Settings
from arena.chassis.db.provision import PARTITIONS
from arena.contracts.registry import LEDGER, LOGS, partition_of
from arena.embedded.database import Database
from arena.embedded.platform import SCHEMAS
from bench import peer_projects
from bench.figures import Figure, at_most, paired_ratio, times_the_bound
from bench.installation import throw_away_folder
from bench.kafka_topics import broker, carry, make_topic
from bench.ledger_world import facts, people
from bench.peers.event_table import COPY, TABLE

EVENTS, EVENTS_SHORT = 600_000, 150_000
ROUNDS, ROUNDS_SHORT = 5, 2
BATCH: Final = 5000
OURS: Final = "runner"
BOUND: Final = "bound"
QUICKEST: Final = "bytewax"
"""The peer of the short form."""
LEAST_OF_BOUND, LEAST_OF_PEER = 0.7, 2.5
_PEOPLE: Final = 10_000
_PATIENCE: Final = 180.0
_PROGRESS: Final = (
    "select (select sum(position) from mark) + (select coalesce(sum(position), 0) from applied where consumer = 'bench.events')"
)
_RESET: Final = ("truncate fact_event", "update mark set position = 0", "delete from applied where consumer = 'bench.events'")
_APPEND: Final = "select from log.append(%b::smallint[], %b::smallint[], %b::text[], %b::text[], %b::text[], %b::text[])"
_READ: Final = "select * from log.read(%s::smallint, %s::smallint[], %s::bigint[], %s::integer)"
_CONTENT: Final = "select count(*), sum(hashtextextended(e::text, 0)) from fact_event e"
_DOUBLED: Final = "select count(*) - count(distinct (partition, position)) from fact_event"


class Run(NamedTuple):
    """A run: events a second by the database's own account, and microseconds of the program's CPU for each."""

    rate: float
    cpu: float


@dataclass(slots=True)
class Ground:
    """A broker with the records, a database with the table."""

    broker: str
    dsn: str
    collector: str
    folder: Path
    events: int
    runs: int = 0
    content: tuple[int, int] | None = None
    """How many rows the table has after a run, and what they are; the first run says it, all others must agree."""

    def run(self, side: str, batch: int = BATCH) -> Run:
        """Let a side take everything, from nothing; measured from its first commit on, so that how it starts does not count."""
        with self._connected() as table:
            self._empty(table)
            with self._started(side, batch) as process:
                since, before, cpu = self._until(table, process, side, 1)
                ended, after, used = self._until(table, process, side, self.events)
            self._compare(side, table)
            return Run((after - before) / (ended - since), 1e6 * (used - cpu) / (after - before))

    def wrong_after_a_kill(self, side: str, batch: int = BATCH) -> int:
        """How many rows are missing or doubled after a kill -9 at work and another start."""
        with self._connected() as table:
            self._empty(table)
            for part in (4, 2):
                with self._started(side, batch) as process:
                    self._until(table, process, side, self.events // part)
            rows, marked, doubled = (int(_one(table, asked)) for asked in ("select count(*) from fact_event", _PROGRESS, _DOUBLED))
            return abs(marked - rows) + doubled

    @property
    def rows(self) -> Path:
        """The rows of the table in COPY's binary form, as the first run of ours left them."""
        return self.folder / "rows"

    def _compare(self, side: str, table: "psycopg.Connection[Any]") -> None:
        found = table.execute(_CONTENT).fetchone()
        if self.content is None:
            self.content = found
            with self.rows.open("wb") as file, table.cursor() as cursor, cursor.copy(COPY.replace("from stdin", "to stdout")) as copy:
                file.writelines(copy)
        if found != self.content:
            raise RuntimeError(f"{side} left {found} in the table, and ours {self.content}")

    def _empty(self, table: "psycopg.Connection[Any]") -> None:
        """Nothing in the table, and groups that Kafka does not know yet."""
        self.runs += 1
        for statement in _RESET:
            table.execute(statement)

    @contextmanager
    def _connected(self) -> "Iterator[psycopg.Connection[Any]]":
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            yield connection

    @contextmanager
    def _started(self, side: str, batch: int) -> Iterator["subprocess.Popen[bytes]"]:
        """The side at work; killed in the end."""
        ours = side in {OURS, BOUND}
        program = [sys.executable, "-m", "bench.event_sides", side] if ours else peer_projects.command(side)
        words = [*program, self.broker, topic_of(LEDGER.name), f"{side}-{self.runs}", self.dsn, str(batch)]
        more = {"OTEL_EXPORTER_OTLP_ENDPOINT": self.collector, "BENCH_ROWS": str(self.rows), "ARENA_DATA_DIR": str(self.folder)}
        environment = os.environ | (more if ours else {"PYTHONPATH": str(peer_projects.HERE)})
        with self._said(side).open("ab") as said:
            process = subprocess.Popen(words, env=environment, stdout=said, stderr=said)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def _said(self, side: str) -> Path:
        return self.folder / f"{side}.log"

    def _until(
        self, table: "psycopg.Connection[Any]", process: "subprocess.Popen[bytes]", side: str, many: int
    ) -> tuple[float, int, float]:
        """Wait until so many are in the table; answers when that was seen, how many they were, and the CPU used until then."""
        program, deadline = psutil.Process(process.pid), time.perf_counter() + _PATIENCE
        used = 0.0
        while True:
            with suppress(psutil.NoSuchProcess):
                used = sum(program.cpu_times()[:2])
            ended = process.poll() is not None  # looked at first: what has ended has committed before
            if (there := int(_one(table, _PROGRESS))) >= many:
                break
            if ended or time.perf_counter() > deadline:
                said = self._said(side).read_text("utf-8", "replace")[-2000:]
                raise RuntimeError(f"{side} has {there} of {many} events in the table, and says: {said}")
            time.sleep(0.005)
        return time.perf_counter(), there, used


def _one(table: "psycopg.Connection[Any]", asked: str) -> Any:
    row = table.execute(asked).fetchone()
    return None if row is None else row[0]


def records(count: int) -> Iterator[RawRecord]:
    """Facts as the log would have them, each of a trace of its own."""
    rng, catalogue = random.Random(5), Catalogue(LOGS, partition_of)  # noqa: S311 - a repeatable load, not a secret
    players, start, positions = people(_PEOPLE), datetime.now(UTC), [0] * PARTITIONS
    for number, fact in enumerate(facts(players, count, start, rng)):
        entry = catalogue.entry(fact)
        positions[entry.partition] += 1
        trace = f'{{"traceparent":"00-{rng.getrandbits(128) | 1:032x}-{rng.getrandbits(64) | 1:016x}-01"}}'
        at = start + timedelta(microseconds=50 * number)
        yield RawRecord(entry.partition, positions[entry.partition], at, entry.key, entry.type, entry.payload, trace)


def _append(dsn: str, there: Sequence[RawRecord]) -> None:
    """Put them into the log, too: a source that finds more in Kafka than the log has takes the database for one that was set back."""
    with psycopg.connect(dsn) as log:
        for begin in range(0, len(there), BATCH):
            some = [(LEDGER.number, r.partition, r.key, r.type, r.payload, r.headers) for r in there[begin : begin + BATCH]]
            log.execute(_APPEND, [list(column) for column in zip(*some, strict=True)])
            log.commit()


def _logged(dsn: str, most: int) -> list[RawRecord]:
    """Them with the log's own stamps, as the relay reads them."""
    with psycopg.connect(dsn, options="-c timezone=UTC") as log:
        rows = log.execute(_READ, (LEDGER.number, list(range(PARTITIONS)), [0] * PARTITIONS, most), binary=True).fetchall()
    return sorted((RawRecord(*row) for row in rows), key=lambda record: record.position)


class _Collector(BaseHTTPRequestHandler):
    """Takes spans, and forgets them."""

    def do_POST(self) -> None:
        """Thank you."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def ground(events: int) -> Iterator[Ground]:
    """A broker with so many records, an embedded PostgreSQL with the table in scoring's room, a collector of spans."""
    with throw_away_folder() as folder, broker(folder / "kafka") as kafka, ThreadingHTTPServer(("127.0.0.1", 0), _Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        database = Database(Settings(data_dir=folder / "data"), SCHEMAS)
        try:
            database.open()
            dsn = database.url("scoring").set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(dsn, autocommit=True) as connection:
                for statement in TABLE.split(";"):
                    connection.execute(statement.encode())
            there = list(records(events))
            _append(database.url("habits").set(drivername="postgresql").render_as_string(hide_password=False), there)
            make_topic(kafka, LEDGER)
            carry(kafka, LEDGER, _logged(dsn, events))
            yield Ground(kafka.bootstrap, dsn, f"http://127.0.0.1:{collector.server_port}", folder, events)
        finally:
            database.close()
            collector.shutdown()


def measure(short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """In turns, so that what slows the machine for a while slows all."""
    peers = (QUICKEST,) if short else peer_projects.PEERS
    with ground(EVENTS_SHORT if short else EVENTS) as here:
        here.run(OURS)  # the first one warms the machine, and says which rows there are to be
        rates: dict[str, list[Run]] = {side: [] for side in (OURS, BOUND, *peers)}
        for turn in range(ROUNDS_SHORT if short else ROUNDS):
            for side, runs in rates.items():
                if side in {OURS, BOUND} or turn < (1 if short else 2):
                    runs.append(here.run(side))
        wrong = sum(here.wrong_after_a_kill(side) for side in (OURS, *(() if short else peers)))
    return figures(rates, wrong)


def figures(rates: dict[str, list[Run]], wrong: int) -> list[Figure]:
    """Against the bound, against the best of the peers, and that all of them keep every event once."""
    ours, bound = ([run.rate for run in rates[side]] for side in (OURS, BOUND))
    middle = {side: statistics.median(run.rate for run in runs) for side, runs in rates.items()}
    cpu = {side: statistics.median(run.cpu for run in runs) for side, runs in rates.items()}
    peers = sorted((side for side in rates if side not in {OURS, BOUND}), key=lambda side: middle[side], reverse=True)
    told = "; ".join(f"{side} {middle[side]:,.0f}/s, {cpu[side]:.1f} us of CPU" for side in (*peers, OURS, BOUND))
    value = middle[OURS]
    return [
        Figure(
            "events_from_kafka_of_bound", value, "events/s", times_the_bound(LEAST_OF_BOUND), bound=middle[BOUND],
            paired=paired_ratio(ours, bound), note=f"median of {len(ours)}, {BATCH} a batch; bound: fetch unread, COPY ready rows",
        ),
        Figure("events_from_kafka_of_peer", value, "events/s", times_the_bound(LEAST_OF_PEER), bound=middle[peers[0]], note=told),
        Figure("events_not_once_after_a_kill", wrong, "events", at_most(0), note="kill -9 at work, another start", timing=False),
    ]  # fmt: skip


def main(wanted: Sequence[str]) -> None:
    """Runs of single sides, for who tunes them: `bytewax:20000`."""
    with ground(EVENTS_SHORT) as here:
        here.run(OURS)
        for one in wanted:
            side, _, batch = one.partition(":")
            run = here.run(side, int(batch or BATCH))
            print(f"{one:20} {run.rate:9,.0f} events/s, {run.cpu:5.2f} us of CPU each")


if __name__ == "__main__":
    main(sys.argv[1:])
