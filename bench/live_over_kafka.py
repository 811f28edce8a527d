"""What Kafka adds from a log POST to the standing on a stream: the charts' processes over the log and over Kafka, one after the other.

People talk to the API and to `live` themselves, as an ingress leads them there: passing 100 streams on is a measurement of its own.
"""

import asyncio
import gc
import statistics

import uvloop

from bench.figures import CannotMeasure, Figure, at_most, percentile
from bench.installation import throw_away_folder
from bench.kafka_topics import broker
from bench.live_latency import LIMITS, RATE, Measured, latencies
from tests.integration.split.conftest import new_split

ROUNDS, ROUNDS_SHORT = 3, 1
SECONDS, SECONDS_SHORT = 30, 8
MOST_ADDED = 25


def _over(seconds: float, more: dict[str, str]) -> Measured:
    with new_split() as split:
        split.env |= LIMITS | more
        split.begin_postgres()
        for words in (("migrate",), *((("topics", "apply"),) if more else ())):
            if (done := split.arena(*words)).returncode:
                raise CannotMeasure(f"arena {' '.join(words)}: {done.stderr}")
        split.begin_all()
        gc.freeze()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(latencies(split.processes["api"].url, seconds, live=split.processes["live"].url))


def measure(short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """In pairs, each with people, battles and a database of its own; the broker runs beside both."""
    pairs = []
    with throw_away_folder() as folder, broker(folder / "kafka") as kafka:
        for _ in range(ROUNDS_SHORT if short else ROUNDS):
            seconds = SECONDS_SHORT if short else SECONDS
            log = _over(seconds, {})
            pairs.append((log, _over(seconds, {"ARENA_BUS": "kafka", "ARENA_KAFKA_BOOTSTRAP": kafka.bootstrap})))
            kafka.clear()
    return figures(pairs)


def figures(pairs: list[tuple[Measured, Measured]]) -> list[Figure]:
    """The difference of the tails; the medians are told."""
    middles = [statistics.median(statistics.median(side.shown) for side in sides) for sides in zip(*pairs, strict=True)]
    tails = [[percentile(side.shown, 99) for side in pair] for pair in pairs]
    late = max(side.late for pair in pairs for side in pair)
    note = (
        f"p99 {statistics.median(t[0] for t in tails):.0f} ms over the log, {statistics.median(t[1] for t in tails):.0f} over Kafka; "
        f"p50 {middles[0]:.0f} and {middles[1]:.0f}; {RATE} logs/s, {len(pairs)} pairs; generator late by {late:.1f} ms"
    )
    return [Figure("kafka_adds_at_p99", statistics.median(kafka - log for log, kafka in tails), "ms", at_most(MOST_ADDED), note=note)]
