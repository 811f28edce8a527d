"""Hashing passwords, a few at a time."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from arena.identity.domain.errors import SignInBusy
from arena.identity.passwords import OWASP, Match, Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(CHEAP)
    yield made
    made.close()


async def test_the_right_password_matches_and_no_other(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse")
    assert await passwords.match(stored, "correct horse") == Match(right=True, fresh_hash=None)
    for wrong in ("", "Correct horse", "correct horse ", "x" * 10_000, "\ud800"):
        assert await passwords.match(stored, wrong) == Match(right=False, fresh_hash=None)


async def test_nobody_has_a_password(passwords: Passwords) -> None:
    assert await passwords.match(None, "") == Match(right=False, fresh_hash=None)


async def test_a_damaged_hash_matches_nothing(passwords: Passwords) -> None:
    assert not (await passwords.match("$argon2id$damaged", "x")).right


async def test_the_same_password_is_hashed_differently_each_time(passwords: Passwords) -> None:
    assert await passwords.hash("same") != await passwords.hash("same")


async def test_a_hash_with_other_parameters_is_made_anew_when_the_password_is_right(passwords: Passwords) -> None:
    older = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash("correct horse")
    fresh = (await passwords.match(older, "correct horse")).fresh_hash
    assert fresh is not None
    assert await passwords.match(fresh, "correct horse") == Match(right=True, fresh_hash=None)
    assert (await passwords.match(older, "wrong")).fresh_hash is None


def test_the_parameters_are_those_of_owasp() -> None:
    assert (OWASP.memory_cost, OWASP.time_cost, OWASP.parallelism, OWASP.type.name) == (19456, 2, 1, "ID")


class Watched(Passwords):
    """Counts how many run at once, and holds them until let go."""

    def __init__(self, at_once: int, waiting: int) -> None:
        super().__init__(CHEAP, at_once=at_once, waiting=waiting)
        self.gate = threading.Event()
        self.lock = threading.Lock()
        self.running = self.most = 0

    def _match(self, stored: str | None, password: str) -> Match:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.gate.wait(5)
        with self.lock:
            self.running -= 1
        return super()._match(stored, password)


async def test_no_more_run_at_once_than_allowed_and_whoever_cannot_wait_is_turned_away() -> None:
    passwords = Watched(at_once=2, waiting=3)
    tasks = [asyncio.create_task(passwords.match(None, "x")) for _ in range(6)]
    try:
        done, _ = await asyncio.wait(tasks, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        assert [type(task.exception()) for task in done] == [SignInBusy]
    finally:
        passwords.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(answer, Match) for answer in answers) == 5
    assert passwords.most == 2
    assert (await passwords.match(None, "x")).right is False
    passwords.close()


async def test_who_gives_up_waiting_makes_room() -> None:
    passwords = Watched(at_once=1, waiting=1)
    tasks = [asyncio.create_task(passwords.match(None, "x")) for _ in range(2)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.wait([tasks[1]], timeout=5)
    third = asyncio.create_task(passwords.match(None, "x"))
    await asyncio.sleep(0)
    passwords.gate.set()
    assert not (await third).right
    passwords.close()
