"""What Kafka adds from a log POST to the standing on a stream: `arena up --split` over the log and over Kafka, one after the other."""

import asyncio
import gc
import statistics
from pathlib import Path

import uvloop

from arena.embedded.testing_process import ArenaProcess
from bench.figures import Figure, at_most, percentile
from bench.installation import throw_away_folder
from bench.kafka_topics import broker
from bench.live_latency import LIMITS, RATE, Measured, latencies

ROUNDS, ROUNDS_SHORT = 3, 1
SECONDS, SECONDS_SHORT = 30, 8
MOST_ADDED = 25


def _over(folder: Path, bus: str, seconds: float, more: dict[str, str]) -> Measured:
    process = ArenaProcess(folder, env=LIMITS | more, words=("up", "--split", "--bus", bus))
    process.start()
    gc.freeze()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(latencies(process.url, seconds))
    finally:
        process.stop()


def measure(short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """In pairs, each with people, battles and a database of its own; the broker runs beside both."""
    pairs = []
    with throw_away_folder() as folder, broker(folder / "kafka") as kafka:
        for turn in range(ROUNDS_SHORT if short else ROUNDS):
            seconds = SECONDS_SHORT if short else SECONDS
            log = _over(folder / f"log-{turn}", "log", seconds, {})
            pairs.append((log, _over(folder / f"kafka-{turn}", "kafka", seconds, {"ARENA_KAFKA_BOOTSTRAP": kafka.bootstrap})))
            kafka.clear()
    return figures(pairs)


def figures(pairs: list[tuple[Measured, Measured]]) -> list[Figure]:
    """The difference of the tails; the medians are told."""
    middles = [statistics.median(statistics.median(side.shown) for side in sides) for sides in zip(*pairs, strict=True)]
    tails = [[percentile(side.shown, 99) for side in pair] for pair in pairs]
    late = max(side.late for pair in pairs for side in pair)
    note = (
        f"p99 {statistics.median(t[0] for t in tails):.0f} ms over the log, {statistics.median(t[1] for t in tails):.0f} over Kafka; "
        f"p50 {middles[0]:.0f} and {middles[1]:.0f}; {RATE} logs a second, split shape, {len(pairs)} pairs; generator late by {late:.1f} ms"
    )
    return [Figure("kafka_adds_at_p99", statistics.median(kafka - log for log, kafka in tails), "ms", at_most(MOST_ADDED), note=note)]
