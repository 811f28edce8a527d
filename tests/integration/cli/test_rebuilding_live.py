"""Scoring is rebuilt while it works: nothing is lost or said twice, what is wrong is found, and a kill changes nothing."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, pairwise
from random import Random

import pytest
from psycopg import AsyncConnection

from arena.chassis.bus import dead_letters
from arena.chassis.core.tasks import end
from arena.chassis.testing.databases import TestDatabase, dsn
from arena.contracts.battle_spec import Phase
from arena.embedded.rebuilding import AlreadyReplaying, OtherVersion, Rebuilt, TooBusy, rebuild, verify
from arena.embedded.rebuilding.beside import beside, snapshot
from arena.scoring.storage.comparing import LEFT_OUT, PROJECTED
from tests.integration.cli.past import Past, by_the_administrator, past, replay, revision, until_scored
from tests.integration.cli.test_rebuilding import announced, state
from tests.integration.scoring.ground import Ground
from tests.integration.scoring.stories import Match

PROGRAM = """
import asyncio, sys
from sqlalchemy import make_url
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.db.database import open_units
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.registry import LOGS, partition_of
from arena.embedded.rebuilding import rebuild
use_tzdata_wheel()
admin, service = map(make_url, sys.argv[1:])
print("begins", flush=True)
async def run():
    while True:
        await rebuild(admin, service, open_units(service, Catalogue(LOGS, partition_of)), lambda _: None)
asyncio.run(run())
"""


@dataclass(slots=True)
class Load:
    """What goes on meanwhile."""

    logged: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def under_load(ground: Ground, story: Past) -> AsyncIterator[Load]:
    """Scoring's own runners at work, and people who log, correct and take back."""
    load, before = Load(), len(await announced(ground, story.running.id))
    assert ground.due is not None
    workers = [asyncio.create_task(runner.run()) for runner in ground.runners.values()] + [asyncio.create_task(ground.due.run())]
    people = asyncio.create_task(_live(ground, story, load))
    try:
        yield load
    finally:
        load.stopping.set()
        await people
        for stopping in (ground.due.stopping, *(runner.stopping for runner in ground.runners.values())):
            stopping.set()
        await end(workers, grace=10)
    for worker in workers:
        assert worker.cancelled() or worker.exception() is None
    ground.restart()
    await ground.drain()
    while await ground.act():
        pass
    told = (await announced(ground, story.running.id))[before:]
    assert all(one.rows != following.rows for one, following in pairwise(told))  # nothing was said twice


async def _live(ground: Ground, story: Past, load: Load) -> None:
    random = Random(7)  # noqa: S311 - a seeded test
    for turn in count():
        if load.stopping.is_set():
            return
        person = random.choice(story.people)
        at = story.running.timetable.start
        fact = random.choice(list(story.tale.in_force))
        await ground.append(story.tale.correct(fact, value=1000 + turn) if turn % 7 == 3 else story.tale.log(person, at))
        load.logged += 1
        await asyncio.sleep(0.002)  # the pace of the load


async def rebuilt(ground: Ground, database: TestDatabase, *, accept: bool = False) -> Rebuilt:
    return await rebuild(database.admin, database.url("scoring"), ground.scoring, lambda _: None, accept=accept)


async def verified(ground: Ground, database: TestDatabase) -> Rebuilt:
    return await verify(database.admin, database.url("scoring"), ground.scoring, lambda _: None)


async def check_whole(ground: Ground, database: TestDatabase, story: Past) -> None:
    """Nothing lost, nothing doubled: the tables are what the log says, and each revision was announced once."""
    assert (await verified(ground, database)).differences.first == []
    said = [one.revision for one in await announced(ground, story.running.id)]
    assert said == list(range(1, 1 + len(said)))
    assert await revision(ground, story.running.id) == said[-1]
    last = (await announced(ground, story.running.id))[-1]
    assert await ground.standings(story.running.id) == {str(row.user_id): (row.rank, row.score) for row in last.rows}


