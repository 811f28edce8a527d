"""A machine's clock that is set back by a day: Kafka's client may sleep until it is there again, and we may not."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL

from arena.chassis.testing.example import Counted
from tests.chaos.clocks import WallClock
from tests.contract.bus.ground import OnKafka
from tests.contract.bus.test_consumer import emit, notes
from tests.integration.kafka.relaying import until

pytestmark = [pytest.mark.kafka, pytest.mark.faketime]
DAY = 86_400
A_LOOK = 3.0
"""Seconds in which a process sees its clock set: libfaketime looks every two seconds at the latest, and nothing tells that it has.

It does not reach what C's own threads wait for: what the client begins to wait for while the clock is ahead lasts a day, as on a machine
whose clock is set back meanwhile.
"""


@contextmanager
def going_by(clock: WallClock, module: str, url: URL, kafka: OnKafka, said: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process with this clock."""
    env = os.environ | dict(clock.env) | {"PYTHONUNBUFFERED": "1"}
    words = [url.render_as_string(hide_password=False), kafka.ground.broker.bootstrap, kafka.ground.topic]
    with said.open("wb") as out, subprocess.Popen([sys.executable, "-m", module, *words], env=env, stdout=out, stderr=out) as made:
        try:
            yield made
        finally:
            made.kill()


async def ends(process: "subprocess.Popen[bytes]", said: Path) -> None:
    """Told to stop, it does, as politely as on any other day."""
    process.terminate()
    status = await asyncio.to_thread(process.wait, 30)
    assert status == 0, words_of(said)


def words_of(said: Path) -> str:
    return said.read_text("utf-8")


async def set_back(clock: WallClock) -> None:
    """By a day: it was wrong for a while."""
    clock.jump(DAY)
    await asyncio.sleep(A_LOOK)
    clock.jump(0)


async def test_a_reader_whose_clock_is_set_back_begins_anew_and_ends_when_told(kafka: OnKafka, tmp_path: Path) -> None:
    clock, said = WallClock(tmp_path / "clock"), tmp_path / "said"
    with going_by(clock, "tests.contract.bus.reader_process", kafka.database.url("reader"), kafka, said) as process:
        await emit(kafka, Counted("a", 1))
        await until(lambda: noted(kafka, [1]))
        await set_back(clock)
        await until(lambda: "kafka_fetching_begins_anew" in words_of(said))
        await emit(kafka, Counted("a", 2))
        await until(lambda: noted(kafka, [1, 2]))
        await ends(process, said)


async def test_a_relay_whose_clock_is_set_back_carries_on_and_ends_when_told(kafka: OnKafka, tmp_path: Path) -> None:
    await kafka.ground.stop(kafka.relay)
    clock, said = WallClock(tmp_path / "clock"), tmp_path / "said"
    with going_by(clock, "tests.integration.kafka.relay_process", kafka.database.url("relay"), kafka, said) as process:
        for number in range(3):
            await emit(kafka, Counted("a", number))
            await kafka.ground.caught_up()
            await set_back(clock)
        await ends(process, said)


async def noted(kafka: OnKafka, numbers: list[int]) -> bool:
    return (await notes(kafka)).get("a") == numbers
