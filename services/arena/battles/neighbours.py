"""What battles asks of the ledger (whose habits, and what decides somebody's days) and of identity (whose e-mail addresses)."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

from arena.chassis.core.errors import UpstreamUnavailable
from arena.chassis.core.resilience import Deadline
from arena.chassis.http.outbound import Outbound
from arena.contracts.habit import Weekday
from arena.contracts.ids import HabitId, UserId

MOST_HABITS = 200
"""What one page of the ledger's list holds."""
MOST_EMAILS = 100
"""How many addresses identity takes at once."""
_OK = 200
_SECONDS = 3.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LedgerTerms:
    """What somebody's ledger says of them: which of the habits asked for are theirs; zone, day start (minutes) and week start in force."""

    habits: frozenset[HabitId]
    time_zone: str
    day_start: int
    week_start: Weekday


class LedgerPort(Protocol):
    """The ledger, asked on behalf of its owner."""

    async def terms(self, credentials: Mapping[str, str], habits: Collection[HabitId], deadline: Deadline) -> LedgerTerms:
        """The terms of whoever has these credentials, as far as they concern these habits; raises UpstreamUnavailable."""


class HttpLedger:
    """Asks the habits service over HTTP, with the credentials of the person it is about."""

    def __init__(self, habits: Outbound) -> None:
        self._habits = habits

    async def terms(self, credentials: Mapping[str, str], habits: Collection[HabitId], deadline: Deadline) -> LedgerTerms:
        """Two reads at once."""
        soon = deadline.sooner(_SECONDS)
        wanted = {"ids": ",".join(sorted(map(str, set(habits)))), "limit": str(MOST_HABITS)}
        found, settings = await asyncio.gather(
            self._read("/api/habits", _Habits, credentials, soon, params=wanted),
            self._read("/api/habits/settings", _Settings, credentials, soon),
        )
        hours, _, minutes = settings.day_start.partition(":")
        day_start = int(hours) * 60 + int(minutes)
        return LedgerTerms(frozenset(habit.id for habit in found.items), settings.time_zone, day_start, settings.week_start)

    async def _read(self, path: str, shape: type[T], credentials: Mapping[str, str], deadline: Deadline, **content: Any) -> T:
        answer = await self._habits.request("GET", path, deadline=deadline, headers=credentials, **content)
        if answer.status_code != _OK:
            raise UpstreamUnavailable(f"habits answered {answer.status_code}", retry_after=1.0)
        return msgspec.json.decode(answer.content, type=shape)


class AccountsPort(Protocol):
    """Whose accounts are whose."""

    async def who(self, emails: Sequence[str], deadline: Deadline) -> Mapping[str, UserId]:
        """The users of these e-mail addresses, as they were given; those of nobody are absent. Raises UpstreamUnavailable."""


class HttpAccounts:
    """Asks identity over HTTP, as a service."""

    def __init__(self, identity: Outbound) -> None:
        self._identity = identity

    async def who(self, emails: Sequence[str], deadline: Deadline) -> Mapping[str, UserId]:
        """As many at once as identity takes."""
        soon, distinct = deadline.sooner(_SECONDS), list(dict.fromkeys(emails))
        parts = [distinct[begin : begin + MOST_EMAILS] for begin in range(0, len(distinct), MOST_EMAILS)]
        found = await asyncio.gather(*(self._look_up(part, soon) for part in parts))
        return {user.email: user.user_id for users in found for user in users}

    async def _look_up(self, emails: Sequence[str], deadline: Deadline) -> "list[_Account]":
        answer = await self._identity.request("POST", "/api/identity/lookups", deadline=deadline, json={"emails": emails})
        if answer.status_code != _OK:
            raise UpstreamUnavailable(f"identity answered {answer.status_code}", retry_after=1.0)
        return msgspec.json.decode(answer.content, type=_Accounts).users


class _Account(msgspec.Struct):
    email: str
    user_id: UserId


class _Accounts(msgspec.Struct):
    users: list[_Account]


class _Habit(msgspec.Struct):
    id: HabitId


class _Habits(msgspec.Struct):
    items: list[_Habit]


class _Settings(msgspec.Struct):
    time_zone: str
    day_start: str
    week_start: Weekday
