"""Display names for rows: asked for in batches, remembered for a while, never stored."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from arena.chassis.bus.catalogue import Recorded
from arena.contracts.ids import UserId
from arena.live.neighbours import Known, Neighbours

SOMEONE = "Someone"
"""Who is erased, or unknown."""

_BATCH = 100
_KEEP_SECONDS = 300.0
_MOST = 50_000


class Names:
    """A cache over identity's public profiles; a changed or erased profile is asked for again."""

    def __init__(self, neighbours: Neighbours, now: Callable[[], float] = time.monotonic) -> None:
        self._neighbours = neighbours
        self._now = now
        self._known: dict[UserId, tuple[Known | None, float]] = {}
        self._changes = 0

    async def of(self, users: Iterable[UserId]) -> Mapping[UserId, str]:
        """The names of these users."""
        found = await self._find(users)
        return {user: known.display_name if known else SOMEONE for user, known in found.items()}

    async def shared(self, users: Iterable[UserId]) -> Mapping[UserId, str | None]:
        """The names of those among these users who agreed to be named beyond their battles; None for the others."""
        found = await self._find(users)
        return {user: known.display_name if known and known.share_name else None for user, known in found.items()}

    async def _find(self, users: Iterable[UserId]) -> dict[UserId, Known | None]:
        users = list(users)
        found = {user: self._known[user][0] for user in users if self._fresh(user)}
        missing = [user for user in users if user not in found]
        for start in range(0, len(missing), _BATCH):
            found |= await self._ask(missing[start : start + _BATCH])
        return found

    def forget(self, records: Iterable[Recorded[Any]]) -> set[UserId]:
        """Ask again for who changed; answers whom."""
        changed = {UserId(record.event.user_id) for record in records}
        self._changes += 1
        for user in changed:
            self._known.pop(user, None)
        return changed

    def _fresh(self, user: UserId) -> bool:
        known = self._known.get(user)
        return known is not None and self._now() < known[1]

    async def _ask(self, users: list[UserId]) -> dict[UserId, Known | None]:
        """Ask, and remember the answer, unless a profile was told to have changed meanwhile: it may be the old one."""
        if len(self._known) > _MOST:
            self._known.clear()
        changes = self._changes
        answer = await self._neighbours.profiles(users)
        found = {user: answer.get(user) for user in users}
        if changes == self._changes:
            until = self._now() + _KEEP_SECONDS
            self._known.update({user: (known, until) for user, known in found.items()})
        return found