async def test_scoring_changes_places_under_load_and_nothing_is_lost_or_said_twice(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    async with under_load(ground, story) as load:
        for _ in range(3):
            before = load.logged
            told = await rebuilt(ground, database)
            assert (told.replaced, told.wrong, told.differences.first) == (True, (), [])
            assert told.held < 10  # on a machine that does much else
            assert load.logged > before
    await check_whole(ground, database, story)


async def test_a_battle_that_ends_during_a_rebuild_has_the_hash_that_the_log_gives(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    start = await ground.now()
    short = Match.between(story.tale.cast, story.people[0].user, start, start + timedelta(seconds=1), audit=0.2)
    await ground.append(short.opened(), *(person.joined(short) for person in story.people), short.moved(Phase.RUNNING))
    await ground.drain()
    async with under_load(ground, story):
        while await ground.result_hash(short.id) is None:
            assert (await rebuilt(ground, database)).replaced
        await rebuilt(ground, database)
    await until_scored(ground, [short])
    replayed = await replay(ground).battle(short.id)
    assert replayed.result_hash == await ground.result_hash(short.id)
    assert [scored.battle_id for scored in await ground.scored()].count(short.id) == 1
    assert (await verified(ground, database)).differences.first == []


async def test_what_is_applied_between_the_last_look_and_the_change_of_places_is_in_it(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    lock, waits = "(hashtext('arena.provision'))", "select waitstart from pg_locks where locktype = 'advisory' and not granted"
    async with asyncio.timeout(60), await AsyncConnection.connect(dsn(database.admin), autocommit=True) as door:
        await door.execute(f"select pg_advisory_lock{lock}".encode())
        rebuilding = asyncio.create_task(rebuilt(ground, database))
        while True:  # it has caught up, and waits at the door for half a second at a time
            if (turn := await (await door.execute(waits)).fetchone()) is not None:
                await ground.append(story.tale.log(story.people[3], story.running.timetable.start))
                await ground.drain()
                before = await state(ground, story)
                if await (await door.execute(waits)).fetchone() == turn:
                    break
            await asyncio.sleep(0.01)
        await door.execute(f"select pg_advisory_unlock{lock}".encode())
        assert (await rebuilding).replaced
    assert await state(ground, story) == before
    await check_whole(ground, database, story)


async def started(ground: Ground, story: Past) -> Match:
    """One more battle of the same people, on its way."""
    now = await ground.now()
    match = Match.between(story.tale.cast, story.people[0].user, now, now + timedelta(hours=1))
    await ground.append(match.opened(), *(person.joined(match) for person in story.people), match.moved(Phase.RUNNING))
    await ground.drain()
    await ground.append(story.tale.log(story.people[1], match.timetable.start))
    await ground.drain()
    return match


PLANTED = {
    "terms": "insert into scoring.terms select habit_id, place + 1, accepted_at, from_day, schedule from scoring.terms limit 1",
    "fact": "update scoring.fact set value = value + 1000 where fact_id = (select min(fact_id::text)::uuid from scoring.fact)",
    "battle": "update scoring.battle set result_hash = 'x' where battle_id = '{ended}'",
    "contestant": "delete from scoring.contestant where battle_id = '{running}' and user_id = '{person}'",
    "standing": "update scoring.standing set score = score + 1 where battle_id = '{running}' and rank = 1",
    "standing of a cancelled battle": "update scoring.standing set score = score + 1 where battle_id = '{called_off}' and rank = 1",
    "streak": "update scoring.streak set length = length + 5 where habit_id = (select min(habit_id::text)::uuid from scoring.streak)",
    "due battle.close": "delete from scoring.due where kind = 'battle.close' and key = '{running}'",
    "due streak.review": "update scoring.due set at = at + interval '1 day' where kind = 'streak.review' "
    "and key = (select min(key) from scoring.due where kind = 'streak.review')",
    "announced standing": "update log.event set payload = regexp_replace(payload, '\"score\":\\d+', '\"score\":9999999') "
    "where type = 'StandingsChanged' and key = '{other}' and position = (select max(position) from log.event e "
    "where e.type = 'StandingsChanged' and e.key = '{other}')",
}


async def test_rows_that_the_log_does_not_give_are_found_named_and_mended(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    called_off, other = [await started(ground, story) for _ in range(2)]
    await ground.append(story.tale.log(story.people[0], called_off.timetable.start), called_off.moved(Phase.CANCELLED))
    await ground.apply("battles")  # so that this fact did not count there, as it does where the ledger is read first
    await ground.drain()
    while await ground.act():
        pass
    assert (await verified(ground, database)).differences.first == []
    named = {"running": story.running.id, "ended": story.ended[0].id, "person": story.people[0].user}
    named |= {"called_off": called_off.id, "other": other.id}
    for statement in PLANTED.values():
        by_the_administrator(database, statement.format(**named))
    found = (await verified(ground, database)).differences
    assert [one.table for one in found.first] == list(PLANTED)
    assert found.total == len(PLANTED)
    [contestant] = [one for one in found.first if one.table == "contestant"]
    assert (contestant.key, contestant.live) == ({"battle_id": named["running"], "user_id": named["person"]}, None)
    assert by_the_administrator(database, "select nspname from pg_namespace where nspname like 'scoring%'") == [("scoring",)]
    assert (await verified(ground, database)).differences.total == found.total
    assert (await rebuilt(ground, database)).replaced
    while await ground.act():
        pass
    assert (await verified(ground, database)).differences.first == []


async def test_every_column_is_compared_or_named_as_left_out(ground: Ground) -> None:
    columns = await ground.rows(
        "select table_name, column_name from information_schema.columns where table_schema = 'scoring' and table_name <> 'alembic_version'"
    )
    compared = {(one.name, column) for one in PROJECTED for column in (*one.key, *one.columns)}
    compared |= {("due", name) for name in ("kind", "key", "at")}  # by two queries
    left_out = [set(re.findall(r"\w+", words)) for words in LEFT_OUT]
    whole = {"discarded", "dead_letter", "idempotency_key"}
    assert all(any(table in words for words in left_out) for table in whole)
    whole.add("applied")  # a build is brought to the positions of the live one before both are compared
    missing = {tuple(one) for one in columns if one.table_name not in whole} - compared
    assert [one for one in missing if not any(words >= set(one) for words in left_out)] == []


async def test_a_result_that_players_are_shown_otherwise_is_named(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    battle = story.ended[0].id
    by_the_administrator(database, "alter table battles.result drop constraint result_battle_id_fkey")  # it is nowhere but in the log here
    by_the_administrator(database, f"insert into battles.result values ('{battle}', '{{}}', 'x', now())")
    [wrong] = (await verified(ground, database)).wrong
    assert (wrong.battle_id, wrong.scored) == (battle, wrong.rebuilt)
    assert wrong.shown not in {None, wrong.rebuilt}


async def test_standings_that_were_announced_wrongly_are_announced_again(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    by_the_administrator(database, f"update scoring.standing set score = score + 1 where battle_id = '{story.running.id}'")
    said = len(await announced(ground, story.running.id))
    assert (await rebuilt(ground, database)).announced == 1
    while await ground.act():
        pass
    assert len(await announced(ground, story.running.id)) == said + 1
    await check_whole(ground, database, story)


async def test_what_was_given_up_stays_given_up_and_what_waited_behind_it_counts(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    match = Match.between(story.tale.cast, story.people[0].user, await ground.now(), await ground.now() + timedelta(hours=1))
    joined = [person.joined(match) for person in story.people]
    await ground.append(match.opened(), match.opened(), *joined, match.moved(Phase.RUNNING))
    await ground.drain()
    consumer = ground.runners["battles"].consumer
    [first, *_] = await dead_letters.waiting(ground.scoring, consumer, str(match.id))
    told = await dead_letters.discard(ground.scoring, consumer, str(match.id), first.position, by="ada", why="said twice")
    assert told == (len(story.people) + 1, 0, None)
    before = await ground.standings(match.id)
    assert len(before) == len(story.people)
    anew = await rebuilt(ground, database)
    assert (anew.parked, anew.differences.first) == ((), [])
    assert await ground.standings(match.id) == before
    assert [row.discarded_by for row in await ground.rows("select discarded_by from discarded")] == ["ada"]
    acts = await ground.rows("select act, why from dead_letter order by at limit 2")
    assert [act for act, _ in acts] == ["parked", "discarded"]
    assert str(match.id) not in acts[0].why  # the database quotes the row; who reads the reason need not know it


@pytest.mark.timeout(400)
async def test_killed_at_any_point_it_has_changed_nothing_or_everything(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    addresses = [url.render_as_string(hide_password=False) for url in (database.admin, database.url("scoring"))]
    async with under_load(ground, story):
        for after in (0.1, 0.4, 0.8):
            child = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, *addresses, stdout=asyncio.subprocess.PIPE)
            assert child.stdout is not None
            assert await child.stdout.readline() == b"begins\n"
            await asyncio.sleep(after)  # not a wait for something: the point at which it is killed
            child.kill()
            await child.wait()
    await check_whole(ground, database, story)


async def test_one_rebuild_at_a_time(ground: Ground, database: TestDatabase) -> None:
    await past(ground)
    async with beside(database.admin):
        with pytest.raises(AlreadyReplaying, match="wait"):
            await rebuilt(ground, database)


async def test_tables_of_another_version_are_left_alone(ground: Ground, database: TestDatabase) -> None:
    await past(ground)
    by_the_administrator(database, "update scoring.alembic_version set version_num = '9999'")
    with pytest.raises(OtherVersion, match="9999"):
        await rebuilt(ground, database)


async def test_whoever_holds_the_tables_for_long_is_waited_for_and_not_ended(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    async with snapshot(database.admin) as backup:
        await backup.execute("select count(*) from scoring.standing")
        with pytest.raises(TooBusy, match="Nothing was changed"):
            await rebuild(database.admin, database.url("scoring"), ground.scoring, lambda _: None, attempts=2)
    await check_whole(ground, database, story)
