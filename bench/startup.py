"""How long `arena up` takes until it says `ready`, over a data folder that was used before."""

import statistics

from arena.embedded.testing_process import ArenaProcess
from bench.figures import Figure, at_most
from bench.installation import throw_away_folder

ROUNDS, ROUNDS_SHORT = 5, 3
MOST_SECONDS = 10.0


def measure(short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """Start and stop it a few times; the first start, which makes the database, is told and not counted."""
    with throw_away_folder() as folder:
        process = ArenaProcess(folder / "data")
        try:
            first = _start_and_stop(process)
            warm = [_start_and_stop(process) for _ in range(ROUNDS_SHORT if short else ROUNDS)]
        finally:
            process.stop()
    note = f"median of {len(warm)}, slowest {max(warm):.1f} s; the first start of all took {first:.1f} s"
    return [Figure("warm_start", statistics.median(warm), "s", at_most(MOST_SECONDS), note=note)]


def _start_and_stop(process: ArenaProcess) -> float:
    seconds = process.start()
    if process.stop():
        raise RuntimeError(f"arena up did not end well: {process.log()[-2000:]}")
    return seconds
