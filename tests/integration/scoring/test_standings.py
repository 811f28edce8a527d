"""Standings and results from the two logs: which facts count, that they are kept as facts, and that the last word waits for the barrier."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.contracts.battle_spec import Phase
from arena.contracts.events.battles import FactExcluded, ParticipantDisqualified, ParticipantLeft
from arena.contracts.events.habits import HabitDeleted, Source
from arena.contracts.ids import HabitId
from arena.contracts.registry import partition_of
from arena.contracts.result import problems
from tests.integration.scoring.ground import ALL, Ground
from tests.integration.scoring.stories import Cast, Contestant, Match, Tale

LONG = timedelta(hours=1)


@dataclass(slots=True)
class Scene:
    """Two people in a battle whose window has begun."""

    ground: Ground
    tale: Tale
    ann: Contestant
    bob: Contestant
    match: Match

    @property
    def inside(self) -> datetime:
        return self.match.timetable.start + timedelta(milliseconds=50)

    async def table(self) -> dict[str, int]:
        """Everything is applied; the scores of Ann and Bob."""
        await self.ground.drain()
        names = {str(self.ann.user): "Ann", str(self.bob.user): "Bob"}
        return {names[user]: score for user, (_, score) in (await self.ground.standings(self.match.id)).items()}


async def scene(ground: Ground, *, lasts: timedelta = LONG, running: bool = True, **times: Any) -> Scene:
    """Ann and Bob meet."""
    cast = Cast(Random(5), await ground.now())  # noqa: S311 - a seeded test
    ann, bob = cast.person(), cast.person()
    await ground.append(ann.created(), bob.created())
    start = await ground.now() + timedelta(milliseconds=20)
    match = Match.between(cast, ann.user, start, start + lasts, **times)
    await ground.append(match.opened(), ann.joined(match), bob.joined(match))
    if running:
        await ground.append(match.moved(Phase.RUNNING))
    return Scene(ground, Tale(cast), ann, bob, match)


async def passed(ground: Ground, instant: datetime) -> None:
    """Wait until the database clock has passed an instant."""
    await asyncio.sleep(max(0.0, (instant - await ground.now()).total_seconds()) + 0.02)


async def test_only_facts_of_the_window_made_here_of_the_habit_that_competes_count(ground: Ground) -> None:
    stage = await scene(ground)
    tale, ann, match = stage.tale, stage.ann, stage.match
    start, end = match.timetable.start, match.timetable.end
    other = HabitId(UUID(int=9))
    await ground.append(
        tale.log(ann, start),
        tale.log(ann, end - timedelta(microseconds=1)),
        tale.log(ann, start - timedelta(microseconds=1)),
        tale.log(ann, end),
        tale.log(ann, None),
        tale.log(ann, stage.inside, source=Source.IMPORT),
        tale.log(ann, stage.inside, habit_id=other),
        tale.log(ann, stage.inside, value=0),
    )
    assert await stage.table() == {"Ann": 20, "Bob": 0}


async def test_standings_follow_corrections_because_facts_are_kept_and_not_totals(ground: Ground) -> None:
    stage = await scene(ground)
    tale, ann = stage.tale, stage.ann
    facts = [tale.log(ann, stage.inside) for _ in range(4)]
    for number, fact in enumerate(facts, start=1):
        await ground.append(fact)
        assert await stage.table() == {"Ann": 10 * number, "Bob": 0}
    await ground.append(tale.correct(facts[0].fact_id, value=2000))
    assert (await stage.table())["Ann"] == 40
    await ground.append(tale.correct(facts[0].fact_id, instant=stage.inside - LONG))
    assert (await stage.table())["Ann"] == 30
    await ground.append(tale.correct(facts[0].fact_id, instant=stage.inside))
    assert (await stage.table())["Ann"] == 40
    await ground.append(tale.take_back(facts[1].fact_id), tale.take_back(facts[0].fact_id))
    assert (await stage.table())["Ann"] == 20
    await ground.append(HabitDeleted(ann.user, ann.habit))
    assert (await stage.table())["Ann"] == 0


async def test_a_correction_and_what_it_corrects_in_one_batch_count_once(ground: Ground) -> None:
    stage = await scene(ground)
    await stage.table()
    fact = stage.tale.log(stage.ann, stage.inside)
    await ground.append(fact, stage.tale.correct(fact.fact_id, value=3000), stage.tale.correct(fact.fact_id, value=4000))
    assert await stage.table() == {"Ann": 10, "Bob": 0}
    [revision] = await ground.rows("select revision from fact where ended_at is null")
    assert revision.revision == 3


async def test_who_leaves_is_gone_from_the_standings_and_comes_back_with_no_later_fact(ground: Ground) -> None:
    stage = await scene(ground)
    await ground.append(stage.tale.log(stage.bob, stage.inside))
    assert await stage.table() == {"Ann": 0, "Bob": 10}
    await ground.append(ParticipantLeft(stage.match.id, stage.bob.user))
    assert await stage.table() == {"Ann": 0}
    await ground.append(stage.tale.log(stage.bob, stage.inside), stage.tale.log(stage.ann, stage.inside))
    assert await stage.table() == {"Ann": 10}


async def test_an_arbiter_s_decisions_take_facts_and_people_out(ground: Ground) -> None:
    stage = await scene(ground)
    facts = [stage.tale.log(person, stage.inside) for person in (stage.ann, stage.ann, stage.bob)]
    await ground.append(*facts, FactExcluded(stage.match.id, stage.ann.user, facts[0].fact_id))
    assert await stage.table() == {"Ann": 10, "Bob": 10}
    await ground.append(ParticipantDisqualified(stage.match.id, stage.bob.user))
    assert await stage.table() == {"Ann": 10}


async def test_the_last_word_waits_until_the_ledger_is_applied_up_to_the_barrier(ground: Ground) -> None:
    stage = await scene(ground, lasts=timedelta(milliseconds=700))
    await ground.append(*(stage.tale.log(person, stage.inside) for person in (stage.ann, stage.ann, stage.bob)))
    theirs = partition_of(str(stage.ann.user))
    await ground.apply("battles")
    await ground.apply("habits", partitions=ALL - {theirs})
    await passed(ground, stage.match.timetable.audit_ends)
    for _ in range(3):
        await ground.act()
        await asyncio.sleep(0.11)
    assert (await ground.result_hash(stage.match.id), await ground.scored()) == (None, [])
    await ground.apply("habits")
    await ground.act()
    [event] = await ground.scored()
    assert [line["score"] for line in event.result["standings"]] == [20, 10]
    assert event.result_hash == await ground.result_hash(stage.match.id) == sha256_hex(canonical_json(event.result))
    assert list(problems(event.result)) == []


async def test_what_comes_after_the_grace_changes_the_ledger_and_never_the_battle(ground: Ground) -> None:
    stage = await scene(ground, lasts=timedelta(milliseconds=300), grace=0.7)
    facts = [stage.tale.log(stage.ann, stage.inside) for _ in range(2)]
    await ground.append(facts[0])
    await passed(ground, stage.match.timetable.end)
    await ground.append(facts[1], stage.match.moved(Phase.GRACE))
    await passed(ground, stage.match.timetable.grace_ends)
    late = stage.tale.log(stage.ann, stage.inside)
    await ground.append(late, stage.tale.take_back(facts[0].fact_id), stage.tale.correct(facts[1].fact_id, instant=stage.inside - LONG))
    assert await stage.table() == {"Ann": 20, "Bob": 0}
    await ground.act()
    [event] = await ground.scored()
    assert [line["score"] for line in event.result["standings"]] == [20, 0]
    await ground.append(stage.tale.take_back(late.fact_id))
    assert await stage.table() == {"Ann": 20, "Bob": 0}
    assert await ground.scored() == [event]


async def test_facts_that_are_read_late_still_show_while_arbiters_decide(ground: Ground) -> None:
    stage = await scene(ground, lasts=timedelta(milliseconds=500), audit=3600.0)
    await ground.append(stage.tale.log(stage.ann, stage.inside))
    await passed(ground, stage.match.timetable.grace_ends)
    await ground.append(stage.match.moved(Phase.GRACE), stage.match.moved(Phase.AUDIT))
    while await ground.apply("battles"):
        pass
    assert await stage.table() == {"Ann": 10, "Bob": 0}


async def test_a_cancelled_battle_is_never_scored(ground: Ground) -> None:
    stage = await scene(ground, lasts=timedelta(milliseconds=50))
    await ground.append(stage.match.moved(Phase.CANCELLED))
    await passed(ground, stage.match.timetable.audit_ends)
    await stage.table()
    await ground.act()
    assert await ground.scored() == []
