"""A result is recomputed from the log alone: equal as long as nobody touched the log, and otherwise the row is named."""

from uuid import UUID

import pytest
from sqlalchemy import text

from arena.chassis.testing.databases import TestDatabase
from arena.contracts.ids import BattleId
from arena.scoring.domain.differences import differences
from arena.scoring.use_cases.replaying import BattleUnscored
from tests.integration.cli.past import Past, by_the_administrator, past, replay
from tests.integration.scoring.ground import Ground


def tamper(database: TestDatabase, statement: str) -> None:
    """Change one event."""
    assert by_the_administrator(database, statement) == [(1,)]


async def replayed(ground: Ground, story: Past) -> list[list[tuple[str | None, str]]]:
    """Of each ended battle what differs: contestant and field."""
    found = []
    for match in story.ended:
        told = await replay(ground).battle(match.id)
        found.append([(one.contestant, one.field) for one in differences(told.announced.result, told.document)])
    return found


async def test_every_ended_battle_comes_out_the_same_whatever_scoring_s_tables_hold(ground: Ground) -> None:
    story = await past(ground)
    async with ground.scoring.begin() as uow:
        await uow.connection.execute(text("truncate fact, standing, contestant, terms"))
    for match in story.ended:
        told = await replay(ground).battle(match.id)
        assert told.result_hash == told.announced.result_hash == await ground.result_hash(match.id)
        assert told.document == told.announced.result


async def test_what_came_after_the_vector_changes_nothing(ground: Ground) -> None:
    story = await past(ground)
    await ground.append(
        story.tale.log(story.people[0], story.ended[0].timetable.start), story.tale.take_back(next(iter(story.tale.in_force)))
    )
    assert await replayed(ground, story) == [[], []]


async def test_a_fact_that_was_changed_in_the_log_is_told_by_its_contestant(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    ann = story.people[0]
    fact = [one for one in story.tale.in_force.values() if one.user_id == ann.user][2]
    tamper(
        database,
        f"update log.event set payload = replace(payload, '\"value\":1000', '\"value\":1001') where payload like '%{fact.fact_id}%'",
    )
    assert await replayed(ground, story) == [[(str(ann.user), "digest")], [(str(ann.user), "digest")]]


async def test_a_fact_that_was_moved_out_of_the_window_is_told_with_score_and_count(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    ann = story.people[0]
    fact = [one for one in story.tale.in_force.values() if one.user_id == ann.user][2]
    assert fact.instant is not None
    year = f'"instant":"{fact.instant.year}'
    tamper(
        database, f"update log.event set payload = replace(payload, '{year}', '\"instant\":\"1999') where payload like '%{fact.fact_id}%'"
    )
    fields = {field for user, field in (await replayed(ground, story))[0] if user == str(ann.user)}
    assert {"score", "facts", "digest"} <= fields


async def test_a_disqualification_that_was_taken_out_of_the_log_shows_a_line_more(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    tamper(database, "update log.event set type = 'ParticipantLeft' where type = 'ParticipantDisqualified'")
    tamper(
        database,
        f"update log.event set type = 'PhaseChanged', payload = (select payload from log.event where type = 'PhaseChanged' "
        f"and key = '{story.ended[1].id}' limit 1) where type = 'ParticipantLeft' and payload like '%{story.people[2].user}%'",
    )
    assert (str(story.people[2].user), "line") in (await replayed(ground, story))[1]


async def test_a_result_that_was_changed_in_the_log_is_told_against_what_follows_from_the_facts(
    ground: Ground, database: TestDatabase
) -> None:
    story = await past(ground)
    match, best = story.ended[0], str(story.people[0].user)
    tamper(
        database,
        f"update log.event set payload = replace(payload, '\"rank\":1', '\"rank\":7') where type = 'BattleScored' and key = '{match.id}'",
    )
    told = await replay(ground).battle(match.id)
    assert [(one.contestant, one.field, one.then, one.now) for one in differences(told.announced.result, told.document)] == [
        (best, "rank", 7, 1)
    ]
    assert told.result_hash == told.announced.result_hash


@pytest.mark.parametrize("which", ["running", "unknown"])
async def test_a_battle_without_a_last_word_is_refused_with_a_sentence(ground: Ground, which: str) -> None:
    story = await past(ground)
    battle_id = story.running.id if which == "running" else BattleId(UUID(int=5))
    with pytest.raises(BattleUnscored, match="The log holds no result of a battle"):
        await replay(ground).battle(battle_id)
