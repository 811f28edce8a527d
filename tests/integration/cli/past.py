"""A past for scoring: battles that are over, and one that runs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

import psycopg
from sqlalchemy import text

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.bus.source import PostgresSource
from arena.chassis.testing.databases import TestDatabase, dsn
from arena.contracts.battle_spec import Phase
from arena.contracts.events.battles import BattleFinalised, FactExcluded, ParticipantDisqualified, ParticipantLeft
from arena.contracts.ids import BattleId
from arena.contracts.registry import LOGS, PARTITIONS, Log, partition_of
from arena.scoring.use_cases.replaying import Replay
from tests.integration.scoring.ground import Ground
from tests.integration.scoring.stories import Cast, Contestant, Match, Tale

CATALOGUE = Catalogue(LOGS, partition_of)


@dataclass(frozen=True, slots=True)
class Past:
    """What happened: two battles that ended and one that runs, between the same people."""

    people: tuple[Contestant, ...]
    ended: tuple[Match, ...]
    running: Match
    tale: Tale


async def past(ground: Ground, seed: int = 1) -> Past:
    """Let it happen; scoring has followed it to the end."""
    cast = Cast(Random(seed), await ground.now())  # noqa: S311 - a seeded test
    people = tuple(cast.person() for _ in range(4))
    tale = Tale(cast)
    await ground.append(*(person.created() for person in people))
    start = await ground.now() + timedelta(milliseconds=50)
    short = [Match.between(cast, people[0].user, start, start + timedelta(hours=1), streak_bonus=n) for n in range(2)]
    long = Match.between(cast, people[0].user, start, start + timedelta(hours=1))
    for match in (*short, long):
        await ground.append(match.opened(), *(person.joined(match) for person in people), match.moved(Phase.RUNNING))
    await ground.drain()
    for turn in range(6):
        for person in people[: 1 + turn % 3]:
            await ground.append(tale.log(person, start + timedelta(milliseconds=20 * turn)))
    first = next(iter(tale.in_force))
    await ground.append(tale.correct(first, value=3000), tale.take_back(list(tale.in_force)[-1]))
    await ground.append(
        FactExcluded(short[0].id, people[1].user, list(tale.in_force)[1]),
        ParticipantLeft(short[1].id, people[3].user),
        ParticipantDisqualified(short[1].id, people[2].user),
    )
    ended = await end_soon(ground, short)
    await until_scored(ground, ended)
    return Past(people, tuple(ended), long, tale)


async def end_soon(ground: Ground, matches: Sequence[Match]) -> list[Match]:
    """Bring the end of battles forward, now that all is told: so a slow machine tells all of it, too."""
    while True:
        end = await ground.now() + timedelta(seconds=0.2)  # after the last instant of the facts
        barrier = end + timedelta(seconds=0.1)
        ended = [replace(match, timetable=replace(match.timetable, end=end, grace_ends=end, audit_ends=barrier)) for match in matches]
        await ground.append(*(match.moved(Phase.RUNNING) for match in ended))
        if await ground.now() < barrier:  # else what brought the end forward counts for nothing, as it came later
            return ended


async def until_scored(ground: Ground, matches: list[Match]) -> None:
    """Wait for the barriers, let scoring say its last words, and battles repeat them."""
    async with asyncio.timeout(20):
        while None in [await ground.result_hash(match.id) for match in matches]:
            await ground.drain()
            await ground.act()
            await asyncio.sleep(0.05)
    while await ground.act():
        pass
    await ground.append(*[BattleFinalised(match.id, str(await ground.result_hash(match.id))) for match in matches])


def replay(ground: Ground) -> Replay:
    """The replay over the ground's logs."""
    bell = Bell("")

    def source_of(log: Log) -> PostgresSource:
        return PostgresSource(ground.scoring.engine, log.number, range(PARTITIONS), bell)

    return Replay(source_of, CATALOGUE)


async def revision(ground: Ground, battle_id: BattleId) -> int:
    """How often the standings of a battle were announced, as scoring keeps it."""
    async with ground.scoring.engine.connect() as connection:
        found = await connection.scalar(text("select revision from battle where battle_id = :id"), {"id": battle_id})
        return int(found or 0)


def by_the_administrator(database: TestDatabase, statement: str) -> list[tuple[Any, ...]]:
    """What somebody with the administrator's password can do."""
    with psycopg.connect(dsn(database.admin), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]
