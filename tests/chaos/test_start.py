"""A database that goes away while a process begins: it waits, as if it had not been there from the first."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.chaos.shape import Shape, migrated
from tests.integration.split.conftest import Process, Split, new_split, sentences, until


@pytest.fixture
def split() -> Iterator[Split]:
    with new_split() as made:
        yield made


def ended(process: Process) -> bool:
    return process.running is not None and process.running.poll() is not None


@pytest.mark.slow
@pytest.mark.faketime
@pytest.mark.timeout(300)
async def test_a_process_whose_database_goes_away_in_the_middle_of_its_start_waits_for_it(split: Split) -> None:
    with migrated(split) as server:
        shape = Shape(split, server)
        await shape.add("live", ["serve", "live"])
        live, proxy = shape.processes["live"], shape.proxies["live"]
        live.env = dict(live.env) | {"ARENA_SERVICES": ",".join(f"{name}={live.url}" for name in ("identity", "scoring", "battles"))}
        try:
            proxy.lets_in = 1  # by which it sees that all is well
            live.begin()
            await asyncio.to_thread(until, lambda: proxy.refusing and (sentences(live.log) or ended(live)), 90)
            assert live.running is not None
            assert live.running.poll() is None, live.log
            proxy.mend()
            await asyncio.to_thread(live.until_ready)
            assert await asyncio.to_thread(live.stop) == 0
        finally:
            await shape.close()
