"""Standings of many lines are announced now and then: all that happened meanwhile is in the next announcement, and nothing is lost."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import pytest

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.bus.due import DueRunner
from arena.chassis.bus.source import PostgresSource
from arena.contracts.battle_spec import Phase
from arena.contracts.events.scoring import BattleScored, StandingsChanged
from arena.contracts.registry import LOGS, PARTITIONS, STANDINGS, partition_of
from arena.scoring.storage import battles
from arena.scoring.use_cases.battles import BattleKeeper
from arena.scoring.use_cases.ledger import LedgerKeeper
from arena.scoring.use_cases.scorekeeping import ANNOUNCE, Scorekeeper, pause_of
from tests.integration.scoring.ground import Ground
from tests.integration.scoring.stories import Cast, Contestant, Match, Tale

PAUSE = timedelta(seconds=2)
"""Longer than a busy machine takes for the few batches that are to fall into one rest."""


def test_small_battles_do_not_rest_and_larger_ones_the_longer_the_larger() -> None:
    assert [pause_of(lines).total_seconds() for lines in (0, 2, 200, 1000, 5000, 10_000)] == [0, 0, 0, 0.2, 1, 2]


@dataclass
class Crowd:
    """A battle that counts as large, under way and just announced."""

    ground: Ground
    people: list[Contestant]
    match: Match
    tale: Tale
    due: DueRunner

    @classmethod
    async def gathered(cls, ground: Ground, *, lasts: float = 3600) -> "Crowd":
        cast = Cast(Random(3), await ground.now())  # noqa: S311 - a seeded test
        people = [cast.person() for _ in range(3)]
        await ground.append(*(one.created() for one in people))
        start = await ground.now() + timedelta(milliseconds=10)
        match = Match.between(cast, people[0].user, start, start + timedelta(seconds=lasts))
        keeper = Scorekeeper(lambda _: PAUSE)
        runner = ground.runners["habits"]
        await ground.append(match.opened(), *(one.joined(match) for one in people), match.moved(Phase.RUNNING))
        await ground.drain()
        runner.consumer = type(runner.consumer)(
            runner.consumer.name, runner.consumer.log, dict.fromkeys(runner.consumer.handlers, LedgerKeeper(keeper).ingest)
        )
        return cls(ground, people, match, Tale(cast), DueRunner(ground.scoring, {ANNOUNCE: keeper.announce}))

    async def log(self, times: int) -> None:
        """So many facts, each applied in a batch of its own."""
        for number in range(times):
            await self.ground.append(self.tale.log(self.people[number % 2], self.match.timetable.start))
            await self.ground.drain()

    async def said(self) -> list[StandingsChanged | BattleScored]:
        source = PostgresSource(self.ground.scoring.engine, STANDINGS.number, range(PARTITIONS), Bell(""))
        records = await source.read(dict.fromkeys(range(PARTITIONS), 0), 10_000)
        catalogue = Catalogue(LOGS, partition_of)
        return [catalogue.decode(STANDINGS.number, record) for record in records]

    def rows(self, *scores: int) -> set[tuple[object, int, int]]:
        """A user, their rank and their score, for the first people."""
        ranks = {score: place for place, score in reversed(list(enumerate(sorted(scores, reverse=True), 1)))}
        return {(one.user, ranks[score], score) for one, score in zip(self.people, scores, strict=True)}


def told(event: StandingsChanged | BattleScored) -> set[tuple[object, int, int]]:
    assert isinstance(event, StandingsChanged)
    return {(row.user_id, row.rank, row.score) for row in event.rows}


async def test_those_who_join_a_large_battle_one_by_one_are_announced_together_and_score_nobody_else_again(ground: Ground) -> None:
    cast = Cast(Random(4), await ground.now())  # noqa: S311 - a seeded test
    people = [cast.person() for _ in range(6)]
    start = await ground.now() + timedelta(hours=1)
    match = Match.between(cast, people[0].user, start, start + timedelta(hours=1))
    keeper = Scorekeeper(lambda lines: PAUSE if lines else timedelta())
    runner = ground.runners["battles"]
    follow = BattleKeeper(keeper).follow
    runner.consumer = type(runner.consumer)(runner.consumer.name, runner.consumer.log, dict.fromkeys(runner.consumer.handlers, follow))
    crowd = Crowd(ground, people, match, Tale(cast), DueRunner(ground.scoring, {ANNOUNCE: keeper.announce}))
    await ground.append(*(one.created() for one in people), match.opened())
    await ground.drain()
    for one in people:
        await ground.append(one.joined(match))
        await ground.drain()
    assert [len(told(event)) for event in await crowd.said()] == [1]
    await asyncio.sleep(PAUSE.total_seconds())
    while await crowd.due.step():
        pass
    [_, together] = await crowd.said()
    assert told(together) == {(one.user, 1, 0) for one in people}


@pytest.fixture
async def crowd(ground: Ground) -> Crowd:
    return await Crowd.gathered(ground)


async def test_what_happens_while_standings_rest_is_announced_together_afterwards(crowd: Crowd) -> None:
    before = await crowd.said()
    await crowd.log(5)
    assert await crowd.said() == before
    await asyncio.sleep(PAUSE.total_seconds())
    while await crowd.due.step():
        pass
    [news] = (await crowd.said())[len(before) :]
    assert told(news) == crowd.rows(30, 20, 0)
    stored = await crowd.ground.standings(crowd.match.id)
    assert {(user, rank, score) for user, (rank, score) in stored.items()} == {(str(u), r, s) for u, r, s in crowd.rows(30, 20, 0)}


async def test_the_first_fact_after_the_rest_brings_all_and_nothing_is_said_twice(crowd: Crowd) -> None:
    before = await crowd.said()
    await crowd.log(2)
    await asyncio.sleep(PAUSE.total_seconds())
    await crowd.log(1)
    assert [told(one) for one in (await crowd.said())[len(before) :]] == [crowd.rows(20, 10, 0)]
    await crowd.due.step()
    assert len(await crowd.said()) == len(before) + 1


async def test_announcing_waits_for_nobody_who_holds_the_battle(crowd: Crowd) -> None:
    """Whoever holds it may be about to move the due time, and would wait for the one who waits for them."""
    before = await crowd.said()
    await crowd.log(1)
    await asyncio.sleep(PAUSE.total_seconds())
    async with crowd.ground.scoring.begin() as uow:
        await battles.lock_battles(uow, [crowd.match.id])
        async with asyncio.timeout(5):
            await crowd.due.step()
        assert await crowd.said() == before
    await asyncio.sleep(0.1)
    await crowd.due.step()
    assert [told(one) for one in (await crowd.said())[len(before) :]] == [crowd.rows(10, 0, 0)]


async def test_a_fact_that_moves_nothing_brings_no_announcement(crowd: Crowd) -> None:
    before = await crowd.said()
    await crowd.ground.append(crowd.tale.log(crowd.people[0], crowd.match.timetable.start - timedelta(days=1)))
    await crowd.ground.drain()
    await asyncio.sleep(PAUSE.total_seconds())
    await crowd.due.step()
    assert await crowd.said() == before


async def test_the_last_word_waits_for_no_rest(ground: Ground) -> None:
    crowd = await Crowd.gathered(ground, lasts=3)
    await crowd.log(3)
    async with asyncio.timeout(20):
        while await ground.result_hash(crowd.match.id) is None:
            await ground.drain()
            await ground.act()
            await asyncio.sleep(0.02)
    said = await crowd.said()
    standings, scored = said[-2:]
    assert told(standings) == crowd.rows(20, 10, 0)
    assert isinstance(scored, BattleScored)
    assert {row["user_id"]: row["score"] for row in scored.result["standings"]} == {str(u): s for u, _, s in crowd.rows(20, 10, 0)}
    await asyncio.sleep(PAUSE.total_seconds())
    await crowd.due.step()
    assert await crowd.said() == said
