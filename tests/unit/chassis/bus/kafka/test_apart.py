"""Calls that wait in a thread of their own, and clocks that are set back."""

import subprocess
import sys
import threading

import pytest

from arena.chassis.bus.kafka.apart import NoAnswer, apart, look_until

_LEAVES_ONE_BEHIND = """
import asyncio, threading
from arena.chassis.bus.kafka.apart import NoAnswer, apart

async def main():
    try:
        await apart(threading.Event().wait, seconds=0.05)
    except NoAnswer as reason:
        print(reason)

asyncio.run(main())
"""


async def test_it_answers_what_the_call_answers() -> None:
    assert await apart(divmod, 17, 5) == (3, 2)


async def test_it_raises_what_the_call_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        await apart(divmod, 1, 0)


async def test_a_call_that_does_not_come_back_is_left_behind() -> None:
    never = threading.Event()
    with pytest.raises(NoAnswer, match=r"did not come back in 0 s"):
        await apart(never.wait, seconds=0.05)
    never.set()  # it may go now, and nobody minds what it answers


def test_a_call_that_was_left_behind_does_not_keep_a_process_from_ending() -> None:
    ended = subprocess.run([sys.executable, "-c", _LEAVES_ONE_BEHIND], capture_output=True, text=True, timeout=30, check=True)
    assert "did not come back" in ended.stdout


def test_looking_ends_with_what_is_looked_for_or_with_the_time() -> None:
    answers = iter([False, False, True])
    look_until(lambda: next(answers), 30)
    assert next(answers, None) is None
    look_until(lambda: False, 0.01)
