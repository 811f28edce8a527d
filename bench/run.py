"""`make bench`: every measurement in turn, a table with ratios, build/bench.json; the exit code is 1 when a bar is missed.

The short form belongs to check-all, on machines that nobody chose and that do other things: it tells of a timing that misses its bar, and
fails by what no busy machine explains (a wrong line, memory, a measurement that breaks down).

A measurement is a function that takes whether it is to be short and answers figures; to add one, give it a line in ENTRIES.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench import (
    capacity,
    consumer_path,
    durable_posts,
    event_store,
    live_latency,
    live_over_kafka,
    memory,
    operator_battles,
    scoring_over_kafka,
    startup,
)
from bench.figures import CannotMeasure, Figure, deserves_another_try, settled

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ROOT / "build" / "bench.json"
_WIDTH = 150

Measure = Callable[[bool], list[Figure]]


class Entry(NamedTuple):
    """A measurement: its name for `--only`, the function, and what it measures."""

    name: str
    measure: Measure
    words: str
    by_name: bool = False
    """Left out of the short form unless it is asked for: it takes minutes, and says nothing on a busy machine."""


ENTRIES = (
    Entry("startup", startup.measure, "a warm `arena up` until it says ready"),
    Entry("consumer-path", consumer_path.measure, "the log's facts into scores and standings, then recomputed from nothing"),
    Entry(
        "event-store", event_store.measure, "from Kafka into a table, every event once; beside its bound and other frameworks", by_name=True
    ),
    Entry(
        "scoring-over-kafka",
        scoring_over_kafka.measure,
        "facts from Kafka into standings: one process, two; memory; recomputed",
        by_name=True,
    ),
    Entry("live-latency", live_latency.measure, "from a log POST to the standing on a stream, at 200 logs a second"),
    Entry("live-over-kafka", live_over_kafka.measure, "what Kafka adds to that, in the shape of several processes", by_name=True),
    Entry("durable-posts", durable_posts.measure, "log POSTs of 50 clients, without the coalescer, without a database"),
    Entry("capacity", capacity.measure, "what one pod is planned for (docs/guides/capacity.md): viewers, logs a second"),
    Entry("operator", operator_battles.measure, "thousands of battles on a real API server, beside a handler that does not think"),
    Entry("memory", memory.measure, "all processes of the demo, a minute after it"),
)


def run_apart(entry: Entry, short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """Measure in a process of its own: none inherits another's heap, imports or settings."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_forget_settings) as pool:
        return pool.submit(entry.measure, short).result()


def _forget_settings() -> None:
    """What is measured are the defaults, whatever the environment says."""
    for name in [name for name in os.environ if name.startswith("ARENA_")]:
        del os.environ[name]


Run = Callable[[Entry, bool], list[Figure]]


def take(entry: Entry, short: bool, say: Callable[[str], None], run: Run = run_apart) -> list[Figure]:  # noqa: FBT001 - as above
    """Measure; once more when a timing missed its bar, and say so. Not in the short form, which does not fail by a timing."""
    began = monotonic()
    say(f"{entry.name}: {entry.words} …")
    figures = run(entry, short)
    if not short and deserves_another_try(figures):
        missed = "; ".join(" ".join(filter(None, figure.cells()[:5])) for figure in figures if not figure.met)
        say(f"{entry.name}: missed ({missed}); once more, in case the machine was busy …")
        figures = settled(figures, run(entry, short))
    say(f"{entry.name}: {monotonic() - began:.0f} s")
    return figures


def table_of(figures: Iterable[Figure]) -> Table:
    """A line for each figure."""
    table = Table()
    for column in ("figure", "value", "bound", "ratio", "bar", "", "note"):
        table.add_column(column, justify="right" if column in {"value", "bound", "ratio"} else "left", overflow="fold")
    for figure in figures:
        table.add_row(*figure.cells(), style=None if figure.met else "bold red")
    return table


def written_of(figures: Iterable[Figure]) -> str:
    """The text of build/bench.json."""
    return json.dumps({figure.name: figure.plain() for figure in figures}, indent=2, ensure_ascii=False) + "\n"


def measure_all(entries: Sequence[Entry], short: bool, say: Callable[[str], None], run: Run = run_apart) -> tuple[list[Figure], list[str]]:  # noqa: FBT001 - as above
    """All figures, and what went wrong: a measurement that breaks down leaves the others to be made."""
    figures: list[Figure] = []
    broken: list[str] = []
    for entry in entries:
        try:
            figures += take(entry, short, say, run)
        except CannotMeasure as missing:
            broken.append(f"{entry.name}: {missing}")
        except Exception as wrong:  # noqa: BLE001 - whatever it is, it is told, and the exit code says that not all was measured
            broken.append(f"{entry.name}: {type(wrong).__name__}: {wrong}")
    return figures, broken


def chosen(names: Sequence[str], *, short: bool = False) -> list[Entry]:
    """The entries of these names, in the order of ENTRIES; without a name all, but those of `by_name` in the short form."""
    return [entry for entry in ENTRIES if entry.name in names or not (names or (short and entry.by_name))]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    lines = "\n".join(f"  {entry.name:<20}{entry.words}" for entry in ENTRIES)
    parser = argparse.ArgumentParser(
        prog="arena bench", description="Measure this version.", epilog=lines, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", action="append", default=[], choices=[entry.name for entry in ENTRIES], help="only this one; may be given again"
    )
    parser.add_argument("--short", action="store_true", help="fewer rounds and shorter waits, the same bars")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, show, write; answers the exit code."""
    options = _options(arguments)
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    load = os.getloadavg()[0]
    errors.print(f"{os.cpu_count()} CPUs, load {load:.1f} before; measure on a machine that has nothing else to do", markup=False)
    figures, broken = measure_all(chosen(options.only, short=options.short), options.short, lambda line: errors.print(line, markup=False))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    console.print(table_of(figures))
    WRITTEN.parent.mkdir(exist_ok=True)
    WRITTEN.write_text(written_of(figures), "utf-8")
    for line in broken:
        errors.print(line, style="bold red", markup=False)
    missed = [figure.name for figure in figures if not figure.met]
    if missed:
        errors.print(f"missed: {', '.join(missed)}", style="bold red", markup=False)
    told_only = {figure.name for figure in figures if options.short and figure.timing}
    return int(bool(set(missed) - told_only or broken))


if __name__ == "__main__":
    sys.exit(main())
