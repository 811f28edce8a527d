"""Lets simulated people use the platform as anybody would: through its public API."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from time import perf_counter
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx

from arena.client import ApiProblem, ArenaClient, Unreachable
from arena.simulate.people import Person
from arena.simulate.rhythm import Deed, deeds, pauses, value, wakefulness

T = TypeVar("T")
AT_ONCE = 6
"""How many people act at the same time where order does not matter."""
_UNAUTHORIZED = 401
_TOO_MANY = 429
_TAKEN = "email-taken"

Advance = Callable[[int], None]


@dataclass(slots=True)
class Tally:
    """What became of the logs that were sent; `seconds` are the times that the accepted ones took."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float | None:
        """The time, in milliseconds, that this share of the accepted logs stayed within."""
        ordered = sorted(self.seconds)
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None


@dataclass(slots=True)
class Actor:
    """A simulated person with an account, signed in, and their habits' ids in the order of their plans."""

    person: Person
    client: ArenaClient
    password: str
    habits: list[UUID] = field(default_factory=list)
    user_id: UUID | None = None

    async def sign_in(self) -> None:
        """Speak with a fresh token."""
        tokens = await patiently(lambda: self.client.identity.sign_in(self.person.email, self.password))
        self.client.as_bearer(tokens.access_token)

    async def log(self, deed: Deed, tally: Tally) -> None:
        """Log it; an expired token is renewed, a refusal is counted."""
        began = perf_counter()
        try:
            await self._send(deed)
        except ApiProblem as problem:
            tally.refused[problem.slug] += 1
        except Unreachable:
            tally.refused["unreachable"] += 1
        else:
            tally.accepted += 1
            tally.seconds.append(perf_counter() - began)

    async def _send(self, deed: Deed) -> None:
        fields: dict[str, Any] = {"client_id": deed.client_id} | ({} if deed.value is None else {"value": deed.value})
        for last in (False, True):
            try:
                await self.client.habits.log(self.habits[deed.habit], deed.at, time_zone=self.person.time_zone, **fields)
            except ApiProblem as problem:
                if last or problem.status != _UNAUTHORIZED:
                    raise
                await self.sign_in()
            else:
                return


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """The answer, however long the platform asks to wait: many people behind one address meet its limits."""
    while True:
        try:
            return await call()
        except ApiProblem as problem:
            if problem.status != _TOO_MANY:
                raise
            await asyncio.sleep(min(10.0, problem.retry_after or 1.0))


@asynccontextmanager
async def enlisted(url: str, crowd: Sequence[Person], advance: Advance = lambda _: None) -> AsyncIterator[list[Actor]]:
    """The people with an account each (made on first meeting), signed in, with zone and habits set.

    Raises:
        ApiProblem: accounts are by invitation there, or an account of that name has another password.
        Unreachable: nobody answers there.
    """
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as http:
        actors = [Actor(person, ArenaClient(http), f"simulated {person.seed} {person.number} {person.name}") for person in crowd]
        await each(actors, _enlist, advance)
        yield actors


async def _enlist(actor: Actor) -> None:
    person, client = actor.person, actor.client
    try:
        await patiently(lambda: client.identity.register(person.email, actor.password, person.name))
    except ApiProblem as problem:
        if problem.slug != _TAKEN:
            raise
    await actor.sign_in()
    actor.user_id = (await client.identity.me()).id
    await client.habits.change_settings(person.time_zone, day_start=person.day_start)
    known = {habit.name: habit.id for habit in await client.habits.all()}
    actor.habits = [known.get(plan.name) or (await client.habits.create(**plan.fields)).id for plan in person.habits]


async def live_through(actors: Sequence[Actor], first: date, last: date, tally: Tally, advance: Advance = lambda _: None) -> None:
    """Log what everybody did on these civil days, up to now; run again, it adds nothing."""

    async def live(actor: Actor) -> None:
        for deed in deeds(actor.person, first, last):
            if deed.at <= datetime.now(UTC):
                await actor.log(deed, tally)

    await each(actors, live, advance)


async def play(actors: Sequence[Actor], until: datetime, pace: float, tally: Tally) -> None:
    """Everybody logs now and then, each at their own pace, until an instant."""

    async def act(actor: Actor) -> None:
        person = actor.person
        lively = wakefulness(person, datetime.now(ZoneInfo(person.time_zone)))
        for turn, pause in enumerate(pauses(person, pace, lively)):
            if (until - datetime.now(UTC)).total_seconds() <= pause:
                return
            await asyncio.sleep(pause)
            await actor.log(deed_now(actor, turn), tally)

    async with asyncio.TaskGroup() as tasks:
        for actor in actors:
            tasks.create_task(act(actor))


async def load(actors: Sequence[Actor], rate: float, seconds: float, tally: Tally, advance: Advance = lambda _: None) -> None:
    """So many logs a second, whatever the answers take; returns when all are answered."""
    began = perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for turn in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, began + turn / rate - perf_counter()))
            actor = actors[turn % len(actors)]
            tasks.create_task(actor.log(deed_now(actor, turn), tally))
            advance(1)


def deed_now(actor: Actor, turn: int) -> Deed:
    """Something the person does at this moment."""
    person, now = actor.person, datetime.now(UTC)
    habit = person.chance("turn", turn).randrange(len(person.habits))
    client_id = f"sim:{person.seed}:{person.number}:{now:%y%m%d%H%M%S%f}:{turn}"
    return Deed(habit, now, value(person, person.habits[habit], turn), client_id)


async def each(actors: Sequence[Actor], act: Callable[[Actor], Awaitable[None]], advance: Advance) -> None:
    """Let everybody act, some at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(actor: Actor) -> None:
        async with gate:
            await act(actor)
        advance(1)

    async with asyncio.TaskGroup() as tasks:
        for actor in actors:
            tasks.create_task(one(actor))
