"""Argon2id (RFC 9106) on a few threads of its own: a hash takes 19 MiB and a core for some 30 ms, so few run at once."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from arena.identity.domain.errors import SignInBusy
from arena.identity.domain.fields import secret_bytes

T = TypeVar("T")
OWASP: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP password storage cheat sheet: m = 19 MiB, t = 2, p = 1."""


class Match(NamedTuple):
    """Whether a password is right; `fresh_hash` is its hash with the parameters now in force, where the stored one has others."""

    right: bool
    fresh_hash: str | None


class Passwords:
    """Hashes and checks passwords.

    Args:
        hasher: its parameters are those in force.
        at_once: threads, and so hashes in memory.
        waiting: how many may wait for a thread; whoever comes after them is asked to come again.
    """

    def __init__(self, hasher: PasswordHasher = OWASP, *, at_once: int = 2, waiting: int = 64) -> None:
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="argon2")
        self._most = at_once + waiting
        self._busy = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to store.

        Raises:
            SignInBusy.
        """
        return await self._run(lambda: self._hasher.hash(secret_bytes(password)))

    async def match(self, stored: str | None, password: str) -> Match:
        """Check a password; without a stored hash (nobody has that address) the same work is done, so that the time tells nothing.

        Raises:
            SignInBusy.
        """
        return await self._run(lambda: self._match(stored, password))

    def close(self) -> None:
        """End the threads; what waits is dropped."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _match(self, stored: str | None, password: str) -> Match:
        secret = secret_bytes(password)
        right = self._verify(stored or self._hash_of_nobody(), secret)
        if stored is None or not right:
            return Match(right=False, fresh_hash=None)
        return Match(right=True, fresh_hash=self._hasher.hash(secret) if self._hasher.check_needs_rehash(stored) else None)

    def _verify(self, stored: str, secret: bytes) -> bool:
        try:
            return self._hasher.verify(stored, secret)
        except (VerificationError, InvalidHashError):
            return False

    def _hash_of_nobody(self) -> str:
        if self._nobody is None:
            self._nobody = self._hasher.hash(secrets.token_bytes(16))
        return self._nobody

    async def _run(self, work: Callable[[], T]) -> T:
        if self._busy >= self._most:
            raise SignInBusy
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._busy -= 1
