"""Scoring can be thrown away: built anew from the log, every result and every standing is what it was."""

import asyncio

import pytest
from sqlalchemy import create_engine, text

from arena.chassis.testing.databases import TestDatabase
from arena.contracts.events.scoring import StandingsChanged
from arena.contracts.registry import STANDINGS
from arena.embedded.rebuilding import BESIDE, LogDamaged, Rebuilt, StillRunning, backlog, rebuild
from tests.integration.cli.past import CATALOGUE, Past, by_the_administrator, past, revision
from tests.integration.scoring.ground import Ground

STREAKS = "select habit_id, length, since, lost from streak order by habit_id"


async def built(ground: Ground, database: TestDatabase, *, accept: bool = False, counted: list[int] | None = None) -> Rebuilt:
    seen = counted if counted is not None else []
    return await rebuild(database.admin, database.url("scoring"), ground.scoring, seen.append, accept=accept)


async def state(ground: Ground, story: Past) -> dict[str, object]:
    """All that scoring tells of the story."""
    matches = (*story.ended, story.running)
    return {
        "standings": [await ground.standings(match.id) for match in matches],
        "hashes": [await ground.result_hash(match.id) for match in matches],
        "revisions": [await revision(ground, match.id) for match in matches],
        "streaks": [tuple(row) for row in await ground.rows(STREAKS)],
    }


async def announced(ground: Ground, battle_id: object) -> list[StandingsChanged]:
    """The announcements of a battle in the log, in order."""
    rows = await ground.rows(
        "select * from log.read(cast(:topic as smallint), cast(array(select generate_series(0, 15)) as smallint[]), "
        "array_fill(cast(0 as bigint), array[16]), 10000) "
        "where key = :key and type = 'StandingsChanged' order by position",
        topic=STANDINGS.number,
        key=str(battle_id),
    )
    return [CATALOGUE.decode(STANDINGS.number, row) for row in rows]


async def test_after_scoring_s_schema_is_dropped_everything_comes_back_from_the_log(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    before, said = await state(ground, story), len(await announced(ground, story.running.id))
    total = await backlog(ground.scoring)
    by_the_administrator(database, "drop schema scoring cascade")
    counted: list[int] = []
    told = await built(ground, database, counted=counted)
    assert told.replaced
    assert {one.battle_id for one in told.hashes} == {match.id for match in story.ended}
    assert all(one.rebuilt == one.scored == one.finalised for one in told.hashes)
    assert (told.wrong, told.parked, told.announced) == ((), (), 0)
    assert sum(counted) == told.events == total
    assert await state(ground, story) == before
    assert len(await announced(ground, story.running.id)) == said


async def test_a_rebuilt_scoring_goes_on_where_the_old_one_was(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    await built(ground, database)
    last = (await announced(ground, story.running.id))[-1].revision
    ground.restart()
    await ground.append(story.tale.log(story.people[3], story.running.timetable.start))
    await ground.drain()
    again = await announced(ground, story.running.id)
    assert [one.revision for one in again] == list(range(1, last + 2))
    assert await ground.standings(story.running.id) == {str(row.user_id): (row.rank, row.score) for row in again[-1].rows}


async def test_what_scoring_had_not_come_to_is_left_to_it(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    last = (await announced(ground, story.running.id))[-1]
    await ground.append(story.tale.log(story.people[3], story.running.timetable.start))
    told = await built(ground, database)
    assert (told.announced, told.differences.total) == (0, 0)
    await ground.drain()  # the runners of before the change of places
    newest = (await announced(ground, story.running.id))[-1]
    assert newest.revision == last.revision + 1
    assert newest.rows != last.rows


async def test_after_a_loss_what_was_never_announced_is_announced_once(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    last = (await announced(ground, story.running.id))[-1]
    await ground.append(story.tale.log(story.people[3], story.running.timetable.start))
    await ground.forget()
    assert (await built(ground, database)).announced == 1
    newest = (await announced(ground, story.running.id))[-1]
    assert newest.revision == last.revision + 1
    assert newest.rows != last.rows
    await ground.forget()
    assert (await built(ground, database)).announced == 0


async def test_a_battle_that_has_not_had_its_last_word_gets_it_from_the_running_system(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    by_the_administrator(database, f"delete from log.event where type in ('BattleScored') and key = '{story.ended[1].id}'")
    by_the_administrator(database, f"delete from log.event where type in ('BattleFinalised') and key = '{story.ended[1].id}'")
    told = await built(ground, database)
    assert {one.battle_id for one in told.hashes} == {story.ended[0].id}
    assert told.replaced
    assert await ground.result_hash(story.ended[1].id) is None
    ground.restart()
    await ground.act()
    assert await ground.result_hash(story.ended[1].id) is not None
    assert story.ended[1].id in {scored.battle_id for scored in await ground.scored()}


async def test_a_result_that_comes_out_otherwise_is_named_and_nothing_is_changed(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    before = await state(ground, story)
    fact = next(one for one in story.tale.in_force.values() if one.user_id == story.people[0].user)
    by_the_administrator(
        database, f"update log.event set payload = replace(payload, '\"value\":', '\"value\":9') where payload like '%{fact.fact_id}%'"
    )
    told = await built(ground, database)
    assert not told.replaced
    assert {one.battle_id for one in told.wrong} == {match.id for match in story.ended}
    assert await state(ground, story) == before
    accepted = await built(ground, database, accept=True)
    assert accepted.replaced
    assert await ground.result_hash(story.ended[0].id) == next(o.rebuilt for o in accepted.hashes if o.battle_id == story.ended[0].id)


async def test_a_log_with_a_hole_in_it_is_refused(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    before = await state(ground, story)
    fact = next(one for one in story.tale.in_force.values() if one.user_id == story.people[0].user)
    by_the_administrator(database, f"delete from log.event where payload like '%{fact.fact_id}%' and type = 'FactLogged'")
    with pytest.raises(LogDamaged, match="Events are missing"):
        await built(ground, database)
    assert await state(ground, story) == before


async def test_what_was_lost_is_not_rebuilt_beside_somebody_who_works_with_it(ground: Ground, database: TestDatabase) -> None:
    await past(ground)
    await ground.forget()
    engine = create_engine(database.url("scoring"))
    with engine.connect() as connection:
        connection.execute(text("select 1"))
        with pytest.raises(StillRunning, match="stop it"):
            await built(ground, database)
    engine.dispose()
    assert (await built(ground, database)).replaced


async def test_a_rebuild_that_is_interrupted_has_changed_nothing(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    before = await state(ground, story)

    def interrupt(_: int) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await rebuild(database.admin, database.url("scoring"), ground.scoring, interrupt)
    assert await state(ground, story) == before
    assert (await built(ground, database)).replaced
    assert by_the_administrator(database, f"select count(*) from pg_namespace where nspname = '{BESIDE}'") == [(0,)]


async def test_what_was_discarded_stays_on_record(ground: Ground, database: TestDatabase) -> None:
    await past(ground)
    by_the_administrator(
        database,
        "insert into scoring.discarded (consumer, topic, partition, position, at, key, type, payload, attempts, parked_at, discarded_by, "
        "discarded_at) values ('scoring.ledger', 2, 0, 1, now(), 'k', 'FactLogged', '{}', 3, now(), 'ada', now())",
    )
    await built(ground, database)
    assert [row.discarded_by for row in await ground.rows("select discarded_by from discarded")] == ["ada"]
